"""Two audits made by different conventions: what differs, and which metrics cannot be compared for that reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..comparison import MetricDifference
from .evidence import Evidence, Key

_UNRELATED = "level"
"""Intervals are computed anew at the level of the comparison."""

_VERSION = "lfv-eval"

_AFFECTS: dict[str, Callable[[Key], bool]] = {
    "alpha": lambda key: key[1] is not None,
    "mask": lambda key: key[1] is not None,
    "aiou": lambda key: key[0] == "average_iou",
    "prf": lambda key: key[1] is not None and key[0] in ("precision", "recall", "f1_score"),
    "tolerance": lambda key: key[0] == "nsd" or key[0].startswith("tolerant_"),
    "score": lambda key: key[0] in ("roc_auc", "average_precision"),
    "ties": lambda key: key[0] in ("roc_auc", "average_precision"),
    "ap": lambda key: key[0] == "average_precision",
}
"""Which metrics a part of the signature changes. Other parts choose the rows or their truth: they change all."""


def differing_parts(baseline: str, candidate: str) -> dict[str, str]:
    """The parts in which two signatures differ, by name, both sides in words.

    >>> differing_parts("ap:step|alpha:ignore|level:0.9", "ap:step|alpha:threshold:128|level:0.95|mask:m")
    {'alpha': 'alpha:ignore / alpha:threshold:128', 'mask': 'no mask / mask:m'}
    """
    before, now = _parts(baseline), _parts(candidate)
    return {
        name: f"{before.get(name, f'no {name}')} / {now.get(name, f'no {name}')}"
        for name in before | now
        if name != _UNRELATED and before.get(name) != now.get(name)
    }


def _parts(signature: str) -> dict[str, str]:
    return {part.partition(":")[0]: part for part in signature.split("|") if part}


def convention_notes(parts: dict[str, str]) -> list[str]:
    """What a reader must know of differing parts."""
    if not parts:
        return []
    notes = [f"The two audits used different conventions or versions of this package: {', '.join(parts.values())}."]
    everywhere = [told for name, told in parts.items() if name not in _AFFECTS and name != _VERSION]
    if everywhere:
        notes.append(
            f"Every metric can depend on {', '.join(everywhere)}, the verdict included: audit both models alike first."
        )
    return notes


def without_incomparable(
    differences: Iterable[MetricDifference], parts: dict[str, str], baseline: Evidence, candidate: Evidence
) -> list[MetricDifference]:
    """Take the difference and the interval from metrics that the two audits computed in different ways.

    Args:
        differences: Differences of numbers that stand in the audits; reported numbers depend on no convention of ours.
        parts: What ``differing_parts`` found.
        baseline: The baseline's numbers.
        candidate: The candidate's.
    """
    return [
        replace(d, difference=None, interval=None, without_interval_because=why) if why else d
        for d in differences
        for why in (_why_incomparable((d.name, d.label), parts, baseline, candidate),)
    ]


def _why_incomparable(key: Key, parts: dict[str, str], baseline: Evidence, candidate: Evidence) -> str | None:
    before, now = baseline.definitions.get(key), candidate.definitions.get(key)
    if before is None or now is None:
        return None
    told = [told for name, told in parts.items() if name in _AFFECTS and _AFFECTS[name](key)]
    if told:
        return f"not comparable, as the audits differ in {', '.join(told)}"
    return None if before == now else f"not comparable, as the audits computed it by {before} / {now}"
