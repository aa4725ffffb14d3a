"""Results as JSON, and back."""

from __future__ import annotations

from typing import Any, TypeVar

from .errors import DocumentError

Record = TypeVar("Record")


def encode(record: Any, indent: int) -> bytes:
    """UTF-8 JSON of a record: indented and ending in a newline, or with indent 0 on one line."""
    import msgspec

    encoded = msgspec.json.encode(record)
    return msgspec.json.format(encoded, indent=indent) + b"\n" if indent else encoded


def decode(data: bytes | str, kind: type[Record], called: str) -> Record:
    """Read a record.

    Args:
        data: What ``encode`` wrote.
        kind: The type of the record.
        called: What people call it.

    Raises:
        DocumentError: The data is no such record.
    """
    import msgspec

    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DocumentError(
            f"expected {called}, got something else: {error}", hint="its to_json() writes what can be read"
        ) from None
