"""Every reported number of the anomaly labels beside its value under every definition and every alpha policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...metrics.labels.definitions import GATES, Quantity
from ...metrics.labels.iou_definitions import AVERAGE_IOU
from ...metrics.labels.mask_counts import LabelTable, MaskCounts
from ...metrics.labels.precision_recall_definitions import PRECISION_RECALL
from ...records import ReportedMetric
from ..printed import Printing, matching_tier, printed_interval
from .identified import FamilyName

METRICS: dict[FamilyName, tuple[str, ...]] = {
    "average_iou": ("average_iou",),
    "precision_recall": ("precision", "recall", "f1_score"),
}
"""The metrics that one definition gives together, by family."""

SAME = 1e-12
"""Values nearer than this are one value: the same number summed up in two ways differs by far less."""

_SINGLE_DIGITS = 7
_HALF_ULP32 = 2.0**-24


class Candidate(NamedTuple):
    """One definition, gate included, under one alpha policy."""

    policy: str
    definition: str


def _average_iou(table: LabelTable) -> dict[str, tuple[Quantity, ...]]:
    return {name: (definition.compute(table),) for name, definition in AVERAGE_IOU.items()}


def _precision_recall(table: LabelTable) -> dict[str, tuple[Quantity, ...]]:
    return {name: definition.compute(table) for name, definition in PRECISION_RECALL.items()}


_COMPUTE: dict[FamilyName, Callable[[LabelTable], dict[str, tuple[Quantity, ...]]]] = {
    "average_iou": _average_iou,
    "precision_recall": _precision_recall,
}


def all_quantities(family: FamilyName, table: LabelTable) -> dict[str, tuple[Quantity, ...]]:
    """What every definition of a family gives for one label, by id with gate, ungated ones first."""
    found: dict[str, tuple[Quantity, ...]] = {}
    for gate, apply in GATES.items():
        if gate == "ungated" or not table.detected.all():  # where all were detected, the gates change nothing
            ungated = _COMPUTE[family](apply(table))
        found |= {name if gate == "ungated" else f"{name}+{gate}": ungated[name] for name in ungated}
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """One family: candidates down, reported numbers across.

    Attributes:
        family: The family.
        numbers: The reported numbers.
        candidates: Every definition under every alpha policy.
        fits: bool, candidates by numbers: the number is a printed form of the candidate's value.
        values: float64, likewise, NaN where undefined.
        same: int64, likewise: candidates with one value of a number share an index, -1 stands for undefined.
        rows: One index a candidate; those with equal values of every number share it.
        chances: float64 a number: how likely an unrelated number between the lowest and the highest value of all
            candidates prints like one given value.
    """

    family: FamilyName
    numbers: tuple[ReportedMetric, ...]
    candidates: tuple[Candidate, ...]
    fits: NDArray[np.bool_]
    values: NDArray[np.float64]
    same: NDArray[np.int64]
    rows: tuple[int, ...]
    chances: NDArray[np.float64]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels with a number, in the order of the report."""
        return tuple(dict.fromkeys(str(number.label) for number in self.numbers))

    def chance(self, numbers: NDArray[np.bool_]) -> float:
        """How likely one candidate agrees with some of the numbers by accident.

        An F1 score beside precision and recall of its label counts as following from them.
        """
        names = {(number.label, number.name) for number, used in zip(self.numbers, numbers, strict=True) if used}
        chance = 1.0
        for number, used, own in zip(self.numbers, numbers, self.chances, strict=True):
            follows = number.name == "f1_score" and {(number.label, "precision"), (number.label, "recall")} <= names
            if used and not follows:
                chance *= float(own)
        return chance


def make_grid(
    family: FamilyName, reported: Sequence[ReportedMetric], counts: MaskCounts, printing: Printing
) -> Grid | None:
    """Compute one family; ``None`` where no number of it is reported."""
    numbers = tuple(number for number in reported if number.label is not None and number.name in METRICS[family])
    if not numbers:
        return None
    by_candidate: dict[Candidate, list[Quantity]] = {}
    computed: dict[tuple[bytes, ...], dict[str, tuple[Quantity, ...]]] = {}
    for policy in counts.policies:
        tables = {str(label): counts.of_label(str(label), policy) for label in {number.label for number in numbers}}
        quantities = {label: _once(family, table, computed) for label, table in tables.items()}
        for definition in next(iter(quantities.values())):
            by_candidate[Candidate(policy, definition)] = [
                quantities[str(number.label)][definition][METRICS[family].index(number.name)] for number in numbers
            ]
    columns = list(zip(*by_candidate.values(), strict=True))
    values = np.array([[np.nan if q.value is None else q.value for q in column] for column in columns], np.float64)
    same = np.array([same_values(column) for column in values], np.int64).T
    return Grid(
        family=family,
        numbers=numbers,
        candidates=tuple(by_candidate),
        fits=np.array([_fitting(n, c, printing) for n, c in zip(numbers, columns, strict=True)], np.bool_).T,
        values=values.T,
        same=same,
        rows=tuple(np.unique(same, axis=0, return_inverse=True)[1].reshape(-1).tolist()),
        chances=np.array([_chance(n, c, printing) for n, c in zip(numbers, columns, strict=True)], np.float64),
    )


