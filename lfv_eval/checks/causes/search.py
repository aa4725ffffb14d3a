"""The search itself: which corrections of the evidence make a group of reported numbers agree?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from ...metrics import classification, ranking
from ...metrics.labels.mask_counts import MaskCounts
from ...metrics.labels.segmentation import average_iou, precision_recall_f1
from ...registry import Evidence
from ...results import HOLDING
from ...verdicts import Check, MetricValue, Verdict
from ..printed import Printing
from .accidental import Rates, matrix_rate, ranking_rate
from .case import Case, Correction, Trials, as_row, told_lines
from .hypotheses import HYPOTHESES, Hypothesis
from .target import Agreement, Number, Target

LIMIT = 0.0005
"""Without odd lines to show, a cause counts as the explanation up to this rate of unrelated reports."""

MIN_FURTHER = 2
"""So many numbers besides precision, recall and F1 score have to agree after the correction, likewise."""

MAX_CORRECTIONS = 50
"""How many corrections of one confusion matrix are held against the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A correction after which all reported numbers of a group agree that follow from it.

    Attributes:
        hypothesis: The cause.
        correction: The correction.
        printed: The numbers that are printed forms of what follows from it.
        tied: Those that lie within what the orders of tied scores give.
        rates: How often unrelated reports would seem explained; ``None`` where odd lines are shown.
    """

    hypothesis: Hypothesis
    correction: Correction
    printed: tuple[Check, ...] = ()
    tied: tuple[Check, ...] = ()
    rates: Rates | None = None

    @property
    def agreeing(self) -> tuple[Check, ...]:
        """All numbers that follow from it; none of them disagrees."""
        return self.printed + self.tied

    @property
    def n_agreeing(self) -> tuple[int, int]:
        """How many there are, and how many of them do not owe it to the order of tied scores."""
        return len(self.agreeing), len(self.printed)

    @property
    def further(self) -> tuple[Check, ...]:
        """Those that are no precision, recall or F1 score of the image level."""
        return tuple(check for check in self.printed if not _is_share(check))

    @property
    def moved(self) -> tuple[Check, ...]:
        """Those of the further ones that were no printed form of the value before."""
        return tuple(check for check in self.further if check.verdict != Verdict.MATCH)

    @property
    def is_certain(self) -> bool:
        """Whether this is more than a guess."""
        if self.rates is None:
            return True
        return bool(self.moved) and len(self.further) >= MIN_FURTHER and self.rates.joint <= LIMIT


class Search:
    """Tries all causes on groups of numbers.

    Args:
        evidence: What the numbers were held against.
        printings: How each document prints, by its URI.
    """

    def __init__(self, evidence: Evidence, printings: dict[str, Printing]) -> None:
        self._evidence = evidence
        self._printings = printings
        self._trials: dict[str, Trials] = {}
        self._rankings: dict[tuple[int, tuple[int, ...], Target], float] = {}

    @cached_property
    def case(self) -> Case:
        """The manifest's rows."""
        return Case.of(self._evidence)

    def fits(self, checks: Sequence[Check], labels: Sequence[Check], *, concrete: bool = False) -> list[Fit]:
        """The best corrections for a group of numbers.

        Two flips are tried only where nothing else fits, and agreement within the order of tied scores counts only
        where nothing fits better.

        Args:
            checks: Image-level numbers and numbers of test images, at least one of which disagrees.
            labels: Numbers of anomaly labels, which are counted where they follow.
            concrete: Only causes that the manifest itself shows.
        """
        tied = any(check.value and check.value.tie_interval for check in checks)
        for ties in (False, True) if tied else (False,):
            numbers = [Number.of(c, self._printings[c.document or ""], ties=ties) for c in (*checks, *labels)]
            target = Target(tuple(numbers[: len(checks)]))
            tried = HYPOTHESES[:-1] if ties else HYPOTHESES  # two flips besides would reach nearly any number
            if found := self._fits(target, numbers[len(checks) :], tried, concrete=concrete):
                shown = [fit for fit in found if fit.rates is None]
                best = shown or [fit for fit in found if fit.is_certain] or found
                most = max(fit.n_agreeing for fit in best)
                return [fit for fit in best if fit.n_agreeing == most]
        return []

    def _fits(
        self, target: Target, labels: Sequence[Number], tried: Sequence[Hypothesis], *, concrete: bool
    ) -> list[Fit]:
        found: list[Fit] = []
        for position, hypothesis in enumerate(tried):
            if found and hypothesis.id == "two-flips":
                break
            for correction in self._reaching(hypothesis, target):
                if correction.concrete or not concrete:
                    fit = self._follow(Fit(hypothesis=hypothesis, correction=correction), target, labels)
                    if fit and not correction.concrete:
                        fit = replace(fit, rates=self._rates(fit, position, target))
                    found += [fit] if fit else []
        return found

    def _trials_of(self, hypothesis: Hypothesis) -> Trials:
        if hypothesis.id not in self._trials:
            self._trials[hypothesis.id] = hypothesis.trials(self.case)
        return self._trials[hypothesis.id]

    def _reaching(self, hypothesis: Hypothesis, target: Target) -> Iterator[Correction]:
        trials = self._trials_of(hypothesis)
        for index in np.flatnonzero(target.cells_fit(trials.cells)).tolist():
            yield from islice(trials.expand(index, target), MAX_CORRECTIONS)

    def _follow(self, fit: Fit, target: Target, labels: Sequence[Number]) -> Fit | None:
        """What follows from a correction, if all numbers agree with it and one of them did not before."""
        correction = fit.correction
        values = classification.compute(correction.cells, self._evidence.settings)
        if correction.scores is not None:
            values += ranking.compute(correction.scores, self._evidence.settings)
        by_name = {value.name: value for value in values}
        printed, tied = [], []
        for number in target.numbers:
            is_count = number.check.kind == "count"  # of which the matrices tried are right
            agreement: Agreement = "printed" if is_count else number.agreement(by_name.get(number.check.name))
            if agreement == "differs":
                return None
            printed += [number.check] if agreement == "printed" else []
            tied += [number.check] if agreement == "ties" else []
        for number, value in self._label_values(correction, labels):
            agrees = number.agreement(value) == "printed"
            if not agrees and number.check.verdict in HOLDING:
                return None
            printed += [number.check] if agrees else []
        if all(check.verdict in HOLDING for check in (*printed, *tied)):
            return None
        return replace(fit, printed=tuple(printed), tied=tuple(tied))

    def _label_values(self, correction: Correction, labels: Sequence[Number]) -> Iterator[tuple[Number, MetricValue]]:
        """The numbers of anomaly labels if rows counted more or less often; masks of other rows were never read."""
        state = self._evidence.states.get("segmentation")
        counts: MaskCounts | None = getattr(state, "counts", None)
        if correction.rows is None or not labels or not counts or not counts.images:
            return
        repeated = _repeated(self.case, correction, counts)
        for number in labels if repeated else ():
            check = number.check
            definition, _, policy = (check.value.definition if check.value else "").partition("|alpha:")
            policy = policy or self._evidence.settings.alpha_policy
            if repeated is None or not definition or policy not in repeated.policies:
                continue
            if check.name == "average_iou":
                yield number, average_iou(repeated, str(check.label), definition, policy=policy)
            else:
                values = precision_recall_f1(repeated, str(check.label), definition, policy=policy)
                yield from ((number, value) for value in values if value.name == check.name)

    def _rates(self, fit: Fit, position: int, target: Target) -> Rates:
        """How often the causes tried so far would seem to explain unrelated reports."""
        tried = [self._trials_of(hypothesis) for hypothesis in HYPOTHESES[: position + 1]]
        matrix = matrix_rate(target, self.case.cells, [trials.cells for trials in tried])
        if not any(check.name in ("roc_auc", "average_precision") for check in fit.moved):
            return Rates(matrix=matrix, ranking=1.0)
        cells = np.array(as_row(fit.correction.cells), np.int64)
        key = (position, tuple(cells.tolist()), target)
        if key in self._rankings:
            return Rates(matrix=matrix, ranking=self._rankings[key])
        reached = [
            trials.rank(place)
            for trials in tried
            for place in np.flatnonzero(np.all(trials.cells == cells, axis=1)).tolist()
        ]
        self._rankings[key] = ranking_rate(target, cells, reached)
        return Rates(matrix=matrix, ranking=self._rankings[key])


