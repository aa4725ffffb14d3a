"""What the image-level numbers are computed from: integer counts that add up exactly, in any order and any grouping.

Division happens once, after the last addition. So shards of any size, on any engine, give bit-identical values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..images import UNLABELLED, Images

_BITS_OF_ONE = np.float64(1.0).view(np.uint64)


def countable(images: Images) -> NDArray[np.bool_]:
    """bool, True for the rows that enter the image-level numbers: used, with a truth and a prediction."""
    rows: NDArray[np.bool_] = images.used & (images.truth != UNLABELLED) & (images.predicted != UNLABELLED)
    return rows


@dataclass(frozen=True, slots=True)
class ConfusionCounts:
    """Images by truth and prediction, anomaly being the positive class. Without arguments it is the zero of ``+``.

    >>> ConfusionCounts(tp=16, fn=1) + ConfusionCounts(tn=17)
    ConfusionCounts(tp=16, fp=0, fn=1, tn=17)
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    @classmethod
    def from_labels(cls, anomalous: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> ConfusionCounts:
        """Count images.

        Args:
            anomalous: bool, shape (n,), True where the truth is anomaly.
            predicted: bool, shape (n,), True where the model said anomaly.
        """
        n_anomalous, n_predicted = int(np.count_nonzero(anomalous)), int(np.count_nonzero(predicted))
        tp = int(np.count_nonzero(anomalous & predicted))
        fp, fn = n_predicted - tp, n_anomalous - tp
        return cls(tp=tp, fp=fp, fn=fn, tn=len(anomalous) - tp - fp - fn)

    @property
    def n(self) -> int:
        """How many images were counted."""
        return self.tp + self.fp + self.fn + self.tn

    def __add__(self, other: ConfusionCounts) -> ConfusionCounts:
        return ConfusionCounts(
            tp=self.tp + other.tp, fp=self.fp + other.fp, fn=self.fn + other.fn, tn=self.tn + other.tn
        )


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCounts:
    """Images by anomaly score and truth. Without arguments it is the zero of ``+``.

    Attributes:
        scores: float64 in 0..1, ascending, without repeats. Scores are never rounded: equal ones are tied, no others.
        n_anomaly: int64, how many anomalous images have that score.
        n_normal: int64, how many normal images have that score.
        n_without_score: How many more images belong to the set but have no score; a ranking then cannot be computed.
    """

    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, np.float64))
    n_anomaly: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    n_normal: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    n_without_score: int = 0

    @classmethod
    def from_scores(
        cls, scores: NDArray[np.float64], anomalous: NDArray[np.bool_], n_without_score: int = 0
    ) -> ScoreCounts:
        """Count images, in any order.

        Args:
            scores: float64 in 0..1, shape (n,); higher means more anomalous.
            anomalous: bool, shape (n,), True where the truth is anomaly.
            n_without_score: How many more images have no score.

        Raises:
            UsageError: A score is not in 0..1, or the shapes differ.
        """
        if scores.shape != anomalous.shape or scores.ndim != 1:
            raise UsageError(f"expected one truth for each score, got shapes {scores.shape} and {anomalous.shape}")
        # Non-negative floats sort as their bits do: with the truth as the lowest bit, one sort of integers does all.
        keys = (scores + 0.0).view(np.uint64)  # + 0.0 turns -0.0 into 0.0
        if len(keys) and keys.max() > _BITS_OF_ONE:
            raise UsageError("a score is not a number in 0..1", hint="give anomaly scores as fractions, not percent")
        keys <<= np.uint64(1)
        keys |= anomalous
        keys.sort()
        bits = keys >> np.uint64(1)
        last = np.flatnonzero(np.append(bits[1:] != bits[:-1], True)) if len(bits) else np.empty(0, np.intp)
        n_images = np.diff(last, prepend=-1)
        n_anomaly = np.diff(np.cumsum(keys & np.uint64(1), dtype=np.int64)[last], prepend=0)
        return cls(bits[last].view(np.float64), n_anomaly, n_images - n_anomaly, n_without_score)

    @property
    def n(self) -> int:
        """How many images were counted, those without a score included."""
        return int(self.n_anomaly.sum()) + int(self.n_normal.sum()) + self.n_without_score

    def __add__(self, other: ScoreCounts) -> ScoreCounts:
        scores = np.concatenate([self.scores, other.scores])
        order = np.argsort(scores, kind="stable")
        scores = scores[order]
        first = np.flatnonzero(np.diff(scores, prepend=-1.0))
        return ScoreCounts(
            scores[first],
            np.add.reduceat(np.concatenate([self.n_anomaly, other.n_anomaly])[order], first),
            np.add.reduceat(np.concatenate([self.n_normal, other.n_normal])[order], first),
            self.n_without_score + other.n_without_score,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ScoreCounts):
            return NotImplemented
        return (
            self.n_without_score == other.n_without_score
            and np.array_equal(self.scores, other.scores)
            and np.array_equal(self.n_anomaly, other.n_anomaly)
            and np.array_equal(self.n_normal, other.n_normal)
        )

    __hash__ = None  # type: ignore[assignment]  # it holds arrays
