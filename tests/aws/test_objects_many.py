"""Many objects on threads, and listings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lfv_eval.aws import faults
from lfv_eval.aws.client import s3_client
from lfv_eval.aws.objects import S3Reader
from lfv_eval.errors import AccessError, LfvEvalError, UsageError
from lfv_eval.records import Document
from lfv_eval.testing.http_faults import ErrorAnswer
from lfv_eval.testing.in_process import S3Answer, S3Faults
from lfv_eval.testing.server import FakeAccount

GET = "^GET /bucket/key"
MIB = 1 << 20


class TestMany:
    def test_in_order_with_errors_in_their_places(self, put: Any, reader: S3Reader) -> None:
        for n in range(50):
            put(f"k{n}", str(n).encode())
        uris = [f"s3://bucket/k{n}" for n in range(50)]
        uris[7:7] = ["s3://bucket/missing", "https://elsewhere/x", "s3://bucket"]
        progress: list[int] = []
        results = list(reader.read_many(uris, on_progress=progress.append))
        assert [uri for uri, _ in results] == uris
        assert progress == list(range(1, 54))
        bodies = [result.body for _, result in results if isinstance(result, Document)]
        assert bodies == [str(n).encode() for n in range(50)]
        assert [type(result) for _, result in results[7:10]] == [faults.NotFoundError, UsageError, UsageError]

    def test_lazy_and_bounded(self, account: FakeAccount, s3: Any, put: Any) -> None:
        put()
        drawn = 0

        def endless() -> Iterator[str]:
            nonlocal drawn
            while True:
                drawn += 1
                yield "s3://bucket/key"

        with S3Reader(s3, max_workers=2) as reader:
            results = reader.read_many(endless())
            for _ in range(3):
                next(results)
            results.close()
        assert drawn <= 8
        assert account.count(GET) <= drawn
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("lfv-eval")]

    def test_large_bodies_do_not_wait_in_memory(self, put: Any, reader: S3Reader) -> None:
        put(body=bytes(8 * MIB + 1))
        ((_, document),) = reader.read_many(["s3://bucket/key"])
        assert isinstance(document, Document) and isinstance(document.body, Path)

    def test_limit(self, put: Any, reader: S3Reader) -> None:
        put()
        ((_, error),) = reader.read_many(["s3://bucket/key"], max_bytes=10)
        assert isinstance(error, faults.TooLargeError) and isinstance(error, LfvEvalError)

    def test_one_client_many_threads(self, s3: Any, put: Any, caplog: pytest.LogCaptureFixture) -> None:
        for n in range(64):
            put(f"k{n}", str(n).encode() * 1000)
        with S3Reader(s3, max_workers=16) as reader:
            for uri, document in reader.read_many(f"s3://bucket/k{n}" for n in range(64)):
                assert isinstance(document, Document)
                assert document.body == uri.removeprefix("s3://bucket/k").encode() * 1000
        assert "Connection pool is full" not in caplog.text


class TestListing:
    def test_keys_and_pages(self, put: Any, reader: S3Reader) -> None:
        for key in ("a/1", "a/2 +é", "b"):
            put(key, b"12")
        assert list(reader.list_keys("bucket", "a/")) == ["a/1", "a/2 +é"]
        with pytest.raises(faults.TooLargeError, match="more than 2"):
            list(reader.list_keys("bucket", limit=2))

    def test_more_than_one_page(self) -> None:
        def page(key: str, more: str) -> S3Answer:
            about = f"<Key>{key}</Key><Size>1</Size><LastModified>2021-01-01T00:00:00Z</LastModified>"
            return S3Answer(body=f"<ListBucketResult><Contents>{about}</Contents>{more}</ListBucketResult>".encode())

        more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        client = s3_client()
        answers = S3Faults()
        client.meta.events.register_first("before-send.s3.ListObjectsV2", answers)
        with S3Reader(client) as reader:
            answers.add(page("1", more), page("2", ""))
            assert list(reader.list_keys("bucket")) == ["1", "2"]
            answers.add(page("1", more), page("2", more))  # the same token again: without end
            with pytest.raises(AccessError, match="PaginationError"):
                list(reader.list_keys("bucket"))

    def test_refusals(self, account: FakeAccount, reader: S3Reader) -> None:
        with pytest.raises(faults.NotFoundError, match="no such bucket"):
            list(reader.list_keys("nowhere"))
        account.inject(ErrorAnswer(pattern="list-type=2", status=403, code="AccessDenied"))
        with pytest.raises(faults.DeniedError):
            list(reader.list_keys("bucket"))
