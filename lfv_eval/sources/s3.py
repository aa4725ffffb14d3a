"""Documents in S3: below a prefix, or named one by one; masks and images are read through the same reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from ..aws.client import open_session, s3_client
from ..aws.names import parse_evaluation_key, parse_s3_uri, s3_uri
from ..aws.objects import S3Reader
from ..errors import AccessError, LfvEvalError, TargetError
from ..records import Document, Problem, Severity, Where
from .folder import MAX_OBJECT_BYTES, Recognise
from .source import AwsAccess, Located, OnProgress

MAX_CANDIDATES = 200
"""How many objects with unusual names are opened in search of documents."""

_ACCOUNT = re.compile(rb"arn:aws[\w-]*:lookoutvision:[a-z0-9-]+:(\d{12}):model/")
_OTHER_DOCUMENTS = (".json", ".jsonl", ".manifest")


def open_reader(aws: AwsAccess) -> S3Reader:
    """A reader with the caller's session or one of our own.

    Raises:
        AccessError: The configuration or the region cannot be used.
        UsageError: The expected owner is no account.
    """
    session = aws.session or open_session(profile=aws.profile, region=aws.region)
    return S3Reader(s3_client(session, endpoint_url=aws.endpoint_url), expected_owner=aws.expected_bucket_owner)


def learn_owner(reader: S3Reader, document: Document) -> bool:
    """Expect the account that a document's model ARN names, unless the caller named one; whether it names any."""
    named = _ACCOUNT.search(document.head())
    if named and reader.owner_of("") is None:
        reader.expect_owner(named[1].decode())
    return named is not None


def read_in_order(
    reader: S3Reader, uris: Iterable[str], on_progress: OnProgress | None
) -> Iterator[tuple[str, Document | LfvEvalError]]:
    """Read documents one by one until one names the model's account, and the others, of that account, on threads."""
    wanted = list(uris)
    done = 0

    def progress(n_more: int) -> None:
        if on_progress:
            on_progress("reading documents", done + n_more, len(wanted))

    known = reader.owner_of("") is not None
    while done < len(wanted) and not known:
        uri = wanted[done]
        try:
            document = reader.read_uri(uri)
        except LfvEvalError as error:
            yield uri, error
        else:
            known = learn_owner(reader, document)
            yield uri, document
        progress(1)
        done += 1
    yield from reader.read_many(wanted[done:], on_progress=progress)


class BucketReads:
    """Reading the objects that documents mention; what both sources in AWS have in common.

    A document may mention any bucket. Every request names the account that must own it; as long as no document and no
    caller has named one, only the caller's own bucket is read.
    """

    def __init__(self, reader: S3Reader, on_progress: OnProgress | None, *, bucket: str | None = None) -> None:
        self._reader = reader
        self._on_progress = on_progress
        self._bucket = bucket

    def read(self, uri: str) -> bytes:
        """Read an object; see ``Reader``."""
        if refusal := self._refusal(uri):
            raise refusal
        return _body_of(self._reader.read_uri(uri, max_bytes=MAX_OBJECT_BYTES))

    def read_many(self, uris: Sequence[str], stage: str) -> Iterator[bytes | LfvEvalError]:
        """Read objects on threads, some ahead of the caller; see ``Reader``."""

        def progress(done: int) -> None:
            if self._on_progress:
                self._on_progress(stage, done, len(uris))

        refusals = [self._refusal(uri) for uri in uris]
        admitted = [uri for uri, refusal in zip(uris, refusals, strict=True) if refusal is None]
        outcomes = self._reader.read_many(admitted, max_bytes=MAX_OBJECT_BYTES, on_progress=progress)
        for refusal in refusals:
            if refusal is not None:
                yield refusal
                continue
            _, outcome = next(outcomes)
            yield _body_of(outcome) if isinstance(outcome, Document) else outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def _refusal(self, uri: str) -> LfvEvalError | None:
        try:
            bucket, _ = parse_s3_uri(uri)
        except LfvEvalError as error:
            return error
        if bucket == self._bucket or self._reader.owner_of(bucket) is not None:
            return None
        return AccessError(
            "not read: the bucket is not the one that was named, and nothing tells who must own it",
            where=uri,
            hint="name the account with --expected-bucket-owner",
        )


def _body_of(document: Document) -> bytes:
    with document.open() as file:
        return file.read()


class S3Source(BucketReads):
    """Objects of one bucket below a prefix, or objects named by the caller.

    Args:
        target: ``s3://bucket/prefix``, or what to call the named documents in messages.
        recognise: Decides which objects are documents.
        aws: How to reach AWS.
        on_progress: Told of each document read.
        named: URIs of documents the caller named; then these are used instead of a search.
    """

    def __init__(
        self,
        target: str,
        recognise: Recognise,
        aws: AwsAccess,
        on_progress: OnProgress | None = None,
        *,
        named: Iterable[str] = (),
    ) -> None:
        self._target = target
        self._recognise = recognise
        self._named = tuple(named)
        for uri in self._named or (target,):
            parse_s3_uri(uri)
        bucket, _ = parse_s3_uri(self._named[0] if self._named else target)
        super().__init__(open_reader(aws), on_progress, bucket=bucket)

    @property
    def target(self) -> str:
        """The prefix as the caller named it, or the named documents."""
        return self._target

    @property
    def name(self) -> str:
        """The same as ``target``."""
        return self.target

    def locate(self) -> Located:
        """Read the documents; the one that names the account comes first, so that the others' owner is enforced.

        Raises:
            TargetError: Nothing is there.
            AccessError: The bucket or an object cannot be read.
        """
        if self._named:
            return Located(documents=tuple(self._fetch(self._named)), explicit=True, n_seen=len(self._named))
        bucket, prefix = parse_s3_uri(self._target)
        keys = list(self._reader.list_keys(bucket, prefix))
        if not keys:
            raise TargetError(
                "no object has this prefix", where=self._target, hint="list it with `aws s3 ls` and mind capitals"
            )
        usual = sorted((key for key in keys if parse_evaluation_key(key)), key=_results_first)
        others = [key for key in keys if key.endswith(_OTHER_DOCUMENTS) and not parse_evaluation_key(key)]
        documents = self._fetch(s3_uri(bucket, key) for key in usual + others[:MAX_CANDIDATES])
        found = tuple(document for document in documents if self._recognise(document.uri, document.head()))
        return Located(documents=found, problems=_bounded(self._target, len(others)), n_seen=len(keys))

    def _fetch(self, uris: Iterable[str]) -> list[Document]:
        documents = []
        for _, outcome in read_in_order(self._reader, uris, self._on_progress):
            if isinstance(outcome, LfvEvalError):
                raise outcome
            documents.append(outcome)
        return documents


def _results_first(key: str) -> tuple[bool, str]:
    """A result names its model's account in its first lines, a manifest may not."""
    named = parse_evaluation_key(key)
    return named is None or named.kind != "result", key


def _bounded(target: str, n_others: int) -> tuple[Problem, ...]:
    if n_others <= MAX_CANDIDATES:
        return ()
    told = f"{n_others} further JSON objects; only the first {MAX_CANDIDATES} were opened in search of documents"
    return (Problem(code="SEARCH_BOUNDED", where=Where(uri=target), message=told, severity=Severity.WARNING),)
