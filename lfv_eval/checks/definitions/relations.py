"""What the numbers of one anomaly label say about their definitions by themselves, without any mask.

Average IoU and F1 score of pooled pixels determine each other, a mean of F1 scores is no harmonic mean, a count of
images over a count of images is a fraction with a small denominator. Each rule is applied to the ranges of values that
print as reported, so that nothing is claimed beyond the printed digits; where those cannot decide, the rule says so.

For one image let T, P, I be the truth, predicted and common pixels of the label. That IoU = D/(2-D) of its Dice
coefficient D = 2I/(T+P) is convex and that the harmonic mean is concave are the two facts behind the bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, pi

from ...metrics.labels.iou_definitions import AVERAGE_IOU
from ...metrics.labels.precision_recall_definitions import PRECISION_RECALL
from ...records import ReportedMetric
from ..printed import Printing, printed_interval, printing_of

UNDECIDED_RATE = 0.05
"""A rule that unrelated numbers would keep with at least this probability is not counted as holding."""

MAX_IMAGES = 10_000
"""Up to so many test images it is tried whether precision and recall are fractions of their number."""

POOLED = (("pooled", "pixel-pooled"), ("pooled-truth", "pixel-pooled-truth"))
"""Average IoU and precision-recall definitions that pool the same pixels."""

MEANS = (("mean-truth", "pixel-mean-truth"), ("mean-either", "pixel-mean-either"))
"""Those that are means over the same images."""

_HARMONIC = tuple((iou, f"{averaged}-harmonic") for iou, averaged in MEANS)
_PRESENCE = ("presence", "presence-overlap", "presence-iou50")

_Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One rule applied to the numbers of one label.

    Attributes:
        rule: Its id.
        label: The label.
        holds: ``None`` where numbers are missing or the printed digits cannot decide.
        sentence: What was seen, in words.
        implies: What follows, in words; empty where nothing does.
        refuted: Precision-recall definitions that are impossible, whatever the gate.
        refuted_pairs: Average IoU and precision-recall definitions that are impossible together under one gate.
        accidental_rate: Chance that unrelated numbers keep the rule within the printed digits; ``None`` without one.
    """

    rule: str
    label: str
    holds: bool | None
    sentence: str
    implies: str = ""
    refuted: tuple[str, ...] = ()
    refuted_pairs: tuple[tuple[str, str], ...] = ()
    accidental_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """What the numbers of all labels say together; a definition is one for all labels.

    Attributes:
        relations: Every rule for every label.
        possible: Precision-recall definitions, without gates, that nothing refutes.
        possible_pairs: The same of average IoU and precision-recall definitions under one gate.
    """

    relations: tuple[Relation, ...]
    possible: tuple[str, ...]
    possible_pairs: tuple[tuple[str, str], ...]


def relations(reported: Sequence[ReportedMetric], n_testing_images: int | None) -> Relations:
    """Apply every rule to every label of one document.

    Args:
        reported: The document's numbers; those of the image level only tell how the document prints.
        n_testing_images: How many images the model was tested on, as the document says.
    """
    printing = printing_of([number.printed for number in reported])
    labels = dict.fromkeys(number.label for number in reported if number.label is not None)
    found = []
    for label in labels:
        own = {n.name: _range(n, printing) for n in reported if n.label == label and n.value is not None}
        known = {name: interval for name, interval in own.items() if interval}
        found += [rule(label, known) for rule in (_pooled, _harmonic, _convex, _not_above)]
        found.append(_presence(label, known, n_testing_images))
    refuted = {name for relation in found for name in relation.refuted}
    refuted_pairs = {pair for relation in found for pair in relation.refuted_pairs}
    possible = tuple(name for name in PRECISION_RECALL if name not in refuted)
    pairs = tuple((iou, name) for iou in AVERAGE_IOU for name in possible if (iou, name) not in refuted_pairs)
    return Relations(relations=tuple(found), possible=possible, possible_pairs=pairs)


_Known = dict[str, _Interval]


