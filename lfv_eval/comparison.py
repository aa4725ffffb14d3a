"""What comes out of comparing two finished audits.

Differences are candidate minus baseline, so a positive one is an improvement. Fractions are 0..1, differences -1..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from .records import ModelRef
from .stored import decode, encode
from .verdicts import Interval

ClassName = Literal["anomaly", "normal"]


class Standing(StrEnum):
    """What the images show of one class: no drop by the margin, a drop beyond it, or neither."""

    NOT_WORSE = "not_worse"
    WORSE = "worse"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedModel:
    """One side of a comparison.

    Attributes:
        model: The model version.
        target: What was audited.
        signature: The audit's conventions.
        n_anomaly: Anomalous test images by truth; ``None`` where not known.
        n_normal: Normal ones likewise.
        counted_from: ``images``, or ``reported`` where the confusion matrix is the only one that fits the reported
            numbers; ``None`` where it is not known.
    """

    model: ModelRef
    target: str
    signature: str
    n_anomaly: int | None
    n_normal: int | None
    counted_from: Literal["images", "reported"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Which test images the two models have in common.

    Attributes:
        matched_by: ``source-ref``; ``path`` where the references differ in their prefix only; ``None`` without a match.
        n_baseline: Images that enter the baseline's numbers.
        n_candidate: Images that enter the candidate's numbers.
        n_common: Images that enter both.
        n_relabelled: Common images whose truth differs; the comparison leaves them out.
        paired: Whether the comparison rests on the common images alone, image by image.
    """

    matched_by: Literal["source-ref", "path"] | None
    n_baseline: int
    n_candidate: int
    n_common: int
    n_relabelled: int
    paired: bool

    @property
    def same_images(self) -> bool:
        """Whether both models were tested on exactly the same images."""
        return 0 < self.n_common == self.n_baseline == self.n_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDifference:
    """One metric of both models.

    Attributes:
        name: The metric, named as in ``MetricValue.name``.
        label: The anomaly label it speaks of; ``None`` for the image level.
        baseline: Its value, on the common images where the comparison is paired; ``None`` where undefined or unknown.
        candidate: Likewise.
        difference: Candidate minus baseline; ``None`` where a value is, or where the audits computed it differently.
        interval: Interval of the difference within -1..1; ``None`` where ``without_interval_because`` says why.
        without_interval_because: The reason.
        p_value: Two-sided p-value of "no difference", McNemar's mid-p or DeLong's; ``None`` where there is no test.
        p_exact: McNemar's exact p-value, which is more conservative.
        n_gained: Images that only the candidate gets right; ``None`` where images are not compared one by one.
        n_lost: Images that only the baseline gets right.
        n: Images compared one by one.
    """

    name: str
    label: str | None = None
    baseline: float | None
    candidate: float | None
    difference: float | None
    interval: Interval | None
    without_interval_because: str | None = None
    p_value: float | None = None
    p_exact: float | None = None
    n_gained: int | None = None
    n_lost: int | None = None
    n: int | None = None

    def is_significant(self, level: float) -> bool:
        """Whether "no difference" is rejected: by the test, or else by an interval without 0."""
        if self.p_value is not None:
            return self.p_value <= 1 - level
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether the candidate is not worse, on the images of one class.

    Attributes:
        name: ``recall`` (anomalous images) or ``specificity`` (normal images).
        standing: What the images show.
        interval: The two-sided interval that decides, of level 2L-1 for the comparison's level L.
        equivalent: Whether a change by the margin or more is excluded in both directions.
        n_images: Images of the class: common ones where paired, else of the smaller test set; ``None`` where unknown.
        smallest_margin: The margin above which these images would show "not worse"; ``None`` without an interval.
        images_needed: Images of the class that would show it, had none of them flipped.
        images_needed_as_seen: Likewise if images keep flipping as often as seen; ``None`` where no number would do, or
            where images are not compared one by one.
        detectable_drop: The smallest drop that these images reveal with 80 % probability, by McNemar's mid-p test with
            2 % of images flipping either way by chance; ``None`` where there is none or images are not compared
            one by one.
        explanation: One sentence of evidence.
    """

    name: Literal["recall", "specificity"]
    standing: Standing
    interval: Interval | None
    equivalent: bool
    n_images: int | None
    smallest_margin: float | None
    images_needed: int | None
    images_needed_as_seen: int | None
    detectable_drop: float | None
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlippedImage:
    """A common image that the two models judge differently."""

    uri: str
    truth: ClassName
    baseline: ClassName
    candidate: ClassName

    @property
    def gained(self) -> bool:
        """Whether the candidate is the one that is right."""
        return self.candidate == self.truth


@dataclass(frozen=True, slots=True, kw_only=True)
class RelabelledImage:
    """A common image whose truth differs between the two evaluations."""

    uri: str
    baseline_truth: ClassName
    candidate_truth: ClassName


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two evaluated models side by side. Equal input gives equal bytes of JSON.

    Attributes:
        baseline: The model to compare with, such as the previous training.
        candidate: The model in question.
        margin: The drop of recall or specificity that counts as worse.
        level: Confidence level of the intervals, and one-sided level of the judgements.
        seed: Seed of the bootstrap.
        overlap: Which test images they have in common.
        differences: The metrics.
        judgements: Whether the candidate is not worse: recall, then specificity.
        flipped: Common images that the two judge differently, in the candidate's order.
        relabelled: Common images with two truths.
        notes: What a reader must know before trusting the comparison.
        signature: Every choice that could change a number, and the version of this package.
    """

    baseline: ComparedModel
    candidate: ComparedModel
    margin: float
    level: float
    seed: int
    overlap: Overlap
    differences: tuple[MetricDifference, ...]
    judgements: tuple[Judgement, ...]
    flipped: tuple[FlippedImage, ...]
    relabelled: tuple[RelabelledImage, ...]
    notes: tuple[str, ...]
    signature: str

    @property
    def standing(self) -> Standing:
        """Both classes in one word: worse if either is, not worse only if both are not."""
        standings = {judgement.standing for judgement in self.judgements}
        if Standing.WORSE in standings:
            return Standing.WORSE
        return Standing.NOT_WORSE if standings == {Standing.NOT_WORSE} else Standing.OPEN

    @property
    def significant(self) -> tuple[MetricDifference, ...]:
        """The metrics in which the two models measurably differ, in either direction."""
        return tuple(difference for difference in self.differences if difference.is_significant(self.level))

    @property
    def testable(self) -> bool:
        """Whether anything could be tested at all; without that, no significant metric means nothing."""
        return any(d.p_value is not None or d.interval is not None for d in self.differences)

    def exit_code(self) -> int:
        """The process exit code of the question "is the candidate not worse?".

        Returns:
            1 where recall or specificity is shown to have dropped by more than the margin; 0 where both are shown not
            to have dropped by the margin; 3 where the images show neither.
        """
        return {Standing.NOT_WORSE: 0, Standing.WORSE: 1, Standing.OPEN: 3}[self.standing]

    def difference(self, name: str, label: str | None = None) -> MetricDifference | None:
        """One metric; ``None`` where it was not compared."""
        return next((d for d in self.differences if d.name == name and d.label == label), None)

    def to_json(self, *, indent: int = 2) -> bytes:
        """UTF-8 JSON."""
        return encode(self, indent)

    @classmethod
    def from_json(cls, data: bytes | str) -> Comparison:
        """Read what ``to_json`` wrote.

        Raises:
            DocumentError: The data is not a comparison.
        """
        return decode(data, cls, "a comparison")
