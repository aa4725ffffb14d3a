"""Numbered lines of a binary file of any size, in blocks; and the items of a JSON array that stands in for lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ...errors import DocumentError
from ..problem_log import ProblemLog

MAX_LINE_BYTES = 8 * 2**20
MAX_ARRAY_BYTES = 64 * 2**20
BLOCK_BYTES = 2**19
SPACE = b" \t\r\n"
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)
_SEPARATOR = re.compile(rb"[ \t\r\n]*,[ \t\r\n]*")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Whole lines of a file.

    Attributes:
        first_line: Number of the first line, counted from 1.
        body: The lines; the last one also ends with a newline.
        ends: int64, the offsets of the newlines in ``body``.
    """

    first_line: int
    body: bytes
    ends: NDArray[np.int64]

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that are not blank, with their numbers and without their ends."""
        for number, line in enumerate(self.body.split(b"\n"), self.first_line):
            if stripped := line.strip(SPACE):
                yield number, stripped

    def has_one_object_a_line(self) -> bool:
        """Whether each newline but the last stands between ``}`` and ``{``.

        Within valid JSON these three can follow each other only between two records, so that a decoder which finds as
        many records as there are lines has found one on each.
        """
        data = np.frombuffer(self.body, np.uint8)
        inner = self.ends[:-1]
        before = data[inner - 1]
        before = np.where(before == ord("\r"), data[inner - 2], before)
        return bool(np.all(before == ord("}")) and np.all(data[inner + 1] == ord("{")))


def read_blocks(file: BinaryIO, log: ProblemLog) -> Iterator[Block]:
    """Split a file into blocks of whole lines; a byte order mark is dropped and a missing last newline added.

    Raises:
        DocumentError: A line is longer than 8 MiB.
    """
    first_line = 1
    body = file.read(BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
    while body:
        if not body.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES)
            if len(rest) == MAX_LINE_BYTES and not rest.endswith(b"\n"):
                raise too_long(first_line + body.count(b"\n"), log)
            body += rest if rest.endswith(b"\n") else rest + b"\n"
        ends = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n"))
        yield Block(first_line, body, ends)
        first_line += len(ends)
        body = file.read(BLOCK_BYTES)


def too_long(line: int, log: ProblemLog) -> DocumentError:
    """The refusal of a record that no memory should be spent on."""
    return log.refusal(
        f"expected a record of at most {MAX_LINE_BYTES} bytes, got a longer one",
        line=line,
        hint="records of the service stay below 100 000 bytes: is this another kind of file?",
    )


def array_items(body: bytes, log: ProblemLog) -> Iterator[tuple[int, bytes]]:
    """Split a JSON array of objects into its items, without decoding them.

    Args:
        body: The array, without byte order mark or space around it.
        log: For refusals.

    Yields:
        The position in the array, counted from 1, and the item's bytes (which may still be no valid JSON).

    Raises:
        DocumentError: An item is no object or too long, or the array is cut off.
    """
    depth, start, end, position = 0, 0, 1, 0
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in (b"{", b"["):
            depth += 1
            if depth == 2:
                start = token.start()
                _check_gap(body[end:start], mark, position, log)
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth == 1:
                end, position = token.end(), position + 1
                if end - start > MAX_LINE_BYTES:
                    raise too_long(position, log)
                yield position, body[start:end]
            elif depth == 0:
                if body[end:].strip(SPACE) != b"]":
                    break
                return
    raise log.refusal(
        "expected one JSON array of records, got one that is cut off or goes on after its end",
        line=position or None,
        hint="the number is the last good record's position; copy the file again",
    )


def _check_gap(gap: bytes, mark: bytes, position: int, log: ProblemLog) -> None:
    good = not gap.strip(SPACE) if position == 0 else _SEPARATOR.fullmatch(gap)
    if mark != b"{" or not good:
        raise log.refusal(
            f"expected a record {{...}}, got {(gap + mark)[:40].decode('utf-8', 'replace')!r}",
            line=position + 1,
            hint="the number is the position in the JSON array",
        )
