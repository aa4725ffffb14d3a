"""The rows of a manifest, whatever its attributes are called: from a document's bytes to ``Row`` objects in order.

A decoder made for the attribute names of the manifest at hand reads the rows; one that does not fit goes to a tolerant
reader. Both give the same rows.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec
from msgspec import Raw

from ...errors import AccessError, DocumentError
from ...records import Document, Severity
from ...settings import Settings
from ..problem_log import ProblemLog
from .attributes import Discovery, NamedLate
from .fitted import Row, row_decoder
from .jsonlines import MAX_ARRAY_BYTES, SPACE, Block, array_items, read_blocks
from .tolerant import TolerantReader

_fields = msgspec.json.Decoder(dict[str, Raw])
_BATCH = 1000

Result = TypeVar("Result")


class RowColumns(Protocol):
    """What takes in the rows of a manifest."""

    def extend(self, rows: Sequence[Row], line_numbers: Sequence[int]) -> None:
        """Append rows in file order."""


def until_named(document: Document, settings: Settings, read: Callable[[Discovery], Result]) -> Result:
    """Read a document anew until the names of its attributes are known.

    Args:
        document: For messages.
        settings: Names that the user gave.
        read: Reads the whole document with what is known of the attributes.

    Raises:
        AccessError: The file behind the document cannot be read.
    """
    discovery = Discovery(settings, ProblemLog(document.uri))
    while True:  # each pass but the last learns the name of an attribute, of which there are four
        try:
            return read(discovery)
        except NamedLate:
            continue
        except OSError as error:
            raise AccessError(f"cannot be read: {error.strerror or error}", where=document.uri) from None


def read_rows(document: Document, discovery: Discovery, log: ProblemLog, columns: RowColumns) -> None:
    """Read all rows of a document into columns.

    Raises:
        DocumentError: Not UTF-8, not JSON lines, or a row that cannot be tolerated; its line is named.
        NamedLate: Start over, see ``until_named``.
    """
    reader = _RowReader(discovery, log, columns)
    with document.open() as file:
        start = file.read(4096)
        if is_utf16(start):
            raise log.refusal("expected UTF-8, got UTF-16 or binary data", hint="save the manifest as UTF-8")
        text = start.removeprefix(codecs.BOM_UTF8).lstrip(SPACE)
        file.seek(0)
        if text.startswith(b"["):
            reader.read_array(file.read(MAX_ARRAY_BYTES + 1))
        else:
            for block in read_blocks(file, log):
                reader.read_block(block)


class _RowReader:
    """Reads rows with the fast decoder where it fits and with the tolerant reader elsewhere."""

    def __init__(self, discovery: Discovery, log: ProblemLog, columns: RowColumns) -> None:
        self._columns = columns
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
            self._columns.extend(rows, range(block.first_line, block.first_line + len(rows)))

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
                self._columns.extend(rows, numbers)
                rows, numbers = [], []
        self._columns.extend(rows, numbers)

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


def is_utf16(head: bytes) -> bool:
    """Whether a file that begins like this is UTF-16 or binary."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:2]


def complete_rows(start: bytes, *, whole: bool) -> Iterator[dict[str, Raw] | None]:
    """The rows that the first bytes of a file hold completely; ``None`` for what is no JSON object.

    Args:
        start: The first bytes, without byte order mark or space before them.
        whole: Whether the file ends there.
    """
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