def _is_share(check: Check) -> bool:
    return check.kind == "recomputed" and check.label is None and check.name in ("precision", "recall", "f1_score")


def _repeated(case: Case, correction: Correction, counts: MaskCounts) -> MaskCounts | None:
    """The label pixels with each image as often as its rows count; ``None`` where the masks of a row were not read."""
    if correction.rows is None:
        return None
    images, read = case.images, set(counts.images)
    times: dict[str, int] = {}
    counted = {images.uri[index]: index for index in case.counted.tolist()}
    for index in np.flatnonzero(correction.rows).tolist():
        uri = images.uri[index]
        kept = counted.get(uri)
        if uri not in read or kept is None or not _same_masks(case, index, kept):
            return None
        times[uri] = times.get(uri, 0) + int(correction.rows[index])
    repeats = (image for image in counts for _ in range(times.get(image.uri, 0)))
    return MaskCounts.of(repeats, counts.policies)


def _same_masks(case: Case, index: int, other: int) -> bool:
    images = case.images
    return (images.truth_mask[index], images.predicted_mask[index]) == (
        images.truth_mask[other],
        images.predicted_mask[other],
    )


def told_corrections(fits: Sequence[Fit]) -> list[str]:
    """What the corrections say, each once: one alone with its details, those that differ in the line only as one."""
    if len(fits) == 1:
        return [fits[0].correction.told + fits[0].correction.detail]
    by_edit: dict[str, set[int]] = {}
    for fit in fits:
        lines, told = fit.correction.lines, fit.correction.told
        alone = len(lines) == 1 and told.startswith(f"{told_lines(lines)} ")
        by_edit.setdefault(told.removeprefix(told_lines(lines)) if alone else told, set()).update(
            lines if alone else ()
        )
    return [
        f"{'one of ' if len(lines) > 1 else ''}{told_lines(sorted(lines))}{told}" if lines else told
        for told, lines in by_edit.items()
    ]
