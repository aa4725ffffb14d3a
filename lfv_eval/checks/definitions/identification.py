"""Which definitions did a report use for the numbers of its anomaly labels?

The service documents no formula for them. With the pixel counts at hand, every definition under every reading of
transparency is tried on every reported number: one that reproduces all of them, label by label, is what the report can
have used; where several do, what would tell them apart is named. How likely agreement by accident is, is part of the
answer: with two printed decimals some definition nearly always agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...metrics.labels.mask_counts import MaskCounts
from ...metrics.labels.segmentation import DEFAULT_AVERAGE_IOU, DEFAULT_PRECISION_RECALL
from ...records import ReportedMetric
from ..printed import printing_of
from .choice import Grids, Picked, accidental_rate, best_among, complete, pick_apart, pick_jointly
from .identified import FAMILIES, Choice, FamilyIdentification, FamilyName, Fit, Identification, LabelFit
from .missing_evidence import name_some
from .undistinguished import groups_of
from .values import Candidate, Grid, distinct_rows, make_grid

TITLES: dict[str, str] = {"average_iou": "average IoU", "precision_recall": "precision, recall and F1 score"}


def identify(
    reported: Sequence[ReportedMetric],
    counts: MaskCounts,
    *,
    default_policy: str = "ignore",
    default_average_iou: str = DEFAULT_AVERAGE_IOU,
    default_precision_recall: str = DEFAULT_PRECISION_RECALL,
) -> Identification:
    """Find the definitions and the alpha policy that reproduce the label numbers of one document.

    Args:
        reported: The document's numbers. Those of the image level only tell how the document prints.
        counts: Pixels of the test images, by alpha policy.
        default_policy: The alpha policy assumed without evidence.
        default_average_iou: The average-IoU definition assumed without evidence, gate included.
        default_precision_recall: The same of precision, recall and F1 score.

    Returns:
        The identification; without label numbers or images one that says so.
    """
    defaults = Choice(policy=default_policy, average_iou=default_average_iou, precision_recall=default_precision_recall)
    printing = printing_of([number.printed for number in reported])
    grids: dict[FamilyName, Grid] = {}
    for name in FAMILIES if counts.images else ():
        grid = make_grid(name, reported, counts, printing)
        grids |= {name: grid} if grid else {}
    if not grids:
        note = "no label number is reported" if counts.images else "no image with masks was counted"
        return Identification(defaults=defaults, notes=(note,), signature_parts=_signature({}, defaults))
    joint = pick_jointly(grids, defaults)
    return _describe(grids, joint, joint or pick_apart(grids, defaults), defaults, counts)


def _describe(
    grids: Grids, joint: dict[FamilyName, Candidate], picked: Picked, defaults: Choice, counts: MaskCounts
) -> Identification:
    policies = tuple(
        policy for policy in counts.policies if all(policy in {c.policy for c in complete(g)} for g in grids.values())
    )
    families = tuple(_family(grid, picked[name], policies, defaults) for name, grid in grids.items())
    chance = 1.0
    for grid in grids.values():
        chance *= grid.chance(np.ones(len(grid.numbers), np.bool_))
    return Identification(
        defaults=defaults,
        chosen=_choice(joint),
        families=families,
        groups=groups_of(grids, joint, policies, counts) if joint else (),
        accidental_rate=min(1.0, distinct_rows(grids.values()) * chance),
        notes=(*(family.explanation for family in families), *_joint_notes(families, policies)),
        signature_parts=_signature(picked, defaults),
    )


def _choice(joint: dict[FamilyName, Candidate]) -> Choice | None:
    if not joint:
        return None
    first, second = joint.get("average_iou"), joint.get("precision_recall")
    return Choice(
        policy=next(iter(joint.values())).policy,
        average_iou=first.definition if first else None,
        precision_recall=second.definition if second else None,
    )


def _signature(picked: Picked, defaults: Choice) -> tuple[str, ...]:
    """One alpha policy goes with all numbers, so where the families disagree on it, only the defaults can be named."""
    found = {name: candidate for name, candidate in picked.items() if candidate}
    policies = {candidate.policy for candidate in found.values()}
    if len(policies) != 1:
        found, policies = {}, {defaults.policy}
    first, second = found.get("average_iou"), found.get("precision_recall")
    return (
        f"aiou:{first.definition if first else defaults.average_iou}",
        f"prf:{second.definition if second else defaults.precision_recall}",
        f"alpha:{policies.pop()}",
    )


def _family(grid: Grid, picked: Candidate | None, policies: tuple[str, ...], defaults: Choice) -> FamilyIdentification:
    row_of = dict(zip(grid.candidates, grid.rows, strict=True))
    fitting = np.zeros(len(grid.numbers), np.bool_)
    if picked:
        fitting = grid.fits[grid.candidates.index(picked)]
    whole = [c for c in complete(grid) if c.policy in policies or not policies]
    by_definition: dict[str, list[str]] = {}
    for candidate in whole:
        by_definition.setdefault(candidate.definition, []).append(candidate.policy)
    policy = picked.policy if picked else defaults.policy
    own_rows = [row for candidate, row in row_of.items() if candidate.policy == policy]
    rate = accidental_rate(grid, fitting if picked else np.ones_like(fitting))
    by_label = () if whole else _by_label(grid, defaults)
    return FamilyIdentification(
        family=grid.family,
        n_reported=len(grid.numbers),
        policy=picked.policy if picked else None,
        definition=picked.definition if picked else None,
        complete=bool(fitting.all()),
        fits=tuple(Fit(definition=name, policies=tuple(found)) for name, found in by_definition.items()),
        one_value=len({row_of[candidate] for candidate in whole}) == 1,
        by_label=by_label,
        missed=_names(grid, np.logical_not(fitting)),
        unreproduced=_names(grid, np.logical_not(grid.fits.any(axis=0))),
        n_definitions=len({candidate.definition for candidate in grid.candidates}),
        n_distinct=len(set(own_rows or grid.rows)),
        accidental_rate=rate,
        explanation=_explain(grid, picked, len(by_definition), rate, by_label),
    )


def _names(grid: Grid, numbers: NDArray[np.bool_]) -> tuple[tuple[str, str], ...]:
    return tuple((str(grid.numbers[i].label), grid.numbers[i].name) for i in np.flatnonzero(numbers).tolist())


def _by_label(grid: Grid, defaults: Choice) -> tuple[LabelFit, ...]:
    found = []
    for label in grid.labels:
        own = np.array([number.label == label for number in grid.numbers], np.bool_)
        among: NDArray[np.bool_] = np.all(grid.fits[:, own], axis=1)
        if among.any():
            best = best_among(grid, among, defaults)
            found.append(LabelFit(label=label, policy=best.policy, definition=best.definition))
    return tuple(found)


def _explain(grid: Grid, picked: Candidate | None, n_complete: int, rate: float, by_label: tuple[LabelFit, ...]) -> str:
    title, n_numbers = TITLES[grid.family], len(grid.numbers)
    numbers = "the reported number" if n_numbers == 1 else f"all {n_numbers} reported numbers"
    if n_complete and picked:
        several = f" ({n_complete} definitions do)" if n_complete > 1 else ""
        told = f"{picked.definition} with alpha policy {picked.policy} reproduces"
        return f"{title}: {told} {numbers}{several}; {told_rate(rate)}"
    told = f"{title}: no definition reproduces {numbers}"
    if picked:
        n_fitting = int(grid.fits[grid.candidates.index(picked)].sum())
        told += f"; {picked.definition} with alpha policy {picked.policy} reproduces {n_fitting}; {told_rate(rate)}"
    alone = [f"{fit.label} ({fit.definition}, {fit.policy})" for fit in by_label]
    return f"{told}; taken alone: {name_some(alone)}" if alone and len(grid.labels) > 1 else told


def told_rate(rate: float) -> str:
    """The chance of agreement by accident, in words.

    >>> told_rate(0.0123)
    'unrelated numbers would agree with some definition with probability about 0.01'
    """
    if rate >= 0.5:
        return "with so few digits unrelated numbers would likely agree with some definition"
    probability = "below 1e-9" if rate < 1e-9 else f"about {rate:.1g}"
    return f"unrelated numbers would agree with some definition with probability {probability}"


def _joint_notes(families: Sequence[FamilyIdentification], policies: tuple[str, ...]) -> list[str]:
    whole = [family for family in families if family.complete]
    if len(families) == 1 or not whole:
        return []
    if len(whole) == 1:
        other = next(family for family in families if not family.complete)
        return [f"{TITLES[whole[0].family]} reproduced, {TITLES[other.family]} not"]
    if policies:
        return []
    needs = [
        f"{TITLES[f.family]} needs {name_some(sorted({p for fit in f.fits for p in fit.policies}))}" for f in whole
    ]
    return [f"no alpha policy reproduces everything: {needs[0]}; {needs[1]}"]
