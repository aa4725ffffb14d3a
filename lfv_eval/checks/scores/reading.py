"""Which reading of the confidences, treatment of ties, and definition of average precision reproduce a report?

The two ranking metrics are taken together: only what gives both within the printed digits is accepted. So a wrong
reading hardly ever passes, and where the numbers cannot tell several apart, that is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ...images import ANOMALY
from ...metrics.counts import countable
from ...records import Evaluation, ReportedMetric
from ...registry import Evidence
from ...verdicts import Check, Finding, Verdict
from ..definitions.label_verdicts import ACCIDENT_LIMIT
from ..printed import Printing, matching_tier, printing_of
from .definitions import DEFINITIONS, READING_TITLES, READINGS, TIES, average_precisions, curve, roc_auc
from .ranking_batches import Bools, Floats
from .threshold import threshold_findings

_SPREAD = 0.3
"""Unrelated values of average precision and ROC AUC are taken to lie between 0.7 and 1."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One way to compute the two ranking metrics; earlier ones are more usual.

    Attributes:
        n_unusual: How many of the three choices are not the default.
        reading: Id in ``READINGS``.
        definition: Id in ``DEFINITIONS``.
        ties: One of ``TIES``.
    """

    n_unusual: int
    reading: str
    definition: str
    ties: str

    @property
    def is_default(self) -> bool:
        """Whether this is what is assumed without evidence."""
        return self.n_unusual == 0

    def __str__(self) -> str:
        return f"score:{self.reading}|ap:{self.definition}|ties:{self.ties}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReading:
    """What one document's ranking metrics say about how they were computed.

    Attributes:
        document: Its URI.
        accepted: Ways to compute that give both numbers within printing, the most usual first.
        n_tried: How many ways were tried.
        same_values: All accepted ways give the same two values here, so that no digits could tell them apart.
        values: ROC AUC and average precision of the first accepted way; ``None`` without any.
        accidental_rate: Chance that some way gives two unrelated numbers, in 0..1.
    """

    document: str
    accepted: tuple[Cell, ...]
    n_tried: int
    same_values: bool
    values: tuple[float, float] | None
    accidental_rate: float


def read_scores(evidence: Evidence) -> tuple[ScoreReading, ...]:
    """Try every way on every document that reports both ROC AUC and average precision; nothing without scores."""
    evaluation = evidence.evaluation
    by_document: dict[str, dict[str, ReportedMetric]] = {}
    for reported in evaluation.reported:
        if reported.label is None and reported.name in ("roc_auc", "average_precision") and reported.value is not None:
            by_document.setdefault(reported.document, {})[reported.name] = reported
    both = {uri: numbers for uri, numbers in by_document.items() if len(numbers) == 2}
    values = _all_values(evaluation) if both else {}
    return tuple(_read(evaluation, uri, numbers, values) for uri, numbers in both.items() if values)


def judge_scores(evidence: Evidence, checks: Sequence[Check]) -> list[Check]:
    """Accept ranking metrics that another reading, definition or treatment of ties reproduces, both together.

    A number that holds as it is stays so. One that only another way gives becomes ``MATCH_OTHER_DEFINITION``, or
    ``NOT_DISTINGUISHABLE`` where several ways with different values would print alike; and ``HYPOTHESIS`` where the
    digits are so few that unrelated numbers would be reproduced by some way in more than 5 % of cases.
    """
    wrong = {
        check.document
        for check in checks
        if check.verdict == Verdict.MISMATCH and check.name in ("roc_auc", "average_precision") and check.label is None
    }
    readings = {reading.document: reading for reading in read_scores(evidence) if wrong}
    found = []
    for check in checks:
        reading = readings.get(check.document or "")
        is_wrong = check.verdict == Verdict.MISMATCH and check.name in ("roc_auc", "average_precision")
        if is_wrong and check.kind == "recomputed" and check.label is None and reading and reading.accepted:
            check = _accept(check, reading, evidence.evaluation)  # noqa: PLW2901
        found.append(check)
    return found


def observe_scores(evidence: Evidence) -> tuple[Finding, ...]:
    """What the scores tell besides: their reading, whether one threshold made the predictions, how it was chosen."""
    seen = read_scores(evidence)
    findings = [finding for reading in seen if (finding := _finding(reading))]
    images = evidence.evaluation.images
    rows = countable(images)
    predicted = images.predicted[rows] == ANOMALY
    confidence = images.confidence[rows]
    if not rows.any() or np.isnan(confidence).any():
        return tuple(findings)
    name = next((reading.accepted[0].reading for reading in seen if reading.accepted), next(iter(READINGS)))
    scores = READINGS[name](predicted, confidence)
    uris = [images.uri[index] for index in np.flatnonzero(rows).tolist()]
    return (*findings, *threshold_findings(scores, images.truth[rows] == ANOMALY, predicted, uris))


def _all_values(evaluation: Evaluation) -> dict[Cell, tuple[float, float]]:
    """Both metrics by every way; empty where a score or a class is missing."""
    images = evaluation.images
    rows = countable(images)
    truth, predicted = images.truth[rows] == ANOMALY, images.predicted[rows] == ANOMALY
    confidence = images.confidence[rows]
    if np.isnan(confidence).any() or not truth.any() or truth.all():
        return {}
    return _values_of(truth, predicted, confidence)


def _values_of(truth: Bools, predicted: Bools, confidence: Floats) -> dict[Cell, tuple[float, float]]:
    found: dict[Cell, tuple[float, float]] = {}
    defaults = next(iter(READINGS)), next(iter(DEFINITIONS)), TIES[0]
    for reading, ties in product(READINGS, TIES):
        points = curve(READINGS[reading](predicted, confidence), truth, ties)
        auc = roc_auc(points)
        for definition, value in average_precisions(points).items():
            chosen = reading, definition, ties
            n_unusual = sum(mine != default for mine, default in zip(chosen, defaults, strict=True))
            found[Cell(n_unusual, *chosen)] = (auc, value)
    return found


def _read(
    evaluation: Evaluation, uri: str, numbers: dict[str, ReportedMetric], values: dict[Cell, tuple[float, float]]
) -> ScoreReading:
    printing = _printing(evaluation, uri)
    n_terms = int((evaluation.images.truth == ANOMALY).sum())
    accepted = sorted(
        cell
        for cell, (auc, precision) in values.items()
        if _prints(numbers["roc_auc"], auc, printing, 1)
        and _prints(numbers["average_precision"], precision, printing, n_terms)
    )
    digits = min(printing.decimals + 2 * printing.percent, 15)
    distinct = {(round(auc, digits), round(precision, digits)) for auc, precision in values.values()}
    chance = min(1.0, 10.0**-digits / _SPREAD) if digits else 1.0
    exact = {(round(values[cell][0], 13), round(values[cell][1], 13)) for cell in accepted}
    n_precisions = len({precision for _, precision in distinct})
    return ScoreReading(
        document=uri,
        accepted=tuple(accepted),
        n_tried=len(values),
        same_values=len(exact) == 1,
        values=values[accepted[0]] if accepted else None,
        # ROC AUC often is right by itself, so only average precision counts as evidence.
        accidental_rate=min(1.0, n_precisions * chance),
    )


def _prints(reported: ReportedMetric, value: float, printing: Printing, n_terms: int) -> bool:
    """Whether a number is a printed form of a value; what is far off is told without exact arithmetic."""
    number = reported.value or 0.0
    near = max(1.5 * 10.0**-printing.decimals, 1e-6)
    if min(abs(number - value), abs(number / 100 - value)) > near:
        return False
    return matching_tier(reported.printed, value, printing, n_terms=n_terms) is not None


def _printing(evaluation: Evaluation, uri: str) -> Printing:
    return printing_of([reported.printed for reported in evaluation.reported if reported.document == uri])


def _accept(check: Check, reading: ScoreReading, evaluation: Evaluation) -> Check:
    cell = reading.accepted[0]
    if reading.values is None or cell.is_default:
        return check
    value = reading.values[check.name == "average_precision"]
    n_terms = int((evaluation.images.truth == ANOMALY).sum()) if check.name == "average_precision" else 1
    tier = matching_tier(check.reported or "", value, _printing(evaluation, reading.document), n_terms=n_terms)
    verdict = Verdict.MATCH_OTHER_DEFINITION if reading.same_values else Verdict.NOT_DISTINGUISHABLE
    if reading.accidental_rate > ACCIDENT_LIMIT:
        verdict = Verdict.HYPOTHESIS
    others = "" if len(reading.accepted) == 1 else f", as {len(reading.accepted) - 1} other ways do"
    told = (
        f"{check.explanation}; equals {value:.6f} by {cell}{others}, which gives ROC AUC and average precision both; "
        f"some of the {reading.n_tried} ways would give unrelated numbers with probability "
        f"{reading.accidental_rate:.1g}"
    )
    return replace(
        check,
        verdict=verdict,
        tier=tier if verdict != Verdict.HYPOTHESIS else None,
        explanation=told,
        cause="other-definition" if verdict == Verdict.HYPOTHESIS else None,
        accidental_rate=reading.accidental_rate,
    )


def _finding(reading: ScoreReading) -> Finding | None:
    """What is worth telling: another reading than the default, or that the reading cannot be told."""
    accepted = reading.accepted
    if not accepted:
        message = (
            f"none of {reading.n_tried} ways to read the confidences and compute the metrics gives the reported ROC "
            f"AUC and average precision together ({reading.document}). Confidences made as the larger of a score and "
            "one minus it, with a threshold other than 0.5, cannot be turned back into scores: then no way can."
        )
        return Finding(rule="score-reading", severity="warning", message=message)
    readings = list(dict.fromkeys(cell.reading for cell in accepted))
    definitions = list(dict.fromkeys(cell.definition for cell in accepted))
    if len(readings) == 1 and accepted[0].is_default:
        return None
    title = READING_TITLES[readings[0]]
    if len(readings) > 1:
        told = "; ".join(READING_TITLES[name] for name in readings)
        message = f"the confidences can be read in several ways that give the reported ranking metrics: {told}."
        return Finding(rule="score-reading", severity="info", message=message)
    message = (
        f"the reported ROC AUC and average precision follow from the {title}, average precision by "
        f"{' or '.join(definitions)}, ties {accepted[0].ties}; not from what is assumed otherwise."
    )
    return Finding(rule="score-reading", severity="info", message=message)
