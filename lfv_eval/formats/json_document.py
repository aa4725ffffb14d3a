"""Small JSON documents, read with their printed digits and with the path of every value at hand.

Numbers stay text (``Number``) so that no digit is lost; ``NaN``, which Python writes, is kept as such. UTF-8 and UTF-16
are read, with or without byte order mark: Windows PowerShell redirects output as UTF-16.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import AccessError, DocumentError
from ..records import Document, Severity
from .problem_log import ProblemLog

MAX_BYTES = 16 * 2**20
_MAX_PRINTED = 400
_MAX_EXPONENT = 400
_MAX_SHOWN = 60
SPACE = " \t\r\n"

_EXPECTED = {
    "Expecting ','": "a comma or the end of the list or object",
    "Expecting ':'": "a colon",
    "Expecting value": "a value",
    "Expecting property name": "a name in double quotes",
    "Extra data": "the end of the document",
    "Unterminated string": "a closing quote",
}
"""The standard library's messages, in the words of this package; other messages are passed on."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number (or ``NaN``, ``Infinity``) as printed."""

    printed: str

    @property
    def value(self) -> float:
        """The nearest float64; NaN where NaN is printed."""
        return float(self.printed)

    @property
    def is_sane(self) -> bool:
        """Whether exact arithmetic on the digits is cheap: false for a million digits and for ``1e999999999``.

        >>> Number("0.9166666666666666").is_sane, Number("1e-999999999").is_sane
        (True, False)
        """
        if len(self.printed) > _MAX_PRINTED:
            return False
        exponent = self.printed.lower().partition("e")[2]
        return not exponent or abs(int(exponent)) <= _MAX_EXPONENT


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a JSON document and where it stands.

    Attributes:
        value: ``dict``, ``list``, ``str``, ``bool``, ``None`` or ``Number``.
        path: JSON path from the root ``$``.
        uri: The document's URI.
    """

    value: Any
    path: str
    uri: str

    def get(self, name: str) -> Node | None:
        """A member of this object; ``None`` where it is absent.

        Raises:
            DocumentError: This value is not an object.
        """
        members = self.as_object()
        return Node(members[name], f"{self.path}.{name}", self.uri) if name in members else None

    def given(self, name: str) -> Node | None:
        """A member of this object; ``None`` where it is absent or null."""
        node = self.get(name)
        return None if node is None or node.value is None else node

    def require(self, name: str, expected: str) -> Node:
        """A member that must be there.

        Raises:
            DocumentError: It is absent.
        """
        node = self.get(name)
        if node is None:
            raise Node(_ABSENT, f"{self.path}.{name}", self.uri).refusal(expected)
        return node

    def as_object(self) -> dict[str, Any]:
        """The value, which must be an object."""
        if not isinstance(self.value, dict):
            raise self.refusal("an object")
        return self.value

    def items(self) -> Iterator[Node]:
        """The elements of this value, which must be a list."""
        if not isinstance(self.value, list):
            raise self.refusal("a list")
        for index, value in enumerate(self.value):
            yield Node(value, f"{self.path}[{index}]", self.uri)

    def as_text(self) -> str:
        """The value, which must be text."""
        if not isinstance(self.value, str):
            raise self.refusal("text")
        return self.value

    def as_count(self) -> int:
        """The value, which must be an integer from 0 to 10^15."""
        printed = self.value.printed if isinstance(self.value, Number) else ""
        if not re.fullmatch(r"[0-9]{1,15}", printed):
            raise self.refusal("a whole number, 0 or more")
        return int(printed)

    def refusal(self, expected: str, hint: str = "") -> DocumentError:
        """The error that names this place, what was expected and what was got."""
        return DocumentError(
            f"{self.path}: expected {expected}, got {show(self.value)}",
            where=self.uri,
            hint=hint or "the document was edited, or is of another kind or version",
        )


_ABSENT = object()


def show(value: Any) -> str:
    """A value for an error message, short and on one line.

    >>> show("high"), show(Number("1.50")), show({})
    ('"high"', '1.50', 'an object')
    """
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = value.printed if isinstance(value, Number) else json.dumps(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def read_json(document: Document, log: ProblemLog) -> Node:
    """Read a document of at most 16 MiB.

    Raises:
        DocumentError: Too large, not text, not JSON, cut off, or nested too deeply; line and column are named.
        AccessError: The file behind the document cannot be read.
    """
    return parse_json(read_text(document), document.uri, log)


def read_text(document: Document) -> str:
    """The text of a document of at most 16 MiB.

    Raises:
        DocumentError: Too large, or not text.
        AccessError: The file behind the document cannot be read.
    """
    return _decode(_read_body(document), document.uri)


def parse_json(text: str, uri: str, log: ProblemLog) -> Node:
    """Read JSON text; duplicate names in an object are noted.

    Raises:
        DocumentError: Not JSON, cut off, or nested too deeply; line and column are named.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            for name, count in Counter(name for name, _ in pairs).items():
                if count > 1:
                    log.add(
                        "DUPLICATE_KEY",
                        f"the name {show(name)} stands {count} times in one object; its last value is used",
                        severity=Severity.ERROR,
                    )
        return found

    try:
        value = json.loads(text, object_pairs_hook=members, parse_float=Number, parse_int=Number, parse_constant=Number)
    except json.JSONDecodeError as error:
        raise _malformed(error, uri) from None
    except RecursionError:
        raise DocumentError(
            "expected an ordinary document, got lists or objects nested hundreds deep", where=uri
        ) from None
    if "\\u" in text:
        _refuse_lone_surrogates(value, uri)
    return Node(value, "$", uri)


