"""Documents in S3: below a prefix, or named one by one; masks and images are read through the same reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from ..aws.client import open_session, s3_client
from ..aws.names import parse_evaluation_key, parse_s3_uri, s3_uri
from ..aws.objects import S3Reader
from ..errors import AccessError, LfvEvalError, TargetError
from ..records import Document, Problem, Severity, Where
from .folder import MAX_OBJECT_BYTES, Recognise
from .source import AwsAccess, Located, OnProgress

MAX_CANDIDATES = 200
"""How many objects with usual names, and how many with other names, are opened in search of documents."""

MAX_OTHER_BYTES = 64 * 2**20
"""Larger objects with unusual names are not opened in search of documents."""

_ACCOUNT = re.compile(rb"arn:aws[\w-]*:lookoutvision:[a-z0-9-]+:(\d{12}):model/")
_STAGE = "reading documents"
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


def verify_owner(reader: S3Reader, read_before: Iterable[Document]) -> None:
    """Read again, now with the expected owner, the smallest document of each bucket that was read without one.

    Raises:
        AccessError: A bucket belongs to another account than expected, or its document is gone.
    """
    smallest: dict[str, Document] = {}
    for document in sorted(read_before, key=lambda document: document.size_bytes):
        smallest.setdefault(parse_s3_uri(document.uri)[0], document)
    for document in smallest.values():
        reader.read_uri(document.uri)


def read_in_order(
    reader: S3Reader, uris: Iterable[str], on_read: Callable[[int], None], *, max_bytes: int | None = None
) -> Iterator[tuple[str, Document | LfvEvalError]]:
    """Read documents one by one until one names the model's account, and the others, of that account, on threads.

    Args:
        reader: What reads them.
        uris: The documents.
        on_read: Called with the number of documents done so far.
        max_bytes: Refuse larger ones; ``None`` takes the reader's limit.

    Raises:
        AccessError: A document was read from a bucket that turns out not to be the model's account's.
    """
    wanted = list(uris)
    done = 0
    unverified: list[Document] = []
    while done < len(wanted) and reader.owner_of("") is None:
        uri = wanted[done]
        done += 1
        try:
            document = reader.read_uri(uri, max_bytes=max_bytes)
        except LfvEvalError as error:
            on_read(done)
            yield uri, error
            continue
        unverified.append(document)
        if learn_owner(reader, document):
            verify_owner(reader, unverified)
        on_read(done)
        yield uri, document
    n_before = done
    yield from reader.read_many(
        wanted[done:], max_bytes=max_bytes, on_progress=lambda n_more: on_read(n_before + n_more)
    )


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
        refusals = [self._refusal(uri) for uri in uris]
        admitted = [uri for uri, refusal in zip(uris, refusals, strict=True) if refusal is None]
        outcomes = self._reader.read_many(
            admitted, max_bytes=MAX_OBJECT_BYTES, on_progress=self._counter(stage, len(uris))
        )
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

    def _counter(self, stage: str, total: int, *, before: int = 0) -> Callable[[int], None]:
        """A callback for the number done, where ``before`` were done already."""

        def count(done: int) -> None:
            if self._on_progress:
                self._on_progress(stage, before + done, total)

        return count

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

        An object of another name that cannot be read is a problem only: it may have nothing to do with the model.

        Raises:
            TargetError: Nothing is there.
            AccessError: The bucket or a document cannot be read, or nothing can.
        """
        if self._named:
            outcomes = read_in_order(self._reader, self._named, self._counter(_STAGE, len(self._named)))
            return Located(documents=tuple(_demanded(outcomes)), explicit=True, n_seen=len(self._named))
        bucket, prefix = parse_s3_uri(self._target)
        keys = list(self._reader.list_keys(bucket, prefix))
        if not keys:
            raise TargetError(
                "no object has this prefix", where=self._target, hint="list it with `aws s3 ls` and mind capitals"
            )
        usual = sorted((key for key in keys if parse_evaluation_key(key)), key=_model_first)
        others = [key for key in keys if key.endswith(_OTHER_DOCUMENTS) and not parse_evaluation_key(key)]
        documents, problems = self._search(bucket, usual[:MAX_CANDIDATES], others[:MAX_CANDIDATES])
        problems += _bounded(self._target, len(usual), "evaluation documents")
        problems += _bounded(self._target, len(others), "further JSON objects")
        found = tuple(document for document in documents if self._recognise(document.uri, document.head()))
        return Located(documents=found, problems=tuple(problems), n_seen=len(keys))

    def _search(self, bucket: str, usual: list[str], others: list[str]) -> tuple[list[Document], list[Problem]]:
        total = len(usual) + len(others)
        first = [s3_uri(bucket, key) for key in sorted(usual, key=_results_first)]
        documents = list(_demanded(read_in_order(self._reader, first, self._counter(_STAGE, total))))
        count = self._counter(_STAGE, total, before=len(usual))
        further = [s3_uri(bucket, key) for key in others]
        failures = []
        for uri, outcome in read_in_order(self._reader, further, count, max_bytes=MAX_OTHER_BYTES):
            if isinstance(outcome, Document):
                documents.append(outcome)
            else:
                failures.append((uri, outcome))
        if failures and not documents:
            raise failures[0][1]  # no credentials, say: nothing that concerns one object only
        return documents, [_passed_over(uri, error) for uri, error in failures]


def _demanded(outcomes: Iterable[tuple[str, Document | LfvEvalError]]) -> Iterator[Document]:
    for _, outcome in outcomes:
        if isinstance(outcome, LfvEvalError):
            raise outcome
        yield outcome


def _model_first(key: str) -> tuple[str, str, str, str]:
    """An order that keeps a model's two documents together, so that a bounded search finds both or neither."""
    named = parse_evaluation_key(key)
    return (named.prefix, named.project, named.version or "", named.kind) if named else (key, "", "", "")


def _results_first(key: str) -> tuple[bool, str]:
    """A result names its model's account in its first lines, a manifest may not."""
    named = parse_evaluation_key(key)
    return named is None or named.kind != "result", key


def _passed_over(uri: str, error: LfvEvalError) -> Problem:
    told = f"{error.message}; passed over"
    return Problem(code="NOT_READABLE", where=Where(uri=uri), message=told, severity=Severity.WARNING)


def _bounded(target: str, n_objects: int, what: str) -> list[Problem]:
    if n_objects <= MAX_CANDIDATES:
        return []
    told = f"{n_objects} {what}; only the first {MAX_CANDIDATES} were opened in search of documents"
    return [Problem(code="SEARCH_BOUNDED", where=Where(uri=target), message=told, severity=Severity.WARNING)]
