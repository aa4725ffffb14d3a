"""What an advice rule may look at: what was read, counted and measured. Rules are pure; nothing here reads a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..datasets import dataset_test_images
from ..datasets import training_images as training_rows
from ..errors import UsageError
from ..image_records import ImageSet
from ..images import ANOMALY, Images, label_key
from ..metrics.counts import countable
from ..metrics.labels.mask_counts import MaskCounts
from ..metrics.ranking import anomaly_scores
from ..records import Evaluation
from ..registry import Evidence
from ..settings import Settings
from ..verdicts import Check, MetricValue

NOT_MEASURED = "they were not looked at"
NO_MANIFEST = "no dataset manifest was given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller wants judged besides.

    Attributes:
        cost_fp: Cost of rejecting a normal part, in any unit.
        cost_fn: Cost of passing an anomalous part, in the same unit. Both costs or none.
        confidence_limit: Confidence that a predicted anomaly must have to be rejected in production, 0..1.

    Raises:
        UsageError: A cost is negative or not finite, one of them is missing, or the limit is not in 0..1.
    """

    cost_fp: float | None = None
    cost_fn: float | None = None
    confidence_limit: float | None = None

    def __post_init__(self) -> None:
        costs = [cost for cost in (self.cost_fp, self.cost_fn) if cost is not None]
        if len(costs) == 1 or not all(math.isfinite(cost) and cost >= 0 for cost in costs):
            raise UsageError(
                f"expected two costs of 0 or more, got {self.cost_fp!r} and {self.cost_fn!r}",
                hint="give the cost of a false alarm and that of a missed anomaly, such as 1 and 20",
            )
        if self.confidence_limit is not None and not 0 <= self.confidence_limit <= 1:
            raise UsageError(f"a confidence limit must lie in 0..1, got {self.confidence_limit!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One connected region of an anomaly label in a truth mask.

    Attributes:
        image: Reference of the image.
        label: The anomaly label.
        area_px: Its pixels.
        extent_px: The longer side of its bounding box.
        width_px: Width of the mask.
        height_px: Height of the mask.
    """

    image: str
    label: str
    area_px: int
    extent_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """The test images with a truth, a prediction and a confidence; every array has one entry an image.

    Attributes:
        uris: References.
        scores: float64, anomaly scores in 0..1.
        anomalous: bool, the truth says anomaly.
        predicted: bool, the model said anomaly.
    """

    uris: tuple[str, ...]
    scores: NDArray[np.float64]
    anomalous: NDArray[np.bool_]
    predicted: NDArray[np.bool_]

    @classmethod
    def of(cls, images: Images) -> Scored:
        """Pick the images out of the rows of an evaluation."""
        rows = np.flatnonzero(countable(images) & ~np.isnan(images.confidence))
        predicted = images.predicted[rows] == ANOMALY
        return cls(
            uris=tuple(images.uri[row] for row in rows.tolist()),
            scores=anomaly_scores(predicted, images.confidence[rows]),
            anomalous=images.truth[rows] == ANOMALY,
            predicted=predicted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is known of one model version.

    Attributes:
        evidence: The evaluation, the recomputed values and the counts behind them.
        checks: What became of the reported numbers.
        test_images: The test images, measured; ``None`` where they were not, see ``images_missing``.
        training_images: The training images, measured; ``None`` likewise.
        images_missing: Why images were not measured.
        test_rows: Rows of the test dataset's manifest; ``None`` where there is none. The evaluation's rows then serve.
        training_rows: Rows that the model was trained on; ``None`` where no manifest tells.
        regions: The connected regions of the truth masks; ``None`` where masks were not looked at.
        wishes: What the caller wants judged besides.
    """

    evidence: Evidence
    checks: Sequence[Check] = ()
    test_images: ImageSet | None = None
    training_images: ImageSet | None = None
    images_missing: str = NOT_MEASURED
    test_rows: Images | None = None
    training_rows: Images | None = None
    regions: Sequence[Region] | None = None
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def evaluation(self) -> Evaluation:
        """What was read."""
        return self.evidence.evaluation

    @property
    def settings(self) -> Settings:
        """The conventions in force."""
        return self.evidence.settings

    @property
    def tested(self) -> Images:
        """The rows of the test dataset: those of its own manifest, else the evaluation's."""
        return self.evaluation.images if self.test_rows is None else self.test_rows

    @property
    def n_training_images(self) -> int | None:
        """How many training images the documents report; ``None`` where none does."""
        claims = (claim.n_training_images for claim in self.evaluation.claims)
        return next((n for n in claims if n is not None), None)

    @property
    def mask_counts(self) -> MaskCounts:
        """Pixels by image and label; empty for a classification model."""
        state = self.evidence.states.get("segmentation")
        counts = getattr(state, "counts", None)
        return counts if isinstance(counts, MaskCounts) else MaskCounts()

    def value(self, name: str, label: str | None = None) -> MetricValue | None:
        """The recomputed metric in its default definition; ``None`` where it was not recomputed."""
        return next((v for v in self.evidence.values if v.name == name and v.label == label), None)

    def scored(self) -> Scored:
        """The test images with a truth, a prediction and a confidence."""
        return Scored.of(self.evaluation.images)


def build_case(
    evidence: Evidence,
    checks: Sequence[Check] = (),
    *,
    test_images: ImageSet | None = None,
    training_images: ImageSet | None = None,
    images_missing: str = NOT_MEASURED,
    regions: Sequence[Region] | None = None,
) -> Case:
    """Make a case of what is at hand; whatever is not may be left out.

    Args:
        evidence: The evaluation, its datasets with settled roles, the values and the counts.
        checks: What became of the reported numbers.
        test_images: The test images, measured.
        training_images: The training images, measured.
        images_missing: Why images were not measured.
        regions: The connected regions of the truth masks.
    """
    return Case(
        evidence=evidence,
        checks=checks,
        test_images=test_images,
        training_images=training_images,
        images_missing=images_missing,
        test_rows=dataset_test_images(evidence.evaluation),
        training_rows=training_rows(evidence.evaluation),
        regions=regions,
    )


def image_labels(images: Images) -> list[frozenset[str]]:
    """The anomaly labels of each row that enters the numbers, by its mask's own colour map; background is none.

    Some writers put all labels of the project into every map. Nothing is known then of what an image shows.

    Args:
        images: Rows of a manifest.

    Returns:
        One set a row, labels without surrounding space and case folded; empty where the row has no mask, does not enter
        the numbers, or nothing is known.
    """
    if not any(images.truth_mask):
        return [frozenset()] * len(images)
    maps = [
        frozenset(label_key(name) for name in mask.label_by_color.values()) - {"background"}
        if mask is not None and used
        else frozenset[str]()
        for mask, used in zip(images.truth_mask, images.used.tolist(), strict=True)
    ]
    different = {labels for labels in maps if labels}
    tells_nothing = len(different) == 1 and len(*different) > 1
    return [frozenset()] * len(maps) if tells_nothing else maps
