"""Definitions and alpha policies that all reproduce a report, and what would tell them apart."""

from __future__ import annotations

import numpy as np

from ...metrics.labels.mask_counts import LabelTable, MaskCounts
from .choice import Grids, complete
from .identified import FamilyName, Group
from .missing_evidence import missing_evidence, name_some
from .values import Candidate, Grid


def groups_of(
    grids: Grids, picked: dict[FamilyName, Candidate], policies: tuple[str, ...], counts: MaskCounts
) -> tuple[Group, ...]:
    """All groups of two or more.

    Args:
        grids: The families.
        picked: The chosen candidate of each, all of one alpha policy.
        policies: The alpha policies under which every family is reproduced.
        counts: What the grids were computed from.
    """
    groups = [group for name, grid in grids.items() for group in _of_family(grid, picked[name], counts)]
    alpha = _of_policies(grids, picked, policies, counts)
    return (*groups, alpha) if alpha else tuple(groups)


def _of_family(grid: Grid, picked: Candidate, counts: MaskCounts) -> list[Group]:
    """Definitions under the chosen alpha policy, by equal values; then those that only print alike."""
    row_of = dict(zip(grid.candidates, grid.rows, strict=True))
    whole = [candidate for candidate in complete(grid) if candidate.policy == picked.policy]
    by_row: dict[int, list[str]] = {}
    for candidate in sorted(whole, key=lambda candidate: candidate != picked):
        by_row.setdefault(row_of[candidate], []).append(candidate.definition)
    tables = [counts.of_label(label, picked.policy) for label in grid.labels]
    groups = [
        Group(
            kind=grid.family,
            members=tuple(members),
            one_value=True,
            evidence=missing_evidence(grid.family, tables, members),
        )
        for members in by_row.values()
        if len(members) > 1
    ]
    if len(by_row) > 1:
        firsts = [members[0] for members in by_row.values()]
        rows = [grid.candidates.index(Candidate(picked.policy, first)) for first in firsts]
        largest = float(np.nan_to_num(np.ptp(grid.values[rows], axis=0)).max())
        told = f"{name_some(firsts)} differ by at most {largest:.2g}, which the printed digits do not show"
        groups.append(Group(kind=grid.family, members=tuple(firsts), one_value=False, evidence=(told,)))
    return groups


def _of_policies(
    grids: Grids, picked: dict[FamilyName, Candidate], policies: tuple[str, ...], counts: MaskCounts
) -> Group | None:
    """Alpha policies under which the chosen definitions reproduce everything too."""
    chosen = next(iter(picked.values())).policy
    rows = {chosen: _rows(grids, picked, chosen)}
    rows |= {p: own for p in policies if p != chosen and (own := _rows(grids, picked, p)) is not None}
    if len(rows) == 1:
        return None
    members = list(rows)
    labels = {label for grid in grids.values() for label in grid.labels}
    alike = all(_alike(counts.of_label(label, chosen), counts.of_label(label, p)) for label in labels for p in members)
    told = _told(members, counts, alike)
    return Group(kind="alpha", members=tuple(members), one_value=len(set(rows.values())) == 1, evidence=(told,))


def _rows(grids: Grids, picked: dict[FamilyName, Candidate], policy: str) -> tuple[int, ...] | None:
    """What the chosen definitions give under an alpha policy; ``None`` where that is not what is reported."""
    places = {name: grid.candidates.index(picked[name]._replace(policy=policy)) for name, grid in grids.items()}
    if not all(grid.fits[places[name]].all() for name, grid in grids.items()):
        return None
    return tuple(grid.rows[places[name]] for name, grid in grids.items())


def _told(members: list[str], counts: MaskCounts, alike: bool) -> str:
    if alike and len(members) == len(counts.policies):
        return "no mask has partial alpha, so all alpha policies agree"
    if alike:
        return f"no pixel has an alpha that {name_some(members)} read differently"
    return f"{name_some(members)} count different pixels, yet the numbers they give print alike here"


def _alike(one: LabelTable, other: LabelTable) -> bool:
    """Equal counts mean equal pixels: of two alpha policies, one keeps a part of what the other keeps."""
    return all(
        np.array_equal(getattr(one, column), getattr(other, column))
        for column in ("truth_px", "predicted_px", "intersection_px")
    )
