"""The right owner, and always the same version."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from lfv_eval.aws import faults
from lfv_eval.aws.objects import S3Reader
from lfv_eval.errors import AccessError, UsageError
from lfv_eval.records import Document
from lfv_eval.testing.http_faults import DropHeader, ErrorAnswer
from lfv_eval.testing.server import FakeAccount

GET = "^GET /bucket/key"
CONTENT = bytes(range(256)) * 40  # what the fixture ``put`` stores


class TestOwner:
    def test_it_is_sent_and_enforced(self, account: FakeAccount, put: Any, reader: S3Reader) -> None:
        put()
        reader.read("bucket", "key")
        assert account.requests[-1].headers["x-amz-expected-bucket-owner"] == "123456789012"
        account.bucket_owners["bucket"] = "999999999999"  # somebody else took the name over
        for act in (lambda: reader.read("bucket", "key"), lambda: list(reader.list_keys("bucket"))):
            with pytest.raises(faults.DeniedError, match="123456789012"):
                act()

    def test_another_owner_for_one_bucket(self, account: FakeAccount, s3: Any, put: Any) -> None:
        put()
        account.bucket_owners["bucket"] = "999999999999"
        owners = {"bucket": "999999999999"}
        with S3Reader(s3, expected_owner="123456789012", expected_owners=owners) as reader:
            assert reader.read("bucket", "key").body == CONTENT
            assert reader.owner_of("other") == "123456789012"
            reader.expect_owner(None, bucket="bucket")
            reader.read("bucket", "key")
            assert "x-amz-expected-bucket-owner" not in account.requests[-1].headers
            reader.expect_owner("111111111111")
            assert reader.owner_of("other") == "111111111111"

    def test_only_accounts(self, s3: Any) -> None:
        for owners in ({"expected_owner": "me"}, {"expected_owners": {"bucket": "1234"}}):
            with pytest.raises(UsageError, match="account number"):
                S3Reader(s3, **owners)


class TestPinning:
    @pytest.fixture
    def versioned(self, s3: Any) -> None:
        s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})

    @pytest.mark.usefixtures("versioned")
    def test_later_reads_get_the_version_of_the_first(self, account: FakeAccount, put: Any, reader: S3Reader) -> None:
        first = put(body=b"first")["VersionId"]
        assert reader.read("bucket", "key").version_id == first
        second = put(body=b"second")["VersionId"]
        again = reader.read("bucket", "key")
        assert (again.body, again.version_id) == (b"first", first)
        assert account.count(f"versionId={re.escape(first)}") == 1
        assert account.count(GET) == 2
        wanted = reader.read("bucket", "key", version_id=second)
        assert wanted.body == b"second"
        assert reader.read("bucket", "key").body == b"first"

    @pytest.mark.usefixtures("versioned")
    def test_without_permission_for_versions_the_etag_is_used(
        self, account: FakeAccount, put: Any, reader: S3Reader
    ) -> None:
        put()
        reader.read("bucket", "key")
        account.inject(ErrorAnswer(pattern="versionId=", times=-1, status=403, code="AccessDenied"))
        assert reader.read("bucket", "key").body == CONTENT
        put(body=b"other")
        with pytest.raises(faults.ChangedError):
            reader.read("bucket", "key")

    def test_without_versions_a_replaced_object_is_refused(self, put: Any, reader: S3Reader) -> None:
        put(body=b"first")
        reader.read("bucket", "key")
        reader.read("bucket", "key")
        put(body=b"second")
        with pytest.raises(faults.ChangedError, match="replaced"):
            reader.read("bucket", "key")

    def test_without_etag_the_content_decides(self, account: FakeAccount, put: Any, reader: S3Reader) -> None:
        account.inject(*(DropHeader(pattern=GET, name="etag") for _ in range(3)))
        put(body=b"first")
        reader.read("bucket", "key")
        reader.read("bucket", "key")
        put(body=b"second")
        with pytest.raises(faults.ChangedError, match="SHA-256"):
            reader.read("bucket", "key")

    def test_conditions_of_the_caller(self, put: Any, reader: S3Reader) -> None:
        etag = put(body=b"first")["ETag"]
        assert reader.read("bucket", "key", if_match=etag).body == b"first"
        assert reader.read("bucket", "key", if_match=etag.strip('"')).body == b"first"
        with pytest.raises(faults.ChangedError):
            reader.read("bucket", "key", if_match="0" * 32)
        with pytest.raises(AccessError):
            reader.read("bucket", "key", version_id="bogus")

    @pytest.mark.usefixtures("versioned")
    def test_threads_agree_on_a_version(self, put: Any, reader: S3Reader) -> None:
        put(body=b"0")
        stop = threading.Event()

        def overwrite() -> None:
            n = 0
            while not stop.is_set():
                n += 1
                put(body=str(n).encode())

        writer = threading.Thread(target=overwrite)
        writer.start()
        try:
            found = {d.version_id for _, d in reader.read_many(["s3://bucket/key"] * 40) if isinstance(d, Document)}
        finally:
            stop.set()
            writer.join()
        assert len(found) == 1