def _once(
    family: FamilyName, table: LabelTable, computed: dict[tuple[bytes, ...], dict[str, tuple[Quantity, ...]]]
) -> dict[str, tuple[Quantity, ...]]:
    """As ``all_quantities``, but equal tables (masks without transparency, under any alpha policy) only once."""
    key = tuple(column.tobytes() for column in (table.truth_px, table.predicted_px, table.intersection_px))
    if key not in computed:
        computed[key] = all_quantities(family, table)
    return computed[key]


def same_values(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number values so that equal ones, summation order aside, have one number; NaN has -1.

    >>> same_values(np.array([0.5, np.nan, 0.25, 0.5 + 1e-15, 0.5 + 1e-9])).tolist()
    [1, -1, 0, 1, 2]
    """
    distinct = np.unique(values[~np.isnan(values)])
    steps = np.cumsum(np.diff(distinct, prepend=distinct[:1]) > SAME)
    numbered = np.full(values.shape, -1, np.int64)
    for value, index in zip(distinct.tolist(), steps.tolist(), strict=True):
        numbered[values == value] = index
    return numbered


def _fitting(number: ReportedMetric, column: Sequence[Quantity], printing: Printing) -> list[bool]:
    known: dict[tuple[object, ...], bool] = {}
    found = []
    for quantity in column:
        key = (quantity.value, quantity.ratio, quantity.n_terms)
        if key not in known:
            known[key] = _can_fit(number, quantity, printing) and tier_of(number, quantity, printing) is not None
        found.append(known[key])
    return found


def _can_fit(number: ReportedMetric, quantity: Quantity, printing: Printing) -> bool:
    """A quick look that refuses only what no tier could accept."""
    if quantity.value is None or number.value is None:
        return quantity.value is None and not number.value
    unit = 10.0**-printing.decimals if printing.decimals or printing.percent else 0.0
    slack = 1.001 * unit + 2 * _HALF_ULP32 * (quantity.n_terms + 8)
    scales = (1, 100) if printing.percent else (1,)
    return any(abs(number.value - scale * quantity.value) <= slack * scale for scale in scales)


def tier_of(number: ReportedMetric, quantity: Quantity, printing: Printing) -> str | None:
    """How the number agrees with the value, or ``None``; an undefined value is printed as 0, null or NaN."""
    if quantity.value is None:
        return None if number.value else "undefined"
    if number.value is None:
        return None
    exact = Fraction(*quantity.ratio) if quantity.ratio else quantity.value
    return matching_tier(number.printed, exact, printing, n_terms=quantity.n_terms)


def _chance(number: ReportedMetric, column: Sequence[Quantity], printing: Printing) -> float:
    defined = [quantity.value for quantity in column if quantity.value is not None]
    spread = max(defined, default=0) - min(defined, default=0)
    ends = [printed_interval(number.printed, printing, truncated=cut) for cut in (False, True)]
    known = [interval for interval in ends if interval]
    width = float(max(high for _, high in known) - min(low for low, _ in known)) if known else 0.0
    n_terms = max(quantity.n_terms for quantity in column)
    if n_terms > 1 and printing.decimals >= _SINGLE_DIGITS:
        width += 4 * _HALF_ULP32 * max(defined, default=0)  # sums in single precision are accepted as well
    return min(1.0, width / (spread if spread > SAME else 1.0))


def distinct_rows(grids: Iterable[Grid]) -> int:
    """How many different outcomes the definitions of all families have together under common alpha policies."""
    by_policy: dict[str, set[tuple[int, ...]]] = {}
    for grid in grids:
        own: dict[str, set[int]] = {}
        for candidate, row in zip(grid.candidates, grid.rows, strict=True):
            own.setdefault(candidate.policy, set()).add(row)
        by_policy = {
            policy: {(*left, row) for left in by_policy.get(policy, {()}) for row in rows}
            for policy, rows in own.items()
        }
    return len(set().union(*by_policy.values()))
