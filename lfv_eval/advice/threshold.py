"""Where the model's threshold lies, what another would do, and what the caller's own limit or costs ask for.

Statistic: F1 over all thresholds, that is over all distinct anomaly scores. Another threshold is advised only where it
gains more than choosing on the test images alone explains: 0.6 divided by the square root of the smaller class's size.
With the best threshold in force, so much is gained in 0 to 4 of 100 sets where the classes are of equal size, and in
about 6 where one is ten times the other (``scripts/simulations/advice.py``).
"""

from __future__ import annotations

import math

from ..metrics.counts import ConfusionCounts
from ..registry import Examination, Remark, Rule
from .case import Case, Scored
from .operating import Bracket, Curve, Operating, precision, recall
from .wording import counted

GAIN_FACTOR = 0.6
"""Times 1/sqrt(smaller class): rarely does choosing a threshold on the test images gain more F1."""

WANTED_RECALL = 0.95


def examine(case: Case) -> Examination:
    """One remark on the threshold in force; one more for each of the caller's wishes."""
    scored, wishes = case.scored(), case.wishes
    if scored.anomalous.all() or not scored.anomalous.any():
        return Examination(cannot_tell=("needs anomalous and normal test images with a confidence",))
    now = ConfusionCounts.from_labels(scored.anomalous, scored.predicted)
    curve = Curve.of(scored)
    remarks = [_in_force(scored, now, curve)]
    if wishes.confidence_limit is not None:
        remarks.append(_limit(scored, now, wishes.confidence_limit))
    if wishes.cost_fp is not None and wishes.cost_fn is not None:
        remarks.append(_costs(now, curve, wishes.cost_fp, wishes.cost_fn))
    return Examination(remarks)


def _in_force(scored: Scored, now: ConfusionCounts, curve: Curve) -> Remark:
    n_smaller = min(curve.n_anomaly, curve.n_normal)
    current, best, bracket = Operating(threshold=math.nan, counts=now), curve.best_f1(), Bracket.of(scored)
    gain, by_choice = best.f1_score - current.f1_score, GAIN_FACTOR / math.sqrt(n_smaller)
    if gain > by_choice:
        message = (
            f"{bracket}; there F1 {current.f1_score:.2f}. Calling scores from {best.threshold:.4f} on anomalous would "
            f"give F1 {best.f1_score:.2f} ({best}), {gain:.2f} more, where choosing on so few images explains "
            f"{by_choice:.2f}. Decide by the score instead of the predicted class, and confirm it on new images."
        )
        saved = now.fp + now.fn - best.counts.fp - best.counts.fn
        return Remark(severity="warning", message=message, benefit=max(0, saved) / now.n)
    message = f"{bracket}; there {current}."
    eager = curve.with_recall(WANTED_RECALL)
    if eager.counts.tp > now.tp:
        message += f" For a recall of {WANTED_RECALL} flag scores from {eager.threshold:.4f} on: {eager}."
    return Remark(severity="info", message=message, benefit=0.0)


def _limit(scored: Scored, now: ConfusionCounts, limit: float) -> Remark:
    """What rejecting only ``IsAnomalous and Confidence >= limit`` does, as in AWS's example code.

    Such a limit can only pass more images, so recall can only fall. To gain recall, normal predictions of low
    confidence must be rejected too.
    """
    then = ConfusionCounts.from_labels(scored.anomalous, scored.predicted & (scored.scores >= limit))
    lost, spared = now.tp - then.tp, now.fp - then.fp
    doubtful = ~scored.predicted & (1 - scored.scores < limit)
    gained, price = int((doubtful & scored.anomalous).sum()), int((doubtful & ~scored.anomalous).sum())
    message = (
        f"Rejecting only anomalies of confidence {limit:g} or more: precision {precision(then)} instead of "
        f"{precision(now)}, recall {recall(then)} instead of {recall(now)}; it spares {counted(spared, 'false alarm')} "
        f"and passes {counted(lost, 'more anomaly')}. Such a limit can only lower recall. Rejecting normal predictions "
        f"of confidence below {limit:g} as well would find {counted(gained, 'more anomaly')} at the price of "
        f"{counted(price, 'more false alarm')}."
    )
    return Remark(severity="warning" if lost > spared else "info", message=message, benefit=abs(lost - spared) / now.n)


def _costs(now: ConfusionCounts, curve: Curve, cost_fp: float, cost_fn: float) -> Remark:
    """The threshold with the least total cost of false alarms and missed anomalies."""
    best = curve.cheapest(cost_fp, cost_fn)
    before, after = (cost_fp * counts.fp + cost_fn * counts.fn for counts in (now, best.counts))
    prices = f"{cost_fp:g} a false alarm and {cost_fn:g} a missed anomaly"
    if before <= after:
        message = f"At costs of {prices} none is cheaper than the present one: {after:g} ({_errors(now)})."
        return Remark(severity="info", message=message, benefit=0.0)
    place = "Rejecting nothing" if math.isinf(best.threshold) else f"Rejecting scores from {best.threshold:.4f} on"
    saving = f"{after:g} ({_errors(best.counts)}) instead of {before:g} ({_errors(now)})"
    message = (
        f"{place} costs least at {prices}: {saving} on these {now.n} images. It was chosen on them: confirm it on new "
        "ones."
    )
    share_wrong = (now.fp + now.fn) / now.n
    return Remark(severity="info", message=message, benefit=share_wrong * (1 - after / before))


def _errors(counts: ConfusionCounts) -> str:
    return f"{counted(counts.fp, 'false alarm')} and {counted(counts.fn, 'missed anomaly')}"


RULE = Rule("threshold", "Improving your model: confidence threshold", examine)
