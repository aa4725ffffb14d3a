"""What the fake Lookout for Vision sends: JSON, pages, and errors, in the shapes of the real service."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFault:
    """An answer to give instead of the right one.

    Attributes:
        status: HTTP status.
        code: Error code, such as ``ThrottlingException``; empty sends none.
        message: The text that goes with it.
        headers: Further headers.
        body: The body as it is; ``None`` makes one of the message.
    """

    status: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def answer(self) -> Answer:
        """The answer with this fault."""
        headers = json_headers() | ({"x-amzn-ErrorType": self.code} if self.code else {}) | dict(self.headers)
        body = json.dumps({"Message": self.message}).encode() if self.body is None else self.body
        return self.status, headers, body


class RefusedError(Exception):
    """A request that the service refuses; ``answer`` is what it sends then."""

    def __init__(self, status: int, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.answer = status, json_headers() | {"x-amzn-ErrorType": code}, dumped({"Message": message, **members})


def page_of(name: str, items: list[Any], query: dict[str, str]) -> dict[str, Any]:
    """One page of a list; the token is the number of items before it, in base64."""
    try:
        start = int(base64.b64decode(query.get("nextToken", ""), validate=True) or 0)
        size = int(query.get("maxResults", 100))
    except (ValueError, binascii.Error):
        raise RefusedError(400, "ValidationException", "invalid NextToken or MaxResults") from None
    if not 1 <= size <= 100 or not 0 <= start <= len(items):
        raise RefusedError(400, "ValidationException", "NextToken or MaxResults is out of range")
    page: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        page["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return page


def missing(kind: str, name: str) -> RefusedError:
    """The refusal for a project, model or dataset that does not exist."""
    message = f"{kind.capitalize()} {name} not found."
    return RefusedError(404, "ResourceNotFoundException", message, ResourceId=name, ResourceType=kind)


def json_headers() -> dict[str, str]:
    """The headers of every answer."""
    return {"Content-Type": "application/json", "x-amzn-RequestId": "00000000-0000-0000-0000-000000000000"}


def dumped(content: Mapping[str, Any]) -> bytes:
    """A body: moments (``datetime``) become seconds since 1970, the service's form on the wire."""
    return json.dumps(content, default=_epoch).encode()


def _epoch(moment: Any) -> float:
    """Moments on the wire are seconds since 1970."""
    if isinstance(moment, datetime):
        return moment.timestamp()
    raise TypeError(f"{type(moment).__name__} cannot be part of an answer")
