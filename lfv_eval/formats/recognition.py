"""What kind of JSON document begins like this? Looked at before a document is read, when it may be cut off."""

from __future__ import annotations

import json
import re

from .json_document import SPACE, Number, encoding_of


def head_text(head: bytes) -> str:
    """The text that a document begins with, for recognising it; empty where it is binary."""
    encoding = encoding_of(head)
    start = head[:64].decode(encoding, "replace").lstrip(SPACE)
    if not start or not start[0].isprintable() or start[0] == "\N{REPLACEMENT CHARACTER}":
        return ""
    return head.decode(encoding, "replace").lstrip(SPACE)


def top_level_names(text: str) -> tuple[str, ...] | None:
    """The member names of the object that a text is; ``None`` where the text is no complete JSON object.

    >>> top_level_names('{"a": 1, "b": {"c": 2}}')
    ('a', 'b')
    """
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, parse_int=Number, parse_float=Number)
    except (ValueError, RecursionError):
        return None
    return tuple(value)


def first_name(text: str) -> str:
    """The first member name of an object that may be cut off; empty where there is none."""
    match = re.match(r'\{\s*"([^"\\]*)"\s*:', text)
    return match[1] if match else ""
