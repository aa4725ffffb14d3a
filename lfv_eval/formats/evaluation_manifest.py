"""Evaluation manifests: one JSON object a line, the truth label of a test image beside what the model said of it.

A decoder made for the attribute names of the manifest at hand reads the rows; one that does not fit goes to a tolerant
reader. Both give the same rows, and one piece of code judges them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw

from ..errors import AccessError, DocumentError
from ..records import Document, Evaluation, Severity
from ..registry import Format
from ..settings import Settings
from .attributes import DETECTED, METADATA, Discovery, NamedLate
from .columns import Columns
from .duplicates import exclude_duplicates
from .jsonlines import MAX_ARRAY_BYTES, SPACE, Block, array_items, read_blocks
from .manifest_rows import Row, row_decoder
from .problem_log import ProblemLog
from .tolerant_rows import WRAPPER, TolerantReader

KIND = "evaluation_manifest"
_NAME = re.compile(r"EvaluationManifest-[^/\\]+\.json$")
_PREDICTION = re.compile(rb'"[^"\\]+-detected-metadata"\s*:\s*\{')
_fields = msgspec.json.Decoder(dict[str, Raw])
_BATCH = 1000


def sniff(uri: str, head: bytes) -> bool:
    """Whether a document has rows that carry a prediction; a cut-off or empty one is known by its name."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip(SPACE)
    named = bool(_NAME.search(uri))
    if not start or _is_utf16(head):
        return named
    if start[:1] not in (b"{", b"[", b"/", b"#"):
        return False
    rows = list(_complete_rows(start, whole=len(head) < 65_536))
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
    discovery = Discovery(settings, ProblemLog(document.uri))
    while True:  # each pass but the last learns the name of an attribute, of which there are four
        try:
            return _read(document, settings, discovery)
        except NamedLate:
            continue
        except OSError as error:
            raise AccessError(f"cannot be read: {error.strerror or error}", where=document.uri) from None


def _read(document: Document, settings: Settings, discovery: Discovery) -> Evaluation:
    log = ProblemLog(document.uri)
    reader = _RowReader(discovery, log)
    with document.open() as file:
        start = file.read(4096)
        if _is_utf16(start):
            raise log.refusal("expected UTF-8, got UTF-16 or binary data", hint="save the manifest as UTF-8")
        text = start.removeprefix(codecs.BOM_UTF8).lstrip(SPACE)
        file.seek(0)
        if text.startswith(b"["):
            reader.read_array(file.read(MAX_ARRAY_BYTES + 1))
        else:
            for block in read_blocks(file, log):
                reader.read_block(block)
    images = reader.columns.images(document.uri)
    discovery.check_found()
    exclude_duplicates(images, settings.duplicates, log)
    return Evaluation(
        claims=reader.columns.models.claims(KIND, document.uri),
        images=images,
        problems=log.problems(),
        documents=(document.digest(KIND),),
    )


class _RowReader:
    """Reads rows with the fast decoder where it fits and with the tolerant reader elsewhere."""

    def __init__(self, discovery: Discovery, log: ProblemLog) -> None:
        self.columns = Columns(log)
        self._discovery = discovery
        self._log = log
        self._tolerant = TolerantReader(discovery, log)
        self._decoder = row_decoder(discovery.names, discovery.known)

    def read_block(self, block: Block) -> None:
        """Read the lines of a block."""
        rows = self._decode_block(block)
        if rows is None:
            self._read_each(block.lines())
        else:
            self.columns.extend(rows, range(block.first_line, block.first_line + len(rows)))

    def read_array(self, body: bytes) -> None:
        """Read a JSON array of rows; their line numbers are their positions in it.

        Raises:
            DocumentError: It is larger than 64 MiB, or no array of objects.
        """
        if len(body) > MAX_ARRAY_BYTES:
            raise self._log.refusal(
                f"expected a JSON array of at most {MAX_ARRAY_BYTES} bytes, got more",
                hint="rewrite it as JSON lines: `jq -c '.[]' FILE`",
            )
        message = "the rows stand in one JSON array instead of JSON lines; line numbers are positions in it"
        self._log.add("JSON_ARRAY", message, severity=Severity.NOTE)
        self._read_each(array_items(body.removeprefix(codecs.BOM_UTF8).strip(SPACE), self._log))

    def _decode_block(self, block: Block) -> list[Row] | None:
        """Decode all lines at once; ``None`` where that cannot be done or rows and lines do not correspond."""
        if self._decoder is None:
            return None
        try:
            rows: list[Row] = self._decoder.decode_lines(block.body)
        except (ValueError, RecursionError):
            return None
        return rows if len(rows) == len(block.ends) and block.has_one_object_a_line() else None

    def _read_each(self, lines: Iterator[tuple[int, bytes]]) -> None:
        rows: list[Row] = []
        numbers: list[int] = []
        for number, text in lines:
            found = self._decode(text, number)
            rows += found
            numbers += [number] * len(found)
            if len(rows) >= _BATCH:
                self.columns.extend(rows, numbers)
                rows, numbers = [], []
        self.columns.extend(rows, numbers)

    def _decode(self, text: bytes, number: int) -> Sequence[Row]:
        if self._decoder is not None:
            try:
                return (self._decoder.decode(text),)
            except (ValueError, RecursionError):
                pass
        rows = tuple(self._tolerant.read(text, number))
        if self._tolerant.learned:
            self._decoder, self._tolerant.learned = row_decoder(self._discovery.names, self._discovery.known), False
        return rows


def _is_utf16(head: bytes) -> bool:
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:2]


def _complete_rows(start: bytes, *, whole: bool) -> Iterator[dict[str, Raw] | None]:
    """The rows that the first bytes hold completely; ``None`` for what is no JSON object."""
    if start.startswith(b"["):
        try:
            for _, item in array_items(start, ProblemLog("")):
                yield _decode_fields(item)
        except DocumentError:
            pass
        return
    lines = start.split(b"\n")
    if not whole:
        lines.pop()
    rows = [_decode_fields(line) for line in lines if line.strip(SPACE)]
    if None in rows and whole and (single := _decode_fields(start)) is not None:
        rows = [single]
    yield from rows


def _decode_fields(text: bytes) -> dict[str, Raw] | None:
    try:
        return _fields.decode(text)
    except (ValueError, RecursionError):
        return None


def _has_prediction(row: dict[str, Raw]) -> bool:
    if WRAPPER in row:
        return bool(_PREDICTION.search(bytes(row[WRAPPER])))
    return any(key.endswith(DETECTED) and key + METADATA in row for key in row)


FORMAT = Format(sniff, parse)
