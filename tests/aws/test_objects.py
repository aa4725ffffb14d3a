"""Reading objects: whole, verified, of bounded size."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError

from lfv_eval.aws import faults
from lfv_eval.aws.client import s3_client
from lfv_eval.aws.objects import S3Reader
from lfv_eval.errors import AccessError, UsageError
from lfv_eval.records import Document
from lfv_eval.testing.http_faults import Corrupt, DropHeader, ErrorAnswer, HttpFault, Truncate
from lfv_eval.testing.in_process import S3Answer, attach_s3_faults
from lfv_eval.testing.server import FakeAccount

GET = "^GET /bucket/key"
CONTENT = bytes(range(256)) * 40  # what the fixture ``put`` stores
MIB = 1 << 20


class TestBodies:
    def test_what_is_recorded(self, put: Any, reader: S3Reader) -> None:
        etag = put(ChecksumAlgorithm="SHA256")["ETag"]
        document = reader.read("bucket", "key")
        assert document.uri == "s3://bucket/key"
        assert document.body == CONTENT
        assert document.size_bytes == len(CONTENT)
        assert document.sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert document.etag == etag.strip('"')
        assert document.version_id is None
        assert document.checksum_algorithm in ("sha256", "MD5")  # old moto stores no checksum
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", document.last_modified or "")

    @pytest.mark.parametrize("key", ["a b+c#d?e%f", "é/ü\u4e2d.png", "/lead", "a//b", "EvaluationResult-p-1.json"])
    def test_odd_keys(self, put: Any, reader: S3Reader, key: str) -> None:
        put(key)
        assert reader.read_uri(f"s3://bucket/{key}").body == CONTENT
        assert reader.read_bytes(f"s3://bucket/{key}") == CONTENT

    def test_empty_object(self, put: Any, reader: S3Reader) -> None:
        put(body=b"")
        assert reader.read("bucket", "key").size_bytes == 0

    @pytest.mark.parametrize(
        "injected",
        [
            [Truncate(pattern=GET, keep=100), Corrupt(pattern=GET, position=5000)],
            [Truncate(pattern=GET), Truncate(pattern=GET, keep=len(CONTENT) - 1)],
            [Corrupt(pattern=GET), Corrupt(pattern=GET, position=-1)],
            [Corrupt(pattern=GET), ErrorAnswer(pattern=GET, status=503, code="SlowDown"), Truncate(pattern=GET)],
        ],
    )
    @pytest.mark.parametrize("spool_above_bytes", [MIB, 1000])
    def test_damage_is_healed(
        self, account: FakeAccount, s3: Any, put: Any, injected: list[HttpFault], spool_above_bytes: int
    ) -> None:
        put()
        account.inject(*injected)
        with S3Reader(s3, spool_above_bytes=spool_above_bytes) as reader:
            document = reader.read("bucket", "key")
            with document.open() as file:
                assert file.read() == CONTENT
            assert document.sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert account.count(GET) == len(injected) + 1

    @pytest.mark.parametrize(
        "fault", [Truncate(pattern=GET, keep=100, times=-1), DropHeader(pattern=GET, name="content-length")]
    )
    @pytest.mark.parametrize("spool_above_bytes", [MIB, 1000])
    def test_lasting_damage_is_refused(
        self, account: FakeAccount, s3: Any, put: Any, fault: HttpFault, spool_above_bytes: int
    ) -> None:
        put()
        account.inject(fault)
        with S3Reader(s3, spool_above_bytes=spool_above_bytes) as reader, pytest.raises(faults.DamagedError):
            reader.read("bucket", "key")

    def test_each_time_another_damage_is_refused(self, account: FakeAccount, put: Any, reader: S3Reader) -> None:
        put()
        account.inject(*(Corrupt(pattern=GET, position=n) for n in range(3)))
        with pytest.raises(faults.DamagedError):
            reader.read("bucket", "key")

    def test_attempts(self, account: FakeAccount, s3: Any, put: Any) -> None:
        put()
        account.inject(Truncate(pattern=GET))
        with S3Reader(s3, attempts=1) as reader, pytest.raises(faults.DamagedError):
            reader.read("bucket", "key")
        with pytest.raises(UsageError, match="attempt"):
            S3Reader(s3, attempts=0)


class TestStoredChecksums:
    """In process, where the headers can be chosen."""

    @pytest.fixture
    def session(self) -> boto3.Session:
        return boto3.Session(region_name="us-east-1")

    def read(self, session: boto3.Session, *answers: S3Answer | Exception) -> Document:
        attach_s3_faults(session).add(*answers)
        with S3Reader(s3_client(session, region="us-east-1")) as reader:
            return reader.read("bucket", "key")

    def test_etag_that_is_the_md5(self, session: boto3.Session) -> None:
        md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
        right = S3Answer(body=CONTENT, headers={"ETag": f'"{md5}"'})
        assert self.read(session, right).checksum_algorithm == "MD5"

    def test_content_that_contradicts_its_etag_is_read_again(self, session: boto3.Session) -> None:
        headers = {"ETag": f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'}
        wrong = S3Answer(body=CONTENT[:-1] + b"?", headers=headers)
        assert self.read(session, wrong, S3Answer(body=CONTENT, headers=headers)).body == CONTENT

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"ETag": '"0123456789abcdef0123456789abcdef-3"'},
            {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption": "aws:kms"},
            {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"},
        ],
    )
    def test_nothing_to_verify_with(self, session: boto3.Session, headers: dict[str, str]) -> None:
        document = self.read(session, S3Answer(body=CONTENT, headers=headers))
        assert document.body == CONTENT and document.checksum_algorithm is None

    def test_a_store_whose_etag_is_no_md5(self, session: boto3.Session) -> None:
        answer = S3Answer(body=CONTENT, headers={"ETag": f'"{"0" * 32}"'})
        document = self.read(session, answer, answer)
        assert document.body == CONTENT and document.checksum_algorithm is None

    def test_crc32(self, session: boto3.Session) -> None:
        right = S3Answer(body=b"123456789", headers={"x-amz-checksum-crc32": "y/Q5Jg=="})  # the CRC's check value
        wrong = S3Answer(body=b"123456780", headers={"x-amz-checksum-crc32": "y/Q5Jg=="})
        document = self.read(session, wrong, wrong, right)
        assert document.body == b"123456789" and document.checksum_algorithm == "crc32"
        with pytest.raises(faults.DamagedError, match="checksum"):
            self.read(boto3.Session(), wrong, wrong, wrong)

    def test_short_body_in_process(self, session: boto3.Session) -> None:
        short = S3Answer(body=b"12", headers={"Content-Length": "3"})
        assert self.read(session, short, S3Answer(body=b"123")).body == b"123"

    def test_raised_network_errors_are_retried(self, session: boto3.Session) -> None:
        failure = ConnectTimeoutError(endpoint_url="https://s3")
        assert self.read(session, failure, failure, S3Answer(body=b"1")).body == b"1"


class TestSize:
    def test_large_objects_go_to_a_file_that_close_removes(self, s3: Any, put: Any) -> None:
        content = bytes(3 * MIB) + b"end"
        put(body=content)
        reader = S3Reader(s3, spool_above_bytes=MIB)
        document = reader.read("bucket", "key")
        assert isinstance(document.body, Path) and document.body.read_bytes() == content
        assert document.size_bytes == len(content)
        assert document.sha256 == hashlib.sha256(content).hexdigest()
        assert document.head(10) == bytes(10)
        folder = document.body.parent
        reader.close()
        assert not folder.exists()
        reader.close()

    def test_failed_attempts_leave_no_files(self, account: FakeAccount, s3: Any, put: Any) -> None:
        put()
        account.inject(Truncate(pattern=GET, keep=5000), Truncate(pattern=GET))
        with S3Reader(s3, spool_above_bytes=1) as reader:
            body = reader.read("bucket", "key").body
            assert isinstance(body, Path) and list(body.parent.iterdir()) == [body]

    def test_too_large_is_refused_without_reading(self, account: FakeAccount, s3: Any, put: Any) -> None:
        put()
        with S3Reader(s3, max_bytes=len(CONTENT) - 1) as reader:
            with pytest.raises(
                faults.TooLargeError, match=f"at most {len(CONTENT) - 1} bytes, got an object of {len(CONTENT)}"
            ):
                reader.read("bucket", "key")
            assert account.count(GET) == 1
            assert reader.read("bucket", "key", max_bytes=len(CONTENT)).body == CONTENT

    def test_no_space_for_a_file(self, s3: Any, put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        put()
        monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
        with S3Reader(s3, spool_above_bytes=1) as reader, pytest.raises(AccessError, match="TMPDIR"):
            reader.read("bucket", "key")


def test_a_bucket_is_no_object(reader: S3Reader) -> None:
    with pytest.raises(UsageError, match="names a bucket"):
        reader.read_uri("s3://bucket/")


def test_a_deleted_object(put: Any, s3: Any, reader: S3Reader) -> None:
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    put()
    s3.delete_object(Bucket="bucket", Key="key")
    with pytest.raises(faults.NotFoundError, match="list-object-versions"):
        reader.read("bucket", "key")


def test_an_archived_object(put: Any, reader: S3Reader) -> None:
    put(StorageClass="DEEP_ARCHIVE")
    with pytest.raises(faults.ArchivedError):
        reader.read("bucket", "key")