def _read_body(document: Document) -> bytes:
    try:
        with document.open() as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise AccessError(f"cannot be read: {error.strerror or error}", where=document.uri) from None
    if len(body) > MAX_BYTES:
        raise DocumentError(
            f"expected at most {MAX_BYTES} bytes, got more",
            where=document.uri,
            hint="only evaluation manifests may be that large, as JSON lines",
        )
    return body


def encoding_of(head: bytes) -> str:
    """The name of the encoding that a document which begins like this is written in.

    >>> encoding_of(b"{}"), encoding_of("{}".encode("utf-16-le"))
    ('utf-8', 'utf-16-le')
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(head) >= 2 and (head[0] == 0) != (head[1] == 0):
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    return "utf-8"


def _decode(body: bytes, uri: str) -> str:
    encoding = encoding_of(body)
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"expected {encoding.upper()} text, got other bytes at offset {error.start}",
            where=uri,
            hint="save the document as UTF-8",
        ) from None


def _refuse_lone_surrogates(value: Any, uri: str) -> None:
    """JSON escapes can spell half a character, which no output can be written with."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except (UnicodeEncodeError, RecursionError):
        raise DocumentError("expected text, got half of a surrogate pair (\\ud800..\\udfff)", where=uri) from None


def _malformed(error: json.JSONDecodeError, uri: str) -> DocumentError:
    rest = error.doc[error.pos : error.pos + 20]
    unterminated = error.msg.startswith("Unterminated")
    cut_off = unterminated or not error.doc[error.pos :].strip(SPACE)
    expected = next((said for start, said in _EXPECTED.items() if error.msg.startswith(start)), error.msg)
    hint = "fix it, or export the document again"
    if cut_off:
        hint = "the file looks cut off: copy it again from where it came from"
    return DocumentError(
        f"not valid JSON: expected {expected}, got {'the end of the file' if cut_off else repr(rest)}",
        where=f"{uri} line {error.lineno} column {error.colno}",
        hint=hint,
    )


def is_undefined(value: Any) -> str | None:
    """How an undefined number is printed: ``null``, ``NaN`` (also in quotes); ``None`` where the value is another.

    >>> is_undefined(None), is_undefined(Number("NaN")), is_undefined(Number("0"))
    ('null', 'NaN', None)
    """
    if value is None:
        return "null"
    if value == "NaN" or (isinstance(value, Number) and math.isnan(value.value)):
        return "NaN"
    return None
