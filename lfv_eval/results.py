"""The audit of one model version: the document that every report renders and that JSON stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .errors import ReportError
from .image_records import ImageSet
from .records import DocumentDigest, ModelRef, Problem
from .stored import decode, encode
from .verdicts import Check, Finding, LabelOverlap, MetricValue, Verdict

if TYPE_CHECKING:
    import pandas as pd

DISAGREEING = frozenset({Verdict.MISMATCH, Verdict.HYPOTHESIS, Verdict.EXPLAINED})
HOLDING = frozenset(
    {
        Verdict.MATCH,
        Verdict.MATCH_WITHIN_TIE_INTERVAL,
        Verdict.MATCH_OTHER_DEFINITION,
        Verdict.NOT_DISTINGUISHABLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOutcome:
    """What the audit made of one row of the evaluation manifest.

    Attributes:
        uri: ``source-ref`` as written.
        document: URI of the manifest.
        line: Its line, counted from 1.
        truth: ``anomaly`` or ``normal``; ``None`` where the row is unlabelled.
        predicted: Likewise for the model; ``None`` where the prediction failed.
        confidence: Confidence of the predicted class as written; ``None`` where absent.
        outcome: Cell of the confusion matrix (anomaly is positive); ``None`` where the row does not enter the numbers.
        excluded_because: Why it does not enter: ``unlabelled``, ``failed_prediction`` or ``duplicate``.
        overlaps: Its anomaly labels, those with pixels in either mask.
    """

    uri: str
    document: str
    line: int
    truth: Literal["anomaly", "normal"] | None
    predicted: Literal["anomaly", "normal"] | None
    confidence: float | None
    outcome: Literal["TP", "FP", "FN", "TN"] | None
    excluded_because: str | None
    overlaps: tuple[LabelOverlap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A minimum that the caller demands of a recomputed metric.

    Attributes:
        name: Metric name.
        label: Anomaly label; ``None`` for the image level.
        definition: Definition of the recomputed metric, the one in force.
        minimum: Demanded value, in 0..1.
        value: Recomputed value; ``None`` where it is undefined or not recomputed, which fails the gate.
        passed: Whether ``value >= minimum``.
    """

    name: str
    label: str | None
    definition: str
    minimum: float
    value: float | None
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAudit:
    """Everything an audit found out about one model version. Equal input gives equal bytes of JSON.

    Attributes:
        model: The model version, as the documents name it.
        target: Name of the folder, S3 prefix or live model that was audited.
        signature: Every convention that could change a number, and the version of this package.
        n_training_images: As reported; not checked.
        n_testing_images: As reported; a check of kind ``count`` judges it.
        values: The recomputed numbers.
        checks: One entry for each reported statement.
        gates: The caller's minimum values.
        findings: What is worth knowing besides, warnings first.
        problems: Tolerated defects of the input.
        documents: What was read, with checksums.
        images: One entry for each manifest row, in file order.
        image_sets: What the photographs themselves look like, as ``test`` and ``training``; empty where they were not
            looked at. Kept so that advice can be given again without reading them.
    """

    model: ModelRef
    target: str
    signature: str
    n_training_images: int | None
    n_testing_images: int | None
    values: tuple[MetricValue, ...]
    checks: tuple[Check, ...]
    gates: tuple[Gate, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    documents: tuple[DocumentDigest, ...]
    images: tuple[ImageOutcome, ...]
    image_sets: dict[str, ImageSet] = field(default_factory=dict)

    @property
    def outcome(self) -> Literal["verified", "disagreement", "unverifiable"]:
        """The audit in one word; see ``exit_code`` for the rule."""
        return {0: "verified", 1: "disagreement", 3: "unverifiable"}[self.exit_code()]  # type: ignore[return-value]

    def exit_code(self, *, allow_unverifiable: bool = False) -> int:
        """The process exit code this audit deserves.

        Args:
            allow_unverifiable: Accept reported numbers that cannot be verified, where others were.

        Returns:
            1 where a check disagrees or a gate fails; 3 where nothing was verified or something reported is not
            verifiable; 0 where everything reported holds.
        """
        verdicts = [check.verdict for check in self.checks]
        if DISAGREEING.intersection(verdicts) or not all(gate.passed for gate in self.gates):
            return 1
        numbers = [check.verdict for check in self.checks if check.kind == "recomputed" and check.reported is not None]
        if not HOLDING.intersection(numbers) and (numbers or not self.gates):
            return 3  # minimum values stand in for a verification only where nothing was reported
        return 3 if Verdict.NOT_VERIFIABLE in verdicts and not allow_unverifiable else 0

    def value(self, name: str, label: str | None = None) -> MetricValue | None:
        """The recomputed metric in its default definition; ``None`` where it was not recomputed."""
        return next((v for v in self.values if v.name == name and v.label == label), None)

    def to_json(self, *, indent: int = 2) -> bytes:
        """UTF-8 JSON, described by ``docs/audit.schema.json``."""
        return encode(self, indent)

    @classmethod
    def from_json(cls, data: bytes | str) -> ModelAudit:
        """Read what ``to_json`` wrote.

        Raises:
            DocumentError: The data is not an audit document.
        """
        return decode(data, cls, "an audit document")

    def to_pandas(self, what: Literal["images", "checks", "values"] = "images") -> pd.DataFrame:
        """One of the tables as a data frame, one row an entry, the record's fields as columns.

        Args:
            what: ``images`` (a row for each manifest line), ``checks`` or ``values``.

        Raises:
            ReportError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ReportError("pandas is not installed", hint="pip install 'lfv-eval[pandas]'") from None
        import msgspec

        rows = msgspec.to_builtins(getattr(self, what))
        return pd.json_normalize(rows)

    def _repr_html_(self) -> str:
        from .registry import load

        render: Callable[..., bytes] = load("reports", "notebook")
        return render([self]).decode()
