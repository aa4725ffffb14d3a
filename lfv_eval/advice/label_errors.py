"""Which truth labels the model's scores contradict so strongly that the label may be wrong.

Statistic: confident learning (C. Northcutt, L. Jiang, I. Chuang, JAIR 70, 2021) names the suspects. A good model has a
few hard images too, so a remark is made only where there are more suspects than a correctly labelled set would show:
their number is Poisson with the mean that the model's separation of the classes leaves to expect, and at most one such
set in 20 shows as many. The separation is measured with medians, for wrong labels are what the plain ROC AUC suffers
from. Below a ROC AUC of 0.97 most suspects are hard images, and the rule is silent. Measured: ``docs/advice.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..metrics.confident_learning import suspect_labels
from ..registry import Examination, Remark, Rule
from .case import Case, Scored
from .wording import MAX_NAMED_IMAGES, counted

MIN_CLASS_SIZE = 10
MIN_AUC = 0.97
MAX_SHARE = 0.1
"""More suspects than this share of the images speak of a poor model, not of wrong labels."""

ALPHA = 0.05
_MAX_SATURATED = 0.2
_EDGE = 1e-6

CLEAN_SUSPECTS = ((0.92, 1.75), (0.95, 1.03), (0.97, 0.49), (0.99, 0.10))
"""True ROC AUC and mean number of suspects in 20 anomalous and 20 normal images without a wrong label (simulated)."""

MEASURED_PRECISION = ((40, 0.65, 0.9), (100, 0.35, 0.75), (200, 0.2, 0.55))
"""Images, and which share of the labels named is wrong in sets of that size with two wrong labels: at a true ROC AUC of
0.97 and at 0.997 (``scripts/simulations/advice.py``)."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How far apart the scores of the classes lie, measured so that a few wrong labels do not matter.

    Attributes:
        roc_auc: What ROC AUC would be if both classes were normal with the medians and the common spread found.
        n_expected: How many suspects a correctly labelled set would show on average.
    """

    roc_auc: float
    n_expected: float

    @classmethod
    def of(cls, scores: Scores, anomalous: NDArray[np.bool_]) -> Separation | None:
        """Fit log odds by medians; ``None`` where most scores of a class are equal."""
        odds = _log_odds(scores)
        anomaly, normal = odds[anomalous], odds[~anomalous]
        centre1, centre0 = float(np.median(anomaly)), float(np.median(normal))
        variances = [(1.4826 * float(np.median(np.abs(side - np.median(side))))) ** 2 for side in (anomaly, normal)]
        spread = math.sqrt(sum(variances) / 2)
        if spread == 0:
            return None
        unit = NormalDist()
        certain1 = float(_log_odds(np.array([scores[anomalous].mean()]))[0])
        certain0 = -float(_log_odds(np.array([(1 - scores[~anomalous]).mean()]))[0])
        beyond = len(normal) * unit.cdf((centre0 - certain1) / spread)
        beyond += len(anomaly) * unit.cdf((certain0 - centre1) / spread)
        roc_auc = unit.cdf((centre1 - centre0) / spread / math.sqrt(2))
        return cls(roc_auc=roc_auc, n_expected=max(beyond, _tabled(roc_auc) * len(scores) / 40))


def _log_odds(scores: Scores) -> Scores:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    odds: Scores = np.log(inside / (1 - inside))
    return odds


def _tabled(roc_auc: float) -> float:
    """``CLEAN_SUSPECTS`` in between, on a logarithmic scale."""
    aucs, means = zip(*CLEAN_SUSPECTS, strict=True)
    return math.exp(float(np.interp(roc_auc, aucs, np.log(means))))


def poisson_tail(k: int, mean: float) -> float:
    """Probability of at least k events where ``mean`` are expected.

    >>> round(poisson_tail(2, 0.1), 4), poisson_tail(0, 1.0)
    (0.0047, 1.0)
    """
    below = math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k)) if mean > 0 else 1.0
    return max(0.0, 1.0 - below) if k else 1.0


def examine(case: Case) -> Examination:
    """All suspects are one remark: the images to look at first, the most contradicted label first."""
    scored = case.scored()
    silence = _why_silent(scored)
    if silence:
        return Examination(cannot_tell=(silence,))
    separation = Separation.of(scored.scores, scored.anomalous)
    if separation is None or separation.roc_auc < MIN_AUC:
        known = "the scores of a class are mostly equal" if separation is None else f"it is {separation.roc_auc:.2f}"
        return Examination(
            cannot_tell=(f"wrong labels cannot be told from hard images unless ROC AUC is {MIN_AUC} or more; {known}",)
        )
    found = suspect_labels(scored.scores, scored.anomalous)
    suspects = [] if found is None else found.suspects.tolist()
    n, expected = len(suspects), separation.n_expected
    if not n or n > MAX_SHARE * len(scored.scores) or poisson_tail(n, expected) > ALPHA:
        return Examination()
    return Examination([_remark(scored, suspects, expected)])


def _why_silent(scored: Scored) -> str | None:
    n_anomaly = int(scored.anomalous.sum())
    if min(n_anomaly, len(scored.scores) - n_anomaly) < MIN_CLASS_SIZE:
        return f"needs {MIN_CLASS_SIZE} anomalous and {MIN_CLASS_SIZE} normal test images with a confidence"
    saturated = np.mean((scored.scores < _EDGE) | (scored.scores > 1 - _EDGE))
    if saturated > _MAX_SATURATED:
        return f"{saturated:.0%} of the scores are 0 or 1 to six decimals, so their spread is not known"
    return None


def _remark(scored: Scored, suspects: list[int], expected: float) -> Remark:
    against = np.where(scored.anomalous, 1 - scored.scores, scored.scores)
    order = sorted(suspects, key=lambda index: (-against[index], scored.uris[index]))
    parts = []
    for anomalous, label, scored_as in ((False, "normal", "anomaly"), (True, "anomaly", "normal")):
        found = [against[index] for index in order if bool(scored.anomalous[index]) is anomalous]
        if found:
            span = f"{found[0]:.2f}" if len(found) == 1 else f"{found[-1]:.2f} to {found[0]:.2f}"
            verb = "is" if len(found) == 1 else "are"
            parts.append(f"{counted(len(found), 'image')} {verb} labelled {label} but scored {span} {scored_as}")
    n, n_images = len(suspects), len(scored.scores)
    size, low, high = next((row for row in MEASURED_PRECISION if row[0] >= n_images), MEASURED_PRECISION[-1])
    message = (
        f"{'; '.join(parts)}. A correctly labelled set of {n_images} images with scores like these shows about "
        f"{expected:.1f} such images. In simulated sets of {size} images with two wrong labels {low:.0%} to {high:.0%} "
        "of the labels named so were wrong; the others were hard images. Check these labels first."
    )
    images = tuple(scored.uris[index] for index in order[:MAX_NAMED_IMAGES])
    return Remark(severity="warning", message=message, benefit=n * low / n_images, images=images)


RULE = Rule("label-errors", "Improving your model: properly labeled images", examine)
