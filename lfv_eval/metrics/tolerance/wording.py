"""What the tolerance tells about a low average IoU, in one plain sentence."""

from __future__ import annotations

from math import hypot

from .images import CONTROL_DISTANCE_TAU, Outcome
from .shifts import Shift
from .summary import ToleranceSummary

LOW_AVERAGE_IOU = 0.5
"""Below this average IoU there is something to explain."""

_RIGHT_PLACE = (Outcome.DISPLACED, Outcome.TOO_FAT, Outcome.TOO_THIN)
_PERHAPS_DISPLACED = (Outcome.DISPLACED, Outcome.WRONG_PLACE)  # the latter if by more than the tolerance
_BY_TOLERANCE = (*_RIGHT_PLACE, Outcome.PARTLY_MISSED, Outcome.EXTRA_AREA)
_JUDGED = (*_BY_TOLERANCE, Outcome.MISSED, Outcome.WRONG_PLACE)

_CONCLUSIONS = {
    Outcome.MISSED: "most anomalies are missed altogether",
    Outcome.PARTLY_MISSED: "the masks lie on the anomalies but leave out parts of them",
    Outcome.EXTRA_AREA: "the masks cover the anomalies and much beside them",
    Outcome.WRONG_PLACE: "the masks lie in the wrong place",
    Outcome.TOO_FAT: "the masks lie in the right place but are too fat",
    Outcome.TOO_THIN: "the masks lie in the right place but are too thin",
}


def tolerance_sentence(label: str, average_iou: float | None, summary: ToleranceSummary) -> str | None:
    """The finding about one label.

    Args:
        label: The label as shown to readers.
        average_iou: Its average IoU under the definition in force, 0..1.
        summary: Its masks measured with a tolerance.

    Returns:
        ``None`` where there is nothing to explain: the average IoU is undefined or at least one half and no common
        displacement was found, or no image has the label in its truth mask and an IoU below one half.
    """
    judged = {outcome: n for outcome, n in summary.outcomes.items() if outcome in _JUDGED}
    if average_iou is None:
        return None
    is_low = average_iou < LOW_AVERAGE_IOU and bool(judged)
    if not is_low and not summary.is_registration_error:
        return None
    facts = _facts(label, average_iou, summary)
    if not is_low:
        return f"{facts}: {_common_displacement(summary)}."
    main = max(judged, key=lambda outcome: judged[outcome])
    is_one_displacement = summary.is_registration_error and main in _PERHAPS_DISPLACED
    if summary.is_void and main in _BY_TOLERANCE and not is_one_displacement:
        return f"{facts}: {_void(summary)}."
    has_main = 2 * judged[main] >= sum(judged.values())
    sentences = [f"{facts}: {_conclusion(main, summary) if has_main else 'there is no single cause'}."]
    if len(judged) > 1:
        listed = "; ".join(f"{outcome} {n}" for outcome, n in judged.items())
        sentences.append(f"Images with IoU below {LOW_AVERAGE_IOU}: {listed}.")
    sentences += _reliability(has_main and (main in _RIGHT_PLACE or is_one_displacement), summary)
    return " ".join(sentences)


def _facts(label: str, average_iou: float, summary: ToleranceSummary) -> str:
    facts = [f"{label}: average IoU {average_iou:.2f}"]
    if summary.f1_score is not None:
        facts.append(f"tolerant F1 at {summary.tau} px {summary.f1_score:.2f}")
    if summary.median_area_ratio is not None:
        facts.append(f"area ratio {summary.median_area_ratio:.1f}")
    if summary.best_shift is not None:
        where = f"{summary.shift_votes} of {summary.n_in_both} images"
        facts.append(f"best shift {_shift_text(summary.best_shift)} in {where}")
    return ", ".join(facts)


def _shift_text(shift: Shift) -> str:
    """As in ``(0, +2)``."""
    return "({})".format(", ".join(f"{px:+d}" if px else "0" for px in shift))


def _distance(summary: ToleranceSummary) -> str:
    return f"{round(hypot(*(summary.best_shift or ())), 1):g} px"


def _common_displacement(summary: ToleranceSummary) -> str:
    return f"the masks are displaced by {_distance(summary)} in one direction, as by an error of alignment or resizing"


def _void(summary: ToleranceSummary) -> str:
    distance_px = CONTROL_DISTANCE_TAU * summary.tau
    return (
        f"predictions moved away by {distance_px} px still reach a tolerant F1 of {summary.control_f1:.2f}, so a "
        "tolerance tells nothing about structures as dense as these"
    )


def _conclusion(outcome: Outcome, summary: ToleranceSummary) -> str:
    if outcome in _PERHAPS_DISPLACED and summary.is_registration_error:
        return f"the masks are displaced by {_distance(summary)}, not wrong"
    if outcome is Outcome.DISPLACED:
        return f"the masks are off by no more than about {summary.tau} px, in no common direction, not wrong"
    if outcome is Outcome.TOO_THIN and summary.best_dilation:
        votes = f"{summary.dilation_votes} of {summary.n_in_both} images"
        return f"{_CONCLUSIONS[outcome]} (widening by {summary.best_dilation} px fits best in {votes})"
    return _CONCLUSIONS[outcome]


def _reliability(is_misleading: bool, summary: ToleranceSummary) -> list[str]:
    """What average IoU is worth here, where that is known."""
    ceiling = summary.resolution_ceiling
    if is_misleading:
        note = "" if ceiling is None else f" (ceiling at mask block size {summary.block}: {ceiling:.2f})"
        return [f"Average IoU is not a reliable indicator here{note}."]
    if ceiling is None:
        return []
    return [f"Masks of blocks of {summary.block} px reach an average IoU of about {ceiling:.2f} at best."]
