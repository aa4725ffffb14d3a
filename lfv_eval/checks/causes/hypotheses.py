"""The causes that are tried where reported numbers disagree with the evidence, in this order.

Each is a small function of the manifest's rows that gives what the cause could have done; see ``Trials``. Causes that
the manifest itself shows come before whole-set mistakes, these before single images, two images last of all, because
the more a cause may change the more unrelated reports it would seem to explain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .case import Case, Trials
from .of_classes import columns_mixed_up, positive_class_swapped, threshold_moved
from .of_edits import one_flip, rows_missing, two_flips
from .of_rows import (
    exact_duplicates_counted,
    failed_counted,
    number_trusted,
    other_duplicates_counted,
    unlabelled_counted,
)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A cause that changes the evidence.

    Attributes:
        id: Its name in ``Check.cause``.
        title: The same in words.
        trials: What it could have done.
    """

    id: str
    title: str
    trials: Callable[[Case], Trials]


HYPOTHESES = (
    Hypothesis("positive-class-swapped", "swapped positive class", positive_class_swapped),
    Hypothesis("number-trusted", "integer read instead of the class-name", number_trusted),
    Hypothesis("columns-mixed-up", "truth and prediction mixed up", columns_mixed_up),
    Hypothesis("unlabelled-counted", "unlabelled rows counted", unlabelled_counted),
    Hypothesis("failed-predictions-counted", "failed predictions counted", failed_counted),
    Hypothesis("exact-duplicates-counted", "exact duplicates counted", exact_duplicates_counted),
    Hypothesis("other-duplicates-counted", "contradicting duplicates counted otherwise", other_duplicates_counted),
    Hypothesis("rows-missing", "rows missing or too many", rows_missing),
    Hypothesis("threshold-moved", "another threshold", threshold_moved),
    Hypothesis("one-flip", "one label or prediction flipped", one_flip),
    Hypothesis("two-flips", "two labels or predictions flipped", two_flips),
)
"""Causes that change the evidence, in the order in which they are tried."""

PERCENT = "percent-for-fraction"
"""A single number printed as percent among fractions, or the other way round: tried before all others."""

OTHER_MODEL = "other-model-version"
"""Tried after the causes that change the evidence."""

ROUNDING = "fewer-digits"
"""A single number printed with fewer digits than the rest of its document: tried last."""

TRIED = (
    "percent for fraction",
    *(hypothesis.title for hypothesis in HYPOTHESES),
    "another model version",
    "other rounding",
)
"""All of them in words, in order."""
