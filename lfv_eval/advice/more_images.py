"""How far the test set's size lets recall and specificity be known, and how many images would tell more.

Statistic: Wilson's interval. A remark is made where the 95 % interval of either is wider than 0.2.
"""

from __future__ import annotations

import math

from ..metrics.intervals import wilson
from ..registry import Examination, Remark, Rule
from ..verdicts import MetricValue
from .case import Case
from .wording import counted, fraction, interval_text

MAX_WIDTH = 0.2
"""An interval wider than this hardly tells a good model from a poor one."""

WANTED_HALF_WIDTHS = (0.1, 0.05, 0.03)
_MOST_IMAGES = 10**7
_MEASURES = (("recall", "anomalous", "missed"), ("specificity", "normal", "rejected"))


def images_needed(share: float, half_width: float, level: float = 0.95) -> int:
    """The least number of images of a class whose Wilson interval is no wider than twice the half-width.

    Args:
        share: The share that is expected to be right, 0..1.
        half_width: The wanted half of the interval's width, above 0.
        level: Confidence level.

    >>> [images_needed(0.9, half_width) for half_width in WANTED_HALF_WIDTHS]
    [37, 141, 388]
    """

    def suffices(n: int) -> bool:
        interval = wilson(share * n, n, level)
        return interval is not None and interval.high - interval.low <= 2 * half_width

    high = 1
    while not suffices(high) and high < _MOST_IMAGES:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def examine(case: Case) -> Examination:
    """Recall needs anomalous images, specificity normal ones; both are told in one remark."""
    values = [(case.value(name), adjective, wrong) for name, adjective, wrong in _MEASURES]
    known = [(value, adjective, wrong) for value, adjective, wrong in values if value and value.interval]
    if not known:
        return Examination(cannot_tell=("no test image has both a truth and a prediction",))
    wide = [entry for entry in known if _width(entry[0]) > MAX_WIDTH]
    if not wide:
        return Examination()
    told = "; ".join(_sentence(value, adjective, case.settings.level) for value, adjective, _ in wide)
    message = f"{told}. Test with more images before you rely on {'either number' if len(wide) > 1 else 'it'}."
    return Examination([Remark(severity="warning", message=message, benefit=max(_width(v) for v, _, _ in wide) / 2)])


def _width(value: MetricValue) -> float:
    return value.interval.high - value.interval.low if value.interval else 0.0


def _sentence(value: MetricValue, adjective: str, level: float) -> str:
    """Such as ``recall 1.00 (10/10): with other images of this kind it could be 0.72 to 1.00 ...``."""
    right, n = value.ratio or (0, 0)
    # With all images right, or none, the observed share would promise too much: take the interval's centre.
    expected = right / n if 0 < right < n else _centre(right, n, level)
    wanted = [(h, images_needed(expected, h, level)) for h in WANTED_HALF_WIDTHS]
    more = " or ".join(f"{needed} for ±{h:g}" for h, needed in wanted if needed > n)
    return (
        f"{value.name} {fraction(right, n)}: with other {adjective} images of this kind it could be "
        f"{interval_text(value.interval)}; it takes {more} instead of {counted(n, f'{adjective} image')}"
    )


def _centre(right: int, n: int, level: float) -> float:
    interval = wilson(right, n, level)
    return math.nan if interval is None else (interval.low + interval.high) / 2


RULE = Rule("more-images", "Improving your model: more images", examine)
