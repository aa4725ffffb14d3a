"""What the model would have said at every other threshold: exact counts, ties included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...metrics.counts import ScoreCounts
from ...metrics.ranking import anomaly_scores
from ...results import ImageOutcome, ModelAudit


def anomaly_score(image: ImageOutcome) -> float | None:
    """The confidence turned into a score of anomaly, by the convention of ROC AUC; ``None`` where it has none."""
    if image.outcome is None or image.confidence is None:
        return None
    return float(anomaly_scores(np.array(image.predicted == "anomaly"), np.array(image.confidence)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thresholds:
    """Every way in which a threshold can part the images, from "none is an anomaly" to "all are".

    Position 0 is no anomaly at all; at position k, an image is an anomaly if its score is at least ``scores[k - 1]``.

    Attributes:
        counts: The images by score and truth.
        scores: float64, shape (n,), the distinct scores, descending.
        tp: int64, shape (n + 1,), anomalous images called anomaly at each position.
        fp: int64, likewise for normal images.
        n_anomaly: Anomalous images.
        n_normal: Normal images.
        n_without_score: Images in the numbers that have no score; then there is nothing to slide.
        as_predicted: The position that gives the model's own predictions; ``None`` where no threshold does.
    """

    counts: ScoreCounts
    scores: NDArray[np.float64]
    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    n_anomaly: int
    n_normal: int
    n_without_score: int
    as_predicted: int | None

    @classmethod
    def of(cls, audit: ModelAudit) -> Thresholds:
        """Count the images of an audit."""
        used = [image for image in audit.images if image.outcome is not None]
        scored = [image for image in used if image.confidence is not None]
        predicted = np.array([image.predicted == "anomaly" for image in scored], bool)
        confidence = np.array([image.confidence for image in scored], np.float64)
        scores = anomaly_scores(predicted, confidence)
        anomalous = np.array([image.truth == "anomaly" for image in scored], bool)
        counts = ScoreCounts.from_scores(scores, anomalous, len(used) - len(scored))
        return cls(
            counts=counts,
            scores=counts.scores[::-1],
            tp=np.append(0, np.cumsum(counts.n_anomaly[::-1])),
            fp=np.append(0, np.cumsum(counts.n_normal[::-1])),
            n_anomaly=int(counts.n_anomaly.sum()),
            n_normal=int(counts.n_normal.sum()),
            n_without_score=counts.n_without_score,
            as_predicted=_own_position(counts.scores[::-1], scores, predicted),
        )

    @property
    def usable(self) -> bool:
        """Whether there is something to slide."""
        return len(self.scores) > 0 and self.n_without_score == 0

    def data(self, audit: ModelAudit) -> dict[str, Any]:
        """What the page's script needs to show any threshold."""
        own = {cell: sum(image.outcome == cell for image in audit.images) for cell in ("TP", "FP", "FN", "TN")}
        if not self.usable:
            return {"thresholds": None, "own": own}
        told = {
            "scores": self.scores.tolist(),
            "tp": self.tp.tolist(),
            "fp": self.fp.tolist(),
            "nAnomaly": self.n_anomaly,
            "nNormal": self.n_normal,
            "asPredicted": self.as_predicted,
        }
        return {"thresholds": told, "own": own}


def _own_position(
    descending: NDArray[np.float64], scores: NDArray[np.float64], predicted: NDArray[np.bool_]
) -> int | None:
    """How many distinct scores the predicted anomalies have, if they are exactly the highest ones."""
    lowest = scores[predicted].min(initial=np.inf)
    if (scores[~predicted] >= lowest).any():
        return None
    return int(np.count_nonzero(descending >= lowest))
