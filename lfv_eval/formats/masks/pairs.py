"""A truth mask and a predicted mask, as PNG files, to exact pixel counts by label and alpha policy.

Labels are joined by name, each mask through the colour map of its own manifest row. Pixels never outlive the count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import MaskError
from ...records import Problem, Severity, Where
from .alpha_policies import ALTERNATIVES, alpha_minimum, policy_levels
from .colors import FIRST_LABEL
from .counting import joint_counts, single_counts
from .reading import Mask, MaskFacts, examine, problems_of, read_mask

UNKNOWN_TOLERANCE = 0.01
"""Share of pixels whose colour may be unknown before a mask is refused."""

_NOWHERE = Where(uri="")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCounts:
    """Pixels of one label in one pair of masks under one alpha policy.

    Attributes:
        label: The label's name, spelled as in the truth map if that has it.
        policy: The alpha policy.
        intersection_px: Pixels of the label in both masks.
        truth_px: Pixels of the label in the truth mask.
        predicted_px: Pixels of the label in the predicted mask.
    """

    label: str
    policy: str
    intersection_px: int
    truth_px: int
    predicted_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCounts:
    """Everything counted in one pair of masks.

    Attributes:
        width: Pixels a row of the image; ``None`` where there is no mask at all.
        height: Rows of the image; likewise.
        counts: One entry for every label of either map and every policy, zeros included.
        policies: The policies counted: those asked for, then the alternatives.
        truth: What was found in the truth mask; ``None`` without one.
        predicted: What was found in the predicted mask; ``None`` without one.
        problems: What was tolerated.
    """

    width: int | None
    height: int | None
    counts: tuple[LabelCounts, ...]
    policies: tuple[str, ...]
    truth: MaskFacts | None
    predicted: MaskFacts | None
    problems: tuple[Problem, ...]


def pair(
    truth_png: bytes | None,
    predicted_png: bytes | None,
    truth_map: Mapping[str, str],
    predicted_map: Mapping[str, str],
    policies: Sequence[str] = ("ignore",),
    *,
    truth_where: Where = _NOWHERE,
    predicted_where: Where = _NOWHERE,
    unknown_tolerance: float = UNKNOWN_TOLERANCE,
) -> PairCounts:
    """Count the pixels of every label in a truth mask, a predicted mask and both.

    A missing mask counts as all background; so does a mask of another size in which everything is background. No mask
    is ever resized.

    Args:
        truth_png: The truth mask file; ``None`` if the image has none.
        predicted_png: The predicted mask file; ``None`` if the image has none.
        truth_map: Label name by ``"#rrggbb"`` of the truth mask's manifest row; background may be named or not.
        predicted_map: The same of the predicted mask.
        policies: Alpha policies (see ``alpha_minimum``); the first is the one in force. The usual alternatives are
            always counted as well.
        truth_where: Where the truth mask is, for problems and errors.
        predicted_where: Where the predicted mask is.
        unknown_tolerance: Largest share of pixels, 0..1, that may have a colour the map does not name.

    Raises:
        MaskError: A mask is not a usable PNG, does not fit its colour map, or the two differ in size.
        UsageError: A policy does not exist.
    """
    levels = policy_levels(policies)
    policies = tuple(dict.fromkeys((*policies, *ALTERNATIVES)))
    truth = None if truth_png is None else read_mask(truth_png, truth_map, levels, truth_where)
    predicted = None if predicted_png is None else read_mask(predicted_png, predicted_map, levels, predicted_where)
    sides, joint = _count_sides(truth, predicted, policies)
    problems = []
    for side in sides:
        if side:
            problems += problems_of(side.mask, side.facts, policies[0], unknown_tolerance)
    if sides[0] and sides[1] and joint is None:
        problems.append(_accept_sizes(sides[0], sides[1]))
    width, height = _image_size(sides)
    return PairCounts(
        width=width,
        height=height,
        counts=tuple(_label_counts(sides, joint, policies)),
        policies=policies,
        truth=sides[0].facts if sides[0] else None,
        predicted=sides[1].facts if sides[1] else None,
        problems=tuple(problems),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """One mask of the pair with its own counts, int64 by category and alpha class, and what they say."""

    mask: Mask
    counts: NDArray[np.int64]
    visible: NDArray[np.int64]  # pixels of at least each alpha class
    facts: MaskFacts

    def categories(self, keys: Iterable[str]) -> list[int | None]:
        """The category of each label's pixels; ``None`` if this mask's map has no such label."""
        own = self.mask.color_map.keys
        first = FIRST_LABEL + len(own) * self.facts.red_blue_swapped
        by_key = {key: first + index for index, key in enumerate(own)}
        return [by_key.get(key) for key in keys]

    def areas(self, categories: Sequence[int | None], minimum: int) -> list[int]:
        """The pixels of each category with at least some alpha."""
        column = self.visible[:, self.mask.alpha_class(minimum)].tolist()
        return [0 if category is None else column[category] for category in categories]


_Sides = tuple[_Side | None, _Side | None]


def _count_sides(
    truth: Mask | None, predicted: Mask | None, policies: Sequence[str]
) -> tuple[_Sides, NDArray[np.int64] | None]:
    """Each mask's own counts, and their joint counts (truth by predicted) if the two can be laid on each other."""
    if truth and predicted and (truth.width, truth.height) == (predicted.width, predicted.height):
        joint = joint_counts(truth.coded, predicted.coded)
        return (_side(truth, joint.sum(axis=1), policies), _side(predicted, joint.sum(axis=0), policies)), joint
    first = None if truth is None else _side(truth, single_counts(truth.coded), policies)
    second = None if predicted is None else _side(predicted, single_counts(predicted.coded), policies)
    return (first, second), None


