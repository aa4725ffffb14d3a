"""Which of the definitions that reproduce a report is meant: the default if it is one of them, else the simplest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import comb

import numpy as np
from numpy.typing import NDArray

from .identified import PARTIAL_RATE, Choice, FamilyName
from .values import Candidate, Grid

Grids = Mapping[FamilyName, Grid]
Picked = Mapping[FamilyName, Candidate | None]


def default_of(family: str, defaults: Choice) -> Candidate:
    """The candidate assumed without evidence."""
    name = defaults.average_iou if family == "average_iou" else defaults.precision_recall
    return Candidate(defaults.policy, str(name))


def pick_jointly(grids: Grids, defaults: Choice) -> dict[FamilyName, Candidate]:
    """The best candidates that reproduce all numbers of all families under one alpha policy; empty without any.

    As few parts as possible differ from the defaults; then the gates are the same, then the alpha policy is the
    default, then the definitions stand early in their registries.
    """
    combined: list[tuple[Candidate, ...]] = [()]
    for grid in grids.values():
        whole = complete(grid)
        combined = [(*left, c) for left in combined for c in whole if not left or left[0].policy == c.policy]
    if not combined:
        return {}
    own = [default_of(name, defaults).definition for name in grids]
    order = [{candidate: index for index, candidate in enumerate(grid.candidates)} for grid in grids.values()]

    def rank(candidates: tuple[Candidate, ...]) -> tuple[int, ...]:
        definitions = [candidate.definition for candidate in candidates]
        other_policy = candidates[0].policy != defaults.policy
        n_other = sum(mine != default for mine, default in zip(definitions, own, strict=True))
        n_gates = len({definition.partition("+")[2] for definition in definitions})
        places = [places[candidate] for places, candidate in zip(order, candidates, strict=True)]
        return (other_policy + n_other, n_gates, other_policy, *places)

    best = min((rank(candidates), candidates) for candidates in combined)[1]
    return dict(zip(grids, best, strict=True))


def pick_apart(grids: Grids, defaults: Choice) -> dict[FamilyName, Candidate | None]:
    """The best candidate of each family by itself, of equally good ones those with a common alpha policy."""
    picked = {name: _pick_alone(grid, defaults) for name, grid in grids.items()}
    for name, other in (tuple(grids), tuple(grids)[::-1]) if len(grids) == 2 else ():
        mine, theirs = picked[name], picked[other]
        if mine and theirs and mine.policy != theirs.policy:
            moved = _pick_alone(grids[name], replace(defaults, policy=theirs.policy))
            if moved and moved.policy == theirs.policy:
                picked[name] = moved
    return picked


def complete(grid: Grid) -> list[Candidate]:
    """The candidates that reproduce every number."""
    return [grid.candidates[index] for index in np.flatnonzero(grid.fits.all(axis=1)).tolist()]


def best_among(grid: Grid, among: NDArray[np.bool_], defaults: Choice) -> Candidate:
    """The candidate that differs least from the default, of equals the earliest.

    Args:
        grid: The family.
        among: bool, one entry a candidate; at least one is true.
        defaults: What is assumed without evidence.
    """
    default = default_of(grid.family, defaults)

    def rank(index: int) -> tuple[int, bool, int]:
        candidate = grid.candidates[index]
        policy, definition = candidate.policy != default.policy, candidate.definition != default.definition
        return policy + definition, policy, index

    return grid.candidates[min(np.flatnonzero(among).tolist(), key=rank)]


def accidental_rate(grid: Grid, numbers: NDArray[np.bool_]) -> float:
    """Chance that some candidate reproduces as many unrelated numbers as these, whichever they are, in 0..1."""
    ways = comb(len(numbers), int(numbers.sum()))
    return min(1.0, len(set(grid.rows)) * ways * grid.chance(numbers))


def _pick_alone(grid: Grid, defaults: Choice) -> Candidate | None:
    reproduced = grid.fits.sum(axis=1)
    most = int(reproduced.max())
    candidate = best_among(grid, reproduced == most, defaults)
    if most == len(grid.numbers) or (most and candidate == default_of(grid.family, defaults)):
        return candidate
    numbers = grid.fits[grid.candidates.index(candidate)]
    return candidate if most and accidental_rate(grid, numbers) <= PARTIAL_RATE else None
