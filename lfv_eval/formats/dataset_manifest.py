"""Dataset manifests: the images that a model was trained or tested with and their truth, without predictions.

They change no recomputed number: what is odd in them is noted, and one that cannot be read does not end an audit.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from ..errors import DocumentError
from ..images import UNLABELLED, Dataset, DatasetRole, Exclusion, Images, MaskRef
from ..records import Document, Evaluation, Problem, Severity, Where
from ..registry import Format
from ..settings import Settings
from . import evaluation_manifest
from .problem_log import ProblemLog, quoted
from .rows.attributes import SOURCE_REF, Discovery
from .rows.columns import mask_refs, note_odd_sources
from .rows.duplicates import exclude_duplicates
from .rows.fitted import Row
from .rows.jsonlines import SPACE
from .rows.labels import TRUTH, Codes, LabelReader, Lines
from .rows.mask_maps import MaskMaps
from .rows.reading import complete_rows, is_utf16, read_rows, until_named

KIND = "dataset_manifest"
_HEAD_BYTES = 65_536
_WORD = re.compile(r"[a-z]+")
_ROLES = {
    "train": DatasetRole.TRAINING,
    "training": DatasetRole.TRAINING,
    "test": DatasetRole.TEST,
    "testing": DatasetRole.TEST,
}
_USUAL_NAMES = frozenset({"anomaly", "normal", None})


def sniff(uri: str, head: bytes) -> bool:
    """Whether a document has rows that name an image and carry no prediction."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip(SPACE)
    if is_utf16(head) or start[:1] not in (b"{", b"[") or evaluation_manifest.sniff(uri, head):
        return False
    rows = list(complete_rows(start, whole=len(head) < _HEAD_BYTES))
    return any(row is not None and SOURCE_REF in row for row in rows)


def parse(document: Document, settings: Settings) -> Evaluation:
    """Read a dataset manifest that was found; one that cannot be used gives a problem instead of an error.

    Raises:
        AccessError: The file behind the document cannot be read.
    """
    digests = (document.digest(KIND),)
    try:
        dataset, problems = read_dataset(document, settings)
    except DocumentError as error:
        message = f"the dataset manifest is not used: {error}"
        problem = Problem(code="DATASET_MANIFEST_UNUSABLE", where=Where(uri=document.uri), message=message)
        return Evaluation(problems=(problem,), documents=digests)
    return Evaluation(datasets=(dataset,), problems=problems, documents=digests)


def read_dataset(
    document: Document, settings: Settings, role: DatasetRole | None = None
) -> tuple[Dataset, tuple[Problem, ...]]:
    """Read a dataset manifest.

    Args:
        document: The manifest.
        settings: The attributes that the user named are used where a row has them; else they are discovered.
        role: What the dataset was for; by default the file name tells, see ``role_by_name``.

    Returns:
        The dataset, and its defects as notes.

    Raises:
        DocumentError: No rows, not JSON lines, several attributes that could be the truth, or a row that cannot be
            tolerated; its line is named. Or a row carries a prediction.
        AccessError: The file behind the document cannot be read.
    """

    def read(choices: Settings) -> tuple[Images, ProblemLog, Discovery]:
        return until_named(document, choices, lambda discovery: (*_read(document, choices, discovery), discovery))

    images, log, discovery = read(settings)
    if unknown := discovery.unknown_choices():  # named for the evaluation manifest, which may spell them differently
        free = replace(
            settings,
            label_attribute=None if "label_attribute" in unknown else settings.label_attribute,
            mask_attribute=None if "mask_attribute" in unknown else settings.mask_attribute,
        )
        images, log, discovery = read(free)
    if discovery.names.predicted is not None:
        raise log.refusal(
            f"expected no predictions, got the attribute {quoted(discovery.names.predicted)}",
            hint="this looks like an evaluation manifest",
        )
    dataset = Dataset(uri=document.uri, role=role or role_by_name(document.uri), images=images)
    return dataset, tuple(replace(problem, severity=Severity.NOTE) for problem in log.problems())


def role_by_name(uri: str) -> DatasetRole:
    """What the name of a manifest, or else of the folders it lies in, says of its role.

    >>> role_by_name("s3://bucket/test-project/train_class.manifest"), role_by_name("latest.manifest")
    (<DatasetRole.TRAINING: 'training'>, <DatasetRole.UNKNOWN: 'unknown'>)
    """
    for part in reversed(PurePosixPath(uri.partition("://")[2] or uri).parts):
        roles = {_ROLES[word] for word in _WORD.findall(part.casefold()) if word in _ROLES}
        if len(roles) == 1:
            return roles.pop()
    return DatasetRole.UNKNOWN


def _read(document: Document, settings: Settings, discovery: Discovery) -> tuple[Images, ProblemLog]:
    log = ProblemLog(document.uri)
    columns = _DatasetColumns(log)
    read_rows(document, discovery, log, columns)
    images = columns.images(document.uri)
    exclude_duplicates(images, settings.duplicates, log)
    return images, log


class _DatasetColumns:
    """The columns of a dataset's ``Images`` in the making."""

    def __init__(self, log: ProblemLog) -> None:
        self._log = log
        self._labels = LabelReader(log)
        self._maps = MaskMaps(log)
        self._sources: list[str] = []
        self._masks: list[MaskRef | None] = []
        self._arrays: list[tuple[Lines, Codes]] = []

    def extend(self, rows: Sequence[Row], line_numbers: Sequence[int]) -> None:
        """Append rows in file order.

        Raises:
            DocumentError: A row has an integer label but no class-name, or a colour map of absurd size.
        """
        if not rows:
            return
        lines = np.array(line_numbers, np.int64)
        names = [row.truth.class_name for row in rows]
        truth = self._labels.read(names, [row.truth_number for row in rows], lines, TRUTH)
        if not _USUAL_NAMES.issuperset(names):
            self._note_spellings(names, truth, line_numbers)
        self._arrays.append((lines, truth))
        self._sources += note_odd_sources([row.source for row in rows], line_numbers, self._log)
        self._masks += mask_refs(
            [row.truth_mask for row in rows], (row.truth_mask_metadata for row in rows), line_numbers, self._maps
        )
        self._maps.note_defects()

    def images(self, document: str) -> Images:
        """All rows; duplicates are not looked for.

        Raises:
            DocumentError: There is no row at all.
        """
        if not self._arrays:
            raise self._log.refusal("expected one JSON object a line, got no rows", hint="the file is empty")
        lines, truth = (np.concatenate(arrays) for arrays in zip(*self._arrays, strict=True))
        n = len(self._sources)
        exclusion = np.where(truth == UNLABELLED, Exclusion.UNLABELLED, Exclusion.USED).astype(np.int8)
        return Images(
            uri=self._sources,
            document=[document] * n,
            line=lines,
            truth=truth,
            predicted=np.full(n, UNLABELLED, np.int8),
            confidence=np.full(n, np.nan),
            printed_confidence=[""] * n,
            truth_mask=self._masks,
            predicted_mask=[None] * n,
            exclusion=exclusion,
        )

    def _note_spellings(self, names: Sequence[str | None], truth: Codes, lines: Sequence[int]) -> None:
        """The service takes ``anomaly`` and ``normal`` as they are; another spelling makes an unlabelled image."""
        for name, code, line in zip(names, truth.tolist(), lines, strict=True):
            if code != UNLABELLED and name not in _USUAL_NAMES:
                message = f'class-name {quoted(name)} should be spelled "anomaly" or "normal"; read as if it were'
                self._log.add("CLASS_NAME_SPELLING", message, line=line)


FORMAT = Format(sniff, parse)
