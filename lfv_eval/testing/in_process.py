"""Fakes inside the process: answers put in place of HTTP through boto3's own events, for unit tests.

Everything but the network is real: serialising, signing, parsing and botocore's retries.
"""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

from .fake_service import FakeLookoutVision


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Answer:
    """An answer of S3 to give in place of the real one.

    Attributes:
        status: HTTP status.
        body: The body; an error's is the XML that S3 sends.
        headers: Headers; ``Content-Length`` is added where missing.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def error(cls, status: int, code: str, message: str = "") -> S3Answer:
        """An error as S3 sends it."""
        return cls(status=status, body=f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())


class S3Faults:
    """Faults that the next GetObject requests meet, one each; a ``None`` lets one request through."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[S3Answer | Exception | None] = deque()
        self.n_requests = 0

    def add(self, *faults: S3Answer | Exception | None) -> None:
        """Queue faults. An exception, such as botocore's ``ConnectTimeoutError``, is retried like a real one."""
        with self._lock:
            self._queue.extend(faults)

    def __call__(self, request: Any, **_: Any) -> AWSResponse | None:
        """Handle ``before-send``."""
        with self._lock:
            self.n_requests += 1
            fault = self._queue.popleft() if self._queue else None
        if isinstance(fault, Exception):
            raise fault
        if fault is None:
            return None
        headers = {"Content-Length": str(len(fault.body))} | dict(fault.headers)
        return _response(request.url, fault.status, headers, fault.body)


def attach_service(target: Any, fake: FakeLookoutVision) -> None:
    """Let a fake answer all requests for Lookout for Vision.

    Args:
        target: A boto3 session, whose clients will all use it, or one client.
        fake: The fake. It also works inside moto's ``mock_aws``, beside moto's S3.
    """

    def answer(request: Any, **_: Any) -> AWSResponse:
        status, headers, body = fake.respond(request.method, request.url, dict(request.headers))
        return _response(request.url, status, headers, body)

    _events(target).register_first("before-send.lookoutvision", answer)


def attach_s3_faults(target: Any) -> S3Faults:
    """Put a queue of faults before the GetObject requests of a session or client."""
    faults = S3Faults()
    _events(target).register_first("before-send.s3.GetObject", faults)
    return faults


def _events(target: Any) -> Any:
    return target.events if hasattr(target, "events") else target.meta.events


class _Raw(io.BytesIO):
    """What botocore expects of a raw HTTP body."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


def _response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> AWSResponse:
    return AWSResponse(url, status, dict(headers), _Raw(body))