def _unknown(rule: str, label: str, why: str = "the numbers for it are not reported") -> Relation:
    return Relation(rule=rule, label=label, holds=None, sentence=why)


def _range(number: ReportedMetric, printing: Printing) -> _Interval | None:
    """Every value in 0..1 that prints so, rounded or cut off."""
    ends = [printed_interval(number.printed, printing, truncated=cut) for cut in (False, True)]
    known = [interval for interval in ends if interval]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _iou_of_dice(dice: Fraction) -> Fraction:
    return dice / (2 - dice)


def _harmonic_mean(one: Fraction, other: Fraction) -> Fraction:
    return 2 * one * other / (one + other) if one + other else Fraction(0)


def _overlap(one: _Interval, other: _Interval) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _width(*intervals: _Interval) -> float:
    return float(sum(high - low for low, high in intervals))


def _rate(width: float, spread: float) -> float:
    return min(1.0, width / spread) if spread > 0 else 1.0


def _kept(rule: str, label: str, told: str, implies: str, rate: float) -> Relation:
    """A rule that the numbers keep; whether that means anything is a matter of the chance that any would."""
    holds = True if rate < UNDECIDED_RATE else None
    return Relation(
        rule=rule,
        label=label,
        holds=holds,
        sentence=f"{told}; {_chance(rate)}",
        implies=implies if holds else "",
        accidental_rate=rate,
    )


def _chance(rate: float) -> str:
    if rate >= UNDECIDED_RATE:
        return f"unrelated numbers would agree in {rate:.0%} of cases, so this decides nothing"
    return f"unrelated numbers would agree with probability {'below 1e-9' if rate < 1e-9 else f'about {rate:.1g}'}"


def _pooled(label: str, known: _Known) -> Relation:
    rule = "iou-of-f1"
    if not {"average_iou", "f1_score"} <= known.keys():
        return _unknown(rule, label)
    iou, f1_score = known["average_iou"], known["f1_score"]
    expected = (_iou_of_dice(f1_score[0]), _iou_of_dice(f1_score[1]))
    if not _overlap(iou, expected):
        return Relation(
            rule=rule,
            label=label,
            holds=False,
            sentence=f"average IoU is not F1/(2-F1) = {float(expected[0]):.6g}",
            implies="average IoU and F1 score are not both taken from the same pooled pixels",
            refuted_pairs=POOLED,
        )
    rate = _rate(_width(iou, expected), float(f1_score[1] - expected[0]))
    implies = "average IoU and F1 score are both of the same pooled pixels, or of images that all have one IoU"
    return _kept(rule, label, "average IoU is F1/(2-F1) within the printed digits", implies, rate)


def _harmonic(label: str, known: _Known) -> Relation:
    rule = "f1-harmonic"
    if not {"precision", "recall", "f1_score"} <= known.keys():
        return _unknown(rule, label)
    precision, recall, f1_score = known["precision"], known["recall"], known["f1_score"]
    expected = (_harmonic_mean(precision[0], recall[0]), _harmonic_mean(precision[1], recall[1]))
    averaged = tuple(name for _, name in MEANS)
    if not _overlap(f1_score, expected):
        above = f1_score[0] > expected[1]
        told = "above" if above else "below"
        return Relation(
            rule=rule,
            label=label,
            holds=False,
            sentence=f"F1 score is {told} 2PR/(P+R) = {float(expected[0]):.6g}",
            implies="no known definition gives that" if above else "F1 score is a mean of per-image F1 scores",
            refuted=tuple(name for name in PRECISION_RECALL if above or name not in averaged),
        )
    # A mean of per-image F1 scores lies between these: the harmonic mean is concave, and at least P + R - 1.
    lowest = max(0.0, float(precision[0] + recall[0] - 1))
    rate = _rate(_width(f1_score, expected), float(expected[1]) - lowest)
    implies = "F1 score is no mean of per-image F1 scores, or precision and recall are the same in all images"
    return _kept(rule, label, "F1 score is 2PR/(P+R) within the printed digits", implies, rate)


