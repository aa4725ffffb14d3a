"""A verdict for every reported number of the anomaly labels, by what was found out about its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...images import label_key
from ...metrics.labels.definitions import Quantity
from ...metrics.labels.mask_counts import MaskCounts
from ...metrics.labels.segmentation import average_iou, precision_recall_f1
from ...records import ReportedMetric
from ...verdicts import Check, MetricValue, Verdict
from ..check_of import check_of
from ..printed import Printing, printing_of
from .choice import default_of
from .identification import told_rate
from .identified import FamilyIdentification, Identification
from .missing_evidence import name_some
from .values import METRICS, Candidate, tier_of

ACCIDENT_LIMIT = 0.05
"""Where some definition gives unrelated numbers more often than this, agreement with it is a hypothesis only."""


def judge_labels(
    reported: Sequence[ReportedMetric], counts: MaskCounts, identification: Identification, *, n_left_out: int = 0
) -> list[Check]:
    """Judge the label numbers of one document.

    Each check carries the value of the identified definition where the number has it, else of the default; the value's
    ``definition`` names the alpha policy too, such as ``mean-truth|alpha:threshold:128``.

    Args:
        reported: The document's numbers, those of the image level included; they only tell how the document prints.
        counts: What ``identify`` was given.
        identification: What it found.
        n_left_out: Images whose masks could not be counted; with any, a disagreement proves nothing.

    Raises:
        UsageError: The default alpha policy was not counted, or a default definition does not exist.
    """
    printing = printing_of([number.printed for number in reported])
    checks = []
    for number in reported:
        family = identification.family(next((f for f, names in METRICS.items() if number.name in names), ""))
        if number.label is None:
            continue
        if family is None:
            missing = "no metric family recomputes it" if counts.images else "the masks are needed to recompute it"
            checks.append(check_of(number, Verdict.NOT_VERIFIABLE, missing))
            continue
        if label_key(number.label) not in dict(counts.labels):
            told = "no mask has this label, and no colour map names it"
            checks.append(check_of(number, Verdict.NOT_VERIFIABLE, told))
            continue
        checks.append(_judge(_Number(number, counts, family, identification, printing, n_left_out)))
    return checks


@dataclass(frozen=True, slots=True)
class _Number:
    """One reported number with everything that is known about it."""

    reported: ReportedMetric
    counts: MaskCounts
    family: FamilyIdentification
    identification: Identification
    printing: Printing
    n_left_out: int

    @property
    def default(self) -> Candidate:
        return default_of(self.family.family, self.identification.defaults)

    @property
    def identified(self) -> Candidate | None:
        policy, definition = self.family.policy, self.family.definition
        return None if policy is None or definition is None else Candidate(policy, definition)

    def value(self, candidate: Candidate) -> MetricValue:
        """The number by a definition, whose alpha policy becomes part of the definition's name."""
        label, (policy, definition) = str(self.reported.label), candidate
        if self.reported.name == "average_iou":
            value = average_iou(self.counts, label, definition, policy=policy)
        else:
            values = precision_recall_f1(self.counts, label, definition, policy=policy)
            value = next(value for value in values if value.name == self.reported.name)
        return replace(value, definition=f"{definition}|alpha:{policy}", n_left_out=self.n_left_out)

    def tier(self, value: MetricValue) -> str | None:
        quantity = Quantity(value=value.value, ratio=value.ratio, n_terms=value.n_terms)
        return tier_of(self.reported, quantity, self.printing)


def _judge(number: _Number) -> Check:
    default = number.value(number.default)
    found = None if number.identified is None else number.value(number.identified)
    found_tier = None if found is None else number.tier(found)
    tier = number.tier(default)
    if tier and default.value is None and number.n_left_out:
        told = f"undefined here, but the masks of {number.n_left_out} images could not be counted"
        return check_of(number.reported, Verdict.NOT_VERIFIABLE, told, default)
    if tier:
        value = found if found and found_tier else default
        told = f"equals {_told_value(default)} ({tier.replace('_', ' ')}){_told_others(number, default)}"
        return check_of(number.reported, Verdict.MATCH, told, value, tier)
    if found and found_tier and not (found.value is None and number.n_left_out):
        told = _told_found(number, found, default, found_tier)
        return check_of(number.reported, _verdict_of_other(number), told, found, found_tier)
    verdict = Verdict.NOT_VERIFIABLE if number.n_left_out else Verdict.MISMATCH
    return check_of(number.reported, verdict, _told_mismatch(number, default, found), found or default)


def _verdict_of_other(number: _Number) -> Verdict:
    """The verdict where not the default but another definition gives the number."""
    if _rate(number) > ACCIDENT_LIMIT or not number.family.complete:  # one report has one definition
        return Verdict.HYPOTHESIS
    apart = number.family.complete and not number.family.one_value
    return Verdict.NOT_DISTINGUISHABLE if apart else Verdict.MATCH_OTHER_DEFINITION


def _rate(number: _Number) -> float:
    whole = number.identification.chosen is not None
    return number.identification.accidental_rate if whole else number.family.accidental_rate


def _told_value(value: MetricValue) -> str:
    if value.value is None:
        return f"the undefined value by {value.definition} ({value.undefined_because})"
    fraction = f"{value.ratio[0]}/{value.ratio[1]} = " if value.ratio and value.unit == "images" else ""
    return f"{fraction}{value.value:.6f} by {value.definition}"


def _told_others(number: _Number, default: MetricValue) -> str:
    """What else reproduces all numbers, where the default does."""
    if number.identified != number.default:
        told = "" if number.identified is None else f"; all numbers together: {'|alpha:'.join(number.identified[::-1])}"
        return told if number.family.complete else ""
    return _told_group(number, default)


def _told_group(number: _Number, value: MetricValue) -> str:
    told = ""
    own = value.definition.partition("|")[0]
    for group in number.identification.groups:
        others = [
            member for member in group.members if member != (number.family.policy if group.kind == "alpha" else own)
        ]
        if group.kind == number.family.family and own in group.members:
            alike = "give the same here" if group.one_value else "would print alike"
            told += f"; {name_some(others)} {alike}"
        elif group.kind == "alpha":
            told += f"; so with alpha policy {name_some(others)}"
    return told


def _told_found(number: _Number, found: MetricValue, default: MetricValue, tier: str) -> str:
    told = f"equals {_told_value(found)} ({tier.replace('_', ' ')}), not {_told_value(default)}, which is assumed"
    told += _told_group(number, found)
    if not number.family.complete:
        told += f"; that definition does not give {_told_numbers(number.family.missed)}"
    return f"{told}; {told_rate(_rate(number))}"


def _told_mismatch(number: _Number, default: MetricValue, found: MetricValue | None) -> str:
    told = f"recomputed {_told_value(default)}{_told_delta(number, default)}"
    if found and found.definition != default.definition:
        told += f"; {_told_value(found)}, which reproduces others{_told_delta(number, found)}"
    if number.n_left_out:
        return f"{told}; but the masks of {number.n_left_out} images could not be counted"
    if (str(number.reported.label), number.reported.name) in number.family.unreproduced:
        return f"{told}; no other definition and alpha policy gives it"
    return f"{told}; some definition gives it, but not with the other numbers"


def _told_delta(number: _Number, value: MetricValue) -> str:
    if number.reported.value is None or value.value is None:
        return f"; the report says {number.reported.printed}"
    return f"; the report differs by {number.reported.value - value.value:+.6g}"


def _told_numbers(numbers: Sequence[tuple[str, str]]) -> str:
    return name_some([f"{name} of {label}" for label, name in numbers])
