"""The frozen types that travel from a document to a report. No I/O, no AWS, no image decoding.

Fractions are 0..1 everywhere; percent exists only in what people read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from .errors import LfvEvalError
from .images import Dataset, Images


class Reader(Protocol):
    """Reads the objects that documents mention."""

    def read(self, uri: str) -> bytes:
        """Read one object.

        Raises:
            AccessError: It is missing, forbidden, or outside of what may be read.
        """

    def read_many(self, uris: Sequence[str], stage: str) -> Iterator[bytes | LfvEvalError]:
        """Read many objects lazily, in order, with the error in place of what could not be read.

        Args:
            uris: The objects; one may occur several times.
            stage: What progress is reported as.
        """


_ARN = re.compile(
    r"arn:aws[\w-]*:lookoutvision:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":model/(?P<project>[A-Za-z0-9][A-Za-z0-9_-]{0,254})/(?P<version>[1-9][0-9]*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """Which model version a document speaks of; a field is ``None`` where the document does not say."""

    project: str | None = None
    version: str | None = None
    region: str | None = None
    account: str | None = None
    arn: str | None = None

    @classmethod
    def from_arn(cls, arn: str) -> ModelRef:
        """Read a model ARN; text that is none (samples and hand-made files) is kept as ``arn`` alone.

        >>> ModelRef.from_arn("arn:aws:lookoutvision:eu-west-1:123456789012:model/parts/3").project
        'parts'
        >>> ModelRef.from_arn("lookoutvision-some-model-arn").project is None
        True
        """
        match = _ARN.fullmatch(arn)
        return cls(arn=arn, **match.groupdict()) if match else cls(arn=arn)

    def __str__(self) -> str:
        name = f"{self.project or 'unknown project'} version {self.version or 'unknown'}"
        place = ", ".join(part for part in (self.region, self.account) if part)
        return f"{name} ({place})" if place else name


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDigest:
    """What identifies a document for an auditor: where it was, what it was read as, and its checksum."""

    uri: str
    kind: str
    sha256: str
    size_bytes: int
    etag: str | None = None
    version_id: str | None = None
    checksum_algorithm: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file of evidence as found: its bytes (or the local file that holds them) and where they came from."""

    uri: str
    body: bytes | Path = field(repr=False)
    size_bytes: int
    sha256: str
    etag: str | None = None
    version_id: str | None = None
    checksum_algorithm: str | None = None
    last_modified: str | None = None

    def open(self) -> BinaryIO:
        """Open the content for reading from its start."""
        return io.BytesIO(self.body) if isinstance(self.body, bytes) else self.body.open("rb")

    def head(self, size_bytes: int = 65_536) -> bytes:
        """The first bytes, for telling what kind of document this is."""
        with self.open() as file:
            return file.read(size_bytes)

    def digest(self, kind: str) -> DocumentDigest:
        """The identifying facts without the content."""
        return DocumentDigest(
            uri=self.uri,
            kind=kind,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            etag=self.etag,
            version_id=self.version_id,
            checksum_algorithm=self.checksum_algorithm,
            last_modified=self.last_modified,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a document; ``line`` counts from 1 and is ``None`` where the format has no lines."""

    uri: str
    line: int | None = None

    def __str__(self) -> str:
        return self.uri if self.line is None else f"{self.uri} line {self.line}"


class Severity(StrEnum):
    """How much a tolerated defect matters: ``NOTE`` cannot change a number, ``WARNING`` could, ``ERROR`` does."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A tolerated defect of the input. Equal defects of one document are one problem with all their lines.

    Attributes:
        code: Stable upper-case name, such as ``NUMBER_CONTRADICTS_CLASS_NAME``.
        where: The first place it was seen.
        message: What was seen and what was done about it, in words.
        severity: Whether it can change a number.
        count: How often it was seen.
        lines: The first lines it was seen at (at most ``MAX_PROBLEM_LINES``).
    """

    code: str
    where: Where
    message: str
    severity: Severity = Severity.WARNING
    count: int = 1
    lines: tuple[int, ...] = ()


MAX_PROBLEM_LINES = 1000
"""How many line numbers one problem keeps; its ``count`` is always complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMetric:
    """A number that a document reports.

    Attributes:
        name: ``precision``, ``recall``, ``f1_score``, ``roc_auc``, ``average_precision`` or ``average_iou``.
        label: The anomaly label it speaks of; ``None`` for the image level.
        value: The number, or ``None`` where the document printed null or NaN.
        printed: The digits as written in the document.
        kind: The registered name of the document's format, such as ``evaluation_result``.
        document: The document's URI.
    """

    name: str
    label: str | None = None
    value: float | None
    printed: str
    kind: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one document says of itself: its kind, its model, and its image counts."""

    kind: str
    document: str
    model: ModelRef
    n_training_images: int | None = None
    n_testing_images: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """All that was read about one model version. ``a + b`` joins what was read from different documents."""

    claims: tuple[Claim, ...] = ()
    images: Images = field(default_factory=Images.empty)
    reported: tuple[ReportedMetric, ...] = ()
    problems: tuple[Problem, ...] = ()
    documents: tuple[DocumentDigest, ...] = ()
    datasets: tuple[Dataset, ...] = ()

    def __add__(self, other: Evaluation) -> Evaluation:
        return Evaluation(
            claims=self.claims + other.claims,
            images=self.images + other.images,
            reported=self.reported + other.reported,
            problems=self.problems + other.problems,
            documents=self.documents + other.documents,
            datasets=self.datasets + other.datasets,
        )
