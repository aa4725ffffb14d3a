"""The search behind ``rankings``: orders of images as sequences of steps, counted without listing them.

An order is read best score first: anomalous images, then steps, each a run of normal images and a group of equal scores
with at least one anomalous image, then normal images. With passed TP and FP, a group of a anomalous and b normal
images costs 2 FP a + a b half pairs and adds a (TP+a)/(TP+a+FP+b) to average precision times n1.

What can follow depends on TP, FP and the loss to come alone. So its number and the range of its average precision are
found once for each such state; whole branches are then counted or dropped, and only those at the edge of the printed
interval are followed to their end, where the fraction is exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from .feasibility import Ends

MAX_NODES = 100_000  # about half a second
_MARGIN = 1e-9  # far above the rounding of the sums that prune, far below what a printed digit tells


class TooManyError(Exception):
    """The search has used up its bound."""


class Step(NamedTuple):
    """A run of normal images and the group of equal scores behind it (a anomalous, b normal)."""

    run: int
    a: int
    b: int


class State(NamedTuple):
    """Where an order stands: images passed, and the loss that the rest of it must still make."""

    tp: int
    fp: int
    loss: int

    def after(self, step: Step) -> State:
        """The state behind a step."""
        passed = self.fp + step.run
        return State(self.tp + step.a, passed + step.b, self.loss - 2 * passed * step.a - step.a * step.b)


class Path(NamedTuple):
    """An order up to a state: its anomalous images before any normal one, and its steps."""

    lead: int
    steps: tuple[Step, ...]
    state: State
    gain: float

    def longer(self, step: Step) -> Path:
        """The path with one more step."""
        after = self.state.after(step)
        gain = self.gain + step.a * after.tp / (after.tp + after.fp)
        return Path(self.lead, (*self.steps, step), after, gain)

    def thresholds(self) -> list[tuple[int, int]]:
        """(TP, FP) behind the leading anomalous images and behind each step."""
        passed = [(self.lead, 0)]
        for step in self.steps:
            passed.append((passed[-1][0] + step.a, passed[-1][1] + step.run + step.b))
        return passed

    def precision_sum(self) -> Fraction:
        """Average precision times the number of anomalous images."""
        gains = (
            Fraction(step.a * tp, tp + fp) for step, (tp, fp) in zip(self.steps, self.thresholds()[1:], strict=True)
        )
        return sum(gains, Fraction(self.lead))


class _Rest(NamedTuple):
    """What can follow a state.

    Attributes:
        total: How many orders.
        missing: How many of them pass through none of the points.
        low: The least that they add to average precision times the number of anomalous images.
        high: The most.
    """

    total: int
    missing: int
    low: float
    high: float


_NOTHING = _Rest(0, 0, math.inf, -math.inf)


class Search:
    """Depth-first search for orders. What was found for one loss serves the next, and all share one bound.

    Args:
        n_anomaly: Number of anomalous images, n1.
        n_normal: Number of normal images.
        average_precision: Its interval, where given.
        points: (TP, FP) of which a threshold has to give one; ``None`` demands nothing.
        ties: Allow equal scores.
    """

    def __init__(
        self,
        n_anomaly: int,
        n_normal: int,
        average_precision: Ends | None,
        points: frozenset[tuple[int, int]] | None,
        *,
        ties: bool,
    ) -> None:
        self.n1, self.n0 = n_anomaly, n_normal
        self.sum_ends = average_precision and (average_precision[0] * n_anomaly, average_precision[1] * n_anomaly)
        self.points = points
        self.ties = ties
        self.known: dict[State, _Rest] = {}
        self.n_visited = 0

    def count(self, loss: int) -> tuple[int, int, int]:
        """How many orders have the loss, how many of these the average precision, how many of these a point.

        Args:
            loss: 2 n1 n0 (1 - ROC AUC).

        Raises:
            TooManyError: The bound is reached.
        """
        n_loss = n_precise = n_fitting = 0
        for path in self._beginnings(loss):
            n_loss += self._rest(path.state).total
            total, missing = self._count_within(path)
            n_precise += total
            n_fitting += total - missing * self._start_misses(path.lead)
        return n_loss, n_precise, n_fitting

    def paths(self, loss: int) -> Iterator[Path]:
        """The orders that give all numbers; of those that differ only in how normal images are grouped, one."""
        for path in self._beginnings(loss):
            yield from self._paths(path, 1, self._start_misses(path.lead))

    def _beginnings(self, loss: int) -> Iterator[Path]:
        """All numbers of anomalous images before the first normal one."""
        for lead in range(max(0, self.n1 - loss), self.n1 + 1):
            yield Path(lead, (), State(lead, 0, loss), float(lead))

    def _start_misses(self, tp: int) -> int:
        """0 if the anomalous images before the first normal one pass through a point, or no points are given."""
        return 0 if self.points is None else int(not any((t, 0) in self.points for t in range(tp + 1)))

    def _end_misses(self, fp: int) -> int:
        """Likewise for the normal images behind the last anomalous one."""
        return 0 if self.points is None else int(not any(p == self.n1 and fp <= f for p, f in self.points))

    def _rest(self, state: State) -> _Rest:
        if state.tp == self.n1:
            return _NOTHING if state.loss else _Rest(1, self._end_misses(state.fp), 0.0, 0.0)
        found = self.known.get(state)
        if found is None:
            total, missing, low, high = _NOTHING
            for step in self._steps(state):
                self._visit()
                rest = self._rest(state.after(step))
                if rest.total:
                    weight, weight_missing = self._weights(state, step)
                    total += weight * rest.total
                    missing += weight_missing * rest.missing
                    gain = step.a * (state.tp + step.a) / (state.tp + step.a + state.fp + step.run + step.b)
                    low, high = min(low, gain + rest.low), max(high, gain + rest.high)
            found = self.known[state] = _Rest(total, missing, low, high)
        return found

    def _steps(self, state: State) -> Iterator[Step]:
        """All steps that do not lose too much: each anomalous image to come ranks below all normal ones passed."""
        tp, fp, loss = state
        to_come = self.n1 - tp
        for run in range(0 if fp else 1 - self.ties, self.n0 - fp + 1):
            passed = fp + run
            if 2 * passed * to_come > loss:
                break
            for a in range(1, to_come + 1 if self.ties else 2):
                for b in range(0 if passed else 1, self.n0 - passed + 1 if self.ties else 1):
                    if 2 * passed * a + a * b + 2 * (passed + b) * (to_come - a) > loss:
                        break
                    yield Step(run, a, b)

    def _weights(self, state: State, step: Step) -> tuple[int, int]:
        """In how many ways the run can be grouped, and in how many of them the step passes through no point."""
        weight = 2 ** (step.run - 1) if self.ties and step.run else 1
        if self.points is None:
            return weight, 0
        tp, fp, run = state.tp, state.fp, step.run
        if (tp + step.a, fp + run + step.b) in self.points or (run and (tp, fp + run) in self.points):
            return weight, 0
        within = sum((tp, between) in self.points for between in range(fp + 1, fp + run))
        if not self.ties:
            return weight, int(not within)
        return weight, weight >> within  # groups that do not end at any of these places

    def _count_within(self, path: Path) -> tuple[int, int]:
        """The orders that begin like this and have the average precision: how many, how many through no point."""
        self._visit()
        rest = self._rest(path.state)
        within = self._within(path, rest)
        if within is not None:
            return (rest.total, rest.missing) if within else (0, 0)
        total = missing = 0
        for step in self._steps(path.state):
            weight, weight_missing = self._weights(path.state, step)
            n, n_missing = self._count_within(path.longer(step))
            total, missing = total + weight * n, missing + weight_missing * n_missing
        return total, missing

    def _paths(self, path: Path, total: int, missing: int) -> Iterator[Path]:
        """The complete orders that begin like this; total and missing are the ways to group its normal images."""
        rest = self._rest(path.state)
        if self._within(path, rest) is False or total * rest.total <= missing * rest.missing:
            return
        if path.state.tp == self.n1:
            yield path
        for step in self._steps(path.state) if path.state.tp < self.n1 else ():
            weight, weight_missing = self._weights(path.state, step)
            yield from self._paths(path.longer(step), total * weight, missing * weight_missing)

    def _within(self, path: Path, rest: _Rest) -> bool | None:
        """Whether all (True) or none (False) of the orders that begin like this have the average precision."""
        if not rest.total or self.sum_ends is None:
            return rest.total > 0
        least, most = float(self.sum_ends[0]), float(self.sum_ends[1])
        low, high = path.gain + rest.low, path.gain + rest.high
        if high < least - _MARGIN or low > most + _MARGIN:
            return False
        if least + _MARGIN <= low and high <= most - _MARGIN:
            return True
        if path.state.tp == self.n1:
            return self.sum_ends[0] <= path.precision_sum() <= self.sum_ends[1]
        return None

    def _visit(self) -> None:
        self.n_visited += 1
        if self.n_visited > MAX_NODES:
            raise TooManyError
