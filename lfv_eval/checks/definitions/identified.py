"""The frozen types that say what the numbers of the anomaly labels were computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FamilyName = Literal["average_iou", "precision_recall"]
"""Metrics that one definition gives together."""

FAMILIES: tuple[FamilyName, ...] = ("average_iou", "precision_recall")

PARTIAL_RATE = 0.01
"""A definition that reproduces only some numbers is taken for theirs only if accident is at most so likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One reading of everything that was reported.

    Attributes:
        policy: The alpha policy, common to all numbers.
        average_iou: Id of the average-IoU definition, gate included; ``None`` where none is reported.
        precision_recall: Id of the precision-recall definition; likewise.
    """

    policy: str
    average_iou: str | None
    precision_recall: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A definition with the alpha policies under which it reproduces what it is said to."""

    definition: str
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFit:
    """A definition that reproduces all of a family's numbers of one label, though not those of every label."""

    label: str
    policy: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Definitions, or alpha policies, that all reproduce the report.

    Attributes:
        kind: What they are; ``alpha`` for alpha policies.
        members: Their ids, the preferred one first.
        one_value: They give equal values here. Otherwise only the printed digits are equal, and the members each stand
            for those that give their value.
        evidence: Sentences that say what is missing to tell them apart.
    """

    kind: Literal["average_iou", "precision_recall", "alpha"]
    members: tuple[str, ...]
    one_value: bool
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyIdentification:
    """What was found out about average IoU, or about precision, recall and F1 score.

    Attributes:
        family: ``average_iou`` or ``precision_recall``.
        n_reported: How many numbers are reported.
        policy: Alpha policy of the identified definition; ``None`` where nothing was identified.
        definition: Its id: of all that reproduce the numbers the default, else the simplest. Where none reproduces all,
            the one that reproduces most of them, provided that accident is unlikely (``PARTIAL_RATE``).
        complete: Whether it reproduces all numbers.
        fits: Every definition that reproduces all numbers, under policies that the other family shares if it can.
        one_value: All of them give the same values, beyond the printed digits too.
        by_label: Where none reproduces all numbers: one for each label whose numbers one reproduces.
        missed: Label and name of the numbers that the identified definition does not reproduce; all without one.
        unreproduced: Label and name of the numbers that no definition under any alpha policy reproduces.
        n_definitions: How many definitions were tried under each alpha policy.
        n_distinct: How many of them have values of their own here, under the identified or the default alpha policy.
        accidental_rate: Chance that some definition reproduces unrelated numbers, in 0..1: of all numbers, or of those
            that a partial identification reproduces.
        explanation: All this in a sentence.
    """

    family: FamilyName
    n_reported: int
    policy: str | None
    definition: str | None
    complete: bool
    fits: tuple[Fit, ...]
    one_value: bool
    by_label: tuple[LabelFit, ...]
    missed: tuple[tuple[str, str], ...]
    unreproduced: tuple[tuple[str, str], ...]
    n_definitions: int
    n_distinct: int
    accidental_rate: float
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """What the label numbers of one report were computed with.

    Attributes:
        defaults: What is assumed without evidence.
        chosen: The reading that reproduces every reported number; ``None`` where none does.
        families: One entry for each family with reported numbers.
        groups: Definitions, and alpha policies, among those that reproduce everything that cannot be told apart here.
        accidental_rate: Chance that some reading reproduces that many unrelated numbers, in 0..1.
        notes: What was found out, in sentences.
        signature_parts: The conventions to name beside the numbers: what was identified, the default elsewhere.
    """

    defaults: Choice
    chosen: Choice | None = None
    families: tuple[FamilyIdentification, ...] = ()
    groups: tuple[Group, ...] = ()
    accidental_rate: float = 1.0
    notes: tuple[str, ...] = ()
    signature_parts: tuple[str, ...] = ()

    def family(self, name: str) -> FamilyIdentification | None:
        """The entry of one family, or ``None``."""
        return next((family for family in self.families if family.family == name), None)

    def readings(self) -> list[Choice]:
        """Every reading that reproduces everything, in no particular order."""
        if self.chosen is None:
            return []
        fits = [getattr(self.family(name), "fits", (None,)) for name in FAMILIES]
        policies = {policy for family in self.families for fit in family.fits for policy in fit.policies}
        return [
            Choice(policy=policy, average_iou=first and first.definition, precision_recall=second and second.definition)
            for policy in sorted(policies)
            for first in fits[0]
            for second in fits[1]
            if all(fit is None or policy in fit.policies for fit in (first, second))
        ]
