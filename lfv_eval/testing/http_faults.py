"""Faults of a network and of services, for ``server.FakeAccount`` to inject into real HTTP.

Each names the requests it is for by a regular expression, searched in ``METHOD /path?query`` as sent, and how many of
them it meets: ``times=-1`` means all.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body. ``Content-Length`` is taken from the headers, so that it can lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFault:
    """What all faults have in common; by itself it changes nothing.

    Attributes:
        pattern: Which requests it is for.
        times: How many of them it meets; -1 all.
    """

    pattern: str = ""
    times: int = 1

    def matches(self, request_line: str) -> bool:
        """Whether it is for this request."""
        return re.search(self.pattern, request_line) is not None

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """Make the answer; ``backend`` gives the right one."""
        return backend()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer(HttpFault):
    """An error in the form of the service that was asked: XML from S3, JSON from Lookout for Vision.

    Attributes:
        status: HTTP status.
        code: The error's code.
        message: The text that goes with it.
        headers: Further headers.
        extra: Further XML inside ``<Error>``; S3 only.
        body: The body as it is; ``None`` makes one of the above.
    """

    status: int = 500
    code: str = "InternalError"
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: str = ""
    body: bytes | None = None

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """The error; the service is not asked."""
        return self.error(environ)

    def error(self, environ: Mapping[str, Any]) -> Answer:
        """The error in the form of the service that ``environ`` is a request for."""
        if is_for_lookoutvision(environ):
            headers = {"Content-Type": "application/json"} | ({"x-amzn-ErrorType": self.code} if self.code else {})
            body = json.dumps({"Message": self.message}).encode()
        else:
            headers = {"Content-Type": "application/xml"}
            named = f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message>"
            body = f'<?xml version="1.0" encoding="UTF-8"?><Error>{named}{self.extra}</Error>'.encode()
        body = body if self.body is None else self.body
        return self.status, {**headers, "Content-Length": str(len(body)), **self.headers}, body


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncate(HttpFault):
    """The full length is announced, but the connection ends after ``keep`` bytes of the body."""

    keep: int = 0

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """The right answer's start."""
        status, headers, body = backend()
        return status, {**_without(headers, "content-length"), "Content-Length": str(len(body))}, body[: self.keep]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(HttpFault):
    """The connection is reset before any answer."""

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """No answer: raises ``ConnectionResetError``, which the server takes for a client that has gone."""
        connection: socket.socket = environ["werkzeug.socket"]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError("injected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(HttpFault):
    """The right answer comes ``seconds`` late."""

    seconds: float = 1.0

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """The right answer, later."""
        time.sleep(self.seconds)
        return backend()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupt(HttpFault):
    """One bit of the body's byte ``position`` is flipped; the length stays."""

    position: int = 0

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """The right answer, but for one bit."""
        status, headers, body = backend()
        damaged = bytearray(body)
        if damaged:
            damaged[self.position] ^= 1
        return status, headers, bytes(damaged)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropHeader(HttpFault):
    """The right answer comes without one of its headers, such as ``Content-Length``."""

    name: str

    def answer(self, environ: Mapping[str, Any], backend: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        """The right answer without the header."""
        status, headers, body = backend()
        return status, _without(headers, self.name), body


def is_for_lookoutvision(environ: Mapping[str, Any]) -> bool:
    """Whether a request was signed for Lookout for Vision."""
    return "/lookoutvision/aws4_request" in environ.get("HTTP_AUTHORIZATION", "")


def _without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key.lower() != name.lower()}
