"""Evaluation manifests: one JSON object a line, the truth label of a test image beside what the model said of it."""

from __future__ import annotations

import codecs
import re

from msgspec import Raw

from ..records import Document, Evaluation
from ..registry import Format
from ..settings import Settings
from .problem_log import ProblemLog
from .rows.attributes import DETECTED, METADATA, Discovery
from .rows.columns import Columns
from .rows.duplicates import exclude_duplicates
from .rows.jsonlines import SPACE
from .rows.reading import complete_rows, is_utf16, read_rows, until_named
from .rows.tolerant import WRAPPER

KIND = "evaluation_manifest"
_NAME = re.compile(r"EvaluationManifest-[^/\\]+\.json$")
_PREDICTION = re.compile(rb'"[^"\\]+-detected-metadata"\s*:\s*\{')


def sniff(uri: str, head: bytes) -> bool:
    """Whether a document has rows that carry a prediction; a cut-off or empty one is known by its name."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip(SPACE)
    named = bool(_NAME.search(uri))
    if not start or is_utf16(head):
        return named
    if start[:1] not in (b"{", b"[", b"/", b"#"):
        return False
    rows = list(complete_rows(start, whole=len(head) < 65_536))
    if any(_has_prediction(row) for row in rows if row is not None):
        return True
    if rows and None not in rows:
        return False
    return bool(_PREDICTION.search(start)) or (named and not any(rows) and b"source-ref" in start[:4096])


def parse(document: Document, settings: Settings) -> Evaluation:
    """Read all rows.

    Raises:
        DocumentError: No rows, not JSON lines, no predictions, several attributes that could be the truth, or a row
            that cannot be tolerated; its line is named.
        AccessError: The file behind the document cannot be read.
    """
    return until_named(document, settings, lambda discovery: _read(document, settings, discovery))


def _read(document: Document, settings: Settings, discovery: Discovery) -> Evaluation:
    log = ProblemLog(document.uri)
    columns = Columns(log)
    read_rows(document, discovery, log, columns)
    images = columns.images(document.uri)
    discovery.check_found()
    exclude_duplicates(images, settings.duplicates, log)
    return Evaluation(
        claims=columns.models.claims(KIND, document.uri),
        images=images,
        problems=log.problems(),
        documents=(document.digest(KIND),),
    )


def _has_prediction(row: dict[str, Raw]) -> bool:
    if WRAPPER in row:
        return bool(_PREDICTION.search(bytes(row[WRAPPER])))
    return any(key.endswith(DETECTED) and key + METADATA in row for key in row)


FORMAT = Format(sniff, parse)