def _convex(label: str, known: _Known) -> Relation:
    rule = "iou-between-means"
    if not {"average_iou", "f1_score"} <= known.keys():
        return _unknown(rule, label)
    iou, f1_score = known["average_iou"], known["f1_score"]
    if iou[1] < _iou_of_dice(f1_score[0]) or iou[0] > f1_score[1]:
        where = "above F1" if iou[0] > f1_score[1] else "below F1/(2-F1)"
        return Relation(
            rule=rule,
            label=label,
            holds=False,
            sentence=f"average IoU is {where}",
            implies="average IoU and F1 score are not both taken from the same images in the same way",
            refuted_pairs=(*POOLED, *MEANS),
        )
    return Relation(
        rule=rule,
        label=label,
        holds=True,
        sentence="average IoU lies between F1/(2-F1) and F1, as means over the same images must; others may as well",
    )


def _not_above(label: str, known: _Known) -> Relation:
    rule = "iou-not-above-p-and-r"
    if not {"average_iou", "precision", "recall"} <= known.keys():
        return _unknown(rule, label)
    if known["average_iou"][0] > min(known["precision"][1], known["recall"][1]):
        return Relation(
            rule=rule,
            label=label,
            holds=False,
            sentence="average IoU is above the lower of precision and recall",
            implies="they are not taken from the same images in the same way",
            refuted_pairs=(*POOLED, *MEANS, *_HARMONIC),
        )
    told = "average IoU is not above precision or recall, as it must be where all are taken from the same images alike"
    return Relation(rule=rule, label=label, holds=True, sentence=told)


def _presence(label: str, known: _Known, n_images: int | None) -> Relation:
    rule = "image-presence"
    given = {name: known[name] for name in ("precision", "recall") if name in known}
    if not given or not n_images:
        return _unknown(rule, label)
    if n_images > MAX_IMAGES:
        return _unknown(
            rule, label, f"not tried with more than {MAX_IMAGES} images, where nearly every number is a fraction"
        )
    if not _has_counts(known, n_images):
        names = " and ".join(given)
        return Relation(
            rule=rule,
            label=label,
            holds=False,
            sentence=f"no numbers of images up to {n_images} give {names}",
            implies="the label's numbers do not count images",
            refuted=_PRESENCE,
        )
    rate = 1.0
    for interval in given.values():
        # About 3 N^2 / pi^2 fractions in 0..1 have a denominator of at most N; 0 and 1 come about in many ways.
        whole = interval[0] == 0 or interval[1] == 1
        rate *= 1.0 if whole else min(1.0, 3 * n_images**2 / pi**2 * _width(interval))
    implies = "precision and recall count images on which the label was found"
    return _kept(rule, label, f"numbers of images up to {n_images} can give them", implies, rate)


def _has_counts(known: _Known, n_images: int) -> bool:
    """Whether hits, images with the label predicted and images with it in the truth exist that print as reported."""
    f1_low, f1_high = known.get("f1_score", (Fraction(0), Fraction(1)))
    for hits in range(n_images + 1):
        predicted = _denominators(hits, known.get("precision"), n_images)
        truth = _denominators(hits, known.get("recall"), n_images)
        if not predicted or not truth:
            continue
        if not hits:
            if f1_low == 0:
                return True
            continue
        low = max(predicted[0] + truth[0], ceil(2 * hits / f1_high) if f1_high else 2 * n_images + 1)
        if low <= min(predicted[-1] + truth[-1], floor(2 * hits / f1_low) if f1_low else 2 * n_images):
            return True
    return False


def _denominators(hits: int, interval: _Interval | None, n_images: int) -> range:
    """How many images can stand below that many hits."""
    if interval is None:
        return range(hits, n_images + 1)
    low, high = interval
    if not hits:
        return range(1, n_images + 1) if low == 0 else range(0)
    if not high:
        return range(0)
    return range(ceil(hits / high), min(n_images, floor(hits / low) if low else n_images) + 1)
