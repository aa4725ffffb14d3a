"""A fake AWS account behind one local HTTP port: S3 by moto, Lookout for Vision by ``FakeLookoutVision``, and faults.

It needs the extra ``lfv-eval[testing]``.
"""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

import boto3
import moto.server
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from .fake_service import FakeLookoutVision
from .http_faults import Answer, ErrorAnswer, HttpFault, is_for_lookoutvision

_RESET_TIMEOUT_S = 10
_POLL_S = 0.02

_MOTO: Any = moto.server  # without types
# moto 5.2 and later keeps the spelling of S3 metadata in a request handler of its own.
_BaseHandler: type[WSGIRequestHandler] = getattr(_MOTO, "MotoRequestHandler", WSGIRequestHandler)


class Request(NamedTuple):
    """One request as it arrived: the path is still percent-encoded, header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]


class FakeAccount:
    """A fake AWS account on ``127.0.0.1``, to be used in a ``with`` statement.

    Other than moto alone it enforces the expected bucket owner, as S3 does. moto's state is one for the whole process;
    it is reset on entering and leaving.

    Args:
        service: The fake service; ``None`` makes an empty one.
        account: The account that owns all buckets not in ``bucket_owners``; 12 digits.
        bucket_owners: Account by bucket, for buckets of others.
        region: Region of the sessions it makes.

    Attributes:
        service: The fake service.
        bucket_owners: Account by bucket; may be changed at any time.

    Example::

        with FakeAccount() as account:
            s3 = account.session().client("s3", endpoint_url=account.endpoint_url)
            s3.create_bucket(Bucket="bucket")
            account.inject(Truncate(pattern="GET /bucket/image", keep=10))
    """

    def __init__(
        self,
        service: FakeLookoutVision | None = None,
        *,
        account: str = "123456789012",
        bucket_owners: Mapping[str, str] | None = None,
        region: str = "us-east-1",
    ) -> None:
        self.service = service or FakeLookoutVision(region=region, account=account)
        self.bucket_owners = dict(bucket_owners or {})
        self._account = account
        self._region = region
        self._lock = threading.Lock()
        self._faults: list[tuple[HttpFault, int]] = []
        self._requests: list[Request] = []
        self._moto = _MOTO.DomainDispatcherApplication(_MOTO.create_backend_app)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True)
        self._thread.start()
        self._reset_moto()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reset_moto()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    @property
    def endpoint_url(self) -> str:
        """The URL of both services, while the account is open.

        Raises:
            RuntimeError: It is not open.
        """
        if self._server is None:
            raise RuntimeError("a FakeAccount has no endpoint outside of its with statement")
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def requests(self) -> list[Request]:
        """All requests so far, in the order of their arrival."""
        with self._lock:
            return list(self._requests)

    def count(self, pattern: str) -> int:
        """How many requests so far match a regular expression, searched in ``METHOD /path?query``."""
        return sum(1 for one in self.requests if re.search(pattern, f"{one.method} {one.path}"))

    def inject(self, *faults: HttpFault) -> None:
        """Add faults; of those for a request the first one still in force acts."""
        with self._lock:
            self._faults += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """Remove all faults and forget the requests; buckets and models stay."""
        with self._lock:
            self._faults.clear()
            self._requests.clear()

    def reset(self) -> None:
        """Empty the account: buckets, models, owners, faults, requests."""
        self._reset_moto()
        self.service.reset()
        self.bucket_owners.clear()

    def session(self) -> boto3.Session:
        """A session with made-up credentials; its clients need ``endpoint_url``."""
        return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=self._region)

    def environment(self) -> dict[str, str]:
        """Environment variables that lead any AWS tool, such as the command line, to this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The WSGI application before moto."""
        request = _received(environ)
        line = f"{request.method} {request.path}"
        fault = self._log(request, line)
        status, headers, body = fault.answer(environ, lambda: self._right_answer(environ, request))
        start_response(f"{status} {http.client.responses.get(status, 'Unknown')}", list(headers.items()))
        return [body]

    def _log(self, request: Request, line: str) -> HttpFault:
        """Note a request and use up one of the faults for it."""
        with self._lock:
            self._requests.append(request)
            for index, (fault, left) in enumerate(self._faults):
                if left != 0 and fault.matches(line):
                    self._faults[index] = (fault, left - 1)
                    return fault
        return HttpFault()

    def _right_answer(self, environ: dict[str, Any], request: Request) -> Answer:
        if is_for_lookoutvision(environ):
            status, headers, body = self.service.respond(request.method, request.path, request.headers)
            return status, headers | {"Content-Length": str(len(body))}, body
        bucket = unquote(request.path.split("?")[0].split("/")[1])
        expected = request.headers.get("x-amz-expected-bucket-owner")
        if expected is not None and expected != self.bucket_owners.get(bucket, self._account):
            return ErrorAnswer(status=403, code="AccessDenied", message="Access Denied").error(environ)
        chunks, line, from_moto = run_wsgi_app(self._moto, environ, buffered=True)
        return int(line.split()[0]), dict(from_moto.items()), b"".join(chunks)

    def _reset_moto(self) -> None:
        if self._server is None:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=_RESET_TIMEOUT_S)
        try:
            connection.request("POST", "/moto-api/reset")
            connection.getresponse().read()
        finally:
            connection.close()
        self.clear()


class _QuietHandler(_BaseHandler):  # type: ignore[misc, valid-type]
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: ``FakeAccount.requests`` has them."""


def _received(environ: Mapping[str, Any]) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    return Request(environ["REQUEST_METHOD"], environ["RAW_URI"], headers)