def _side(mask: Mask, counts: NDArray[np.int64], policies: Sequence[str]) -> _Side:
    shaped = counts.reshape(mask.table.n_categories, len(mask.table.levels))
    return _Side(mask, shaped, _from_alpha_up(shaped, 1), examine(mask, shaped, policies))


def _from_alpha_up(counts: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """Counts of each alpha class and all above it."""
    summed: NDArray[np.int64] = np.flip(np.cumsum(np.flip(counts, axis), axis), axis)
    return summed


def _accept_sizes(truth: _Side, predicted: _Side) -> Problem:
    sizes = " and ".join(f"{side.facts.width} x {side.facts.height} px" for side in (truth, predicted))
    text = f"truth mask and predicted mask differ in size, {sizes}"
    if not (truth.facts.is_background or predicted.facts.is_background):
        hint = "masks are never resized; make both the size of the image"
        raise MaskError(text, where=str(predicted.mask.where), hint=hint)
    placeholder = truth if truth.facts.is_background else predicted
    return Problem(
        code="BACKGROUND_OTHER_SIZE",
        where=placeholder.mask.where,
        message=f"{text}; this one is all background and was taken for that",
        severity=Severity.NOTE,
    )


def _image_size(sides: _Sides) -> tuple[int | None, int | None]:
    """The size of a mask that shows something; of placeholders, the larger one's."""
    known = [side.facts for side in sides if side]
    if not known:
        return None, None
    best = max(known, key=lambda facts: (not facts.is_background, facts.width * facts.height))
    return best.width, best.height


def _label_counts(sides: _Sides, joint: NDArray[np.int64] | None, policies: Sequence[str]) -> list[LabelCounts]:
    truth, predicted = sides
    names: dict[str, str] = {}
    for side in sides:
        if side:
            for key, label in zip(side.mask.color_map.keys, side.mask.color_map.labels, strict=True):
                names.setdefault(key, label)
    at = [side.categories(names) if side else [] for side in sides]
    common = None
    if joint is not None and truth and predicted:
        common = _from_alpha_up(_from_alpha_up(joint.reshape(*truth.counts.shape, *predicted.counts.shape), 3), 1)
    nothing = [0] * len(names)
    found = []
    for policy in policies:
        minimum = alpha_minimum(policy)
        both_px = nothing
        if common is not None and truth and predicted:
            plane = common[:, truth.mask.alpha_class(minimum), :, predicted.mask.alpha_class(minimum)].tolist()
            both_px = [0 if a is None or b is None else plane[a][b] for a, b in zip(*at, strict=True)]
        truth_px = truth.areas(at[0], minimum) if truth else nothing
        predicted_px = predicted.areas(at[1], minimum) if predicted else nothing
        found += [
            LabelCounts(label=label, policy=policy, intersection_px=both, truth_px=own, predicted_px=other)
            for label, both, own, other in zip(names.values(), both_px, truth_px, predicted_px, strict=True)
        ]
    return found
