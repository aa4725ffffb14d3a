"""Every reported number of the anomaly labels, against every definition it could have been computed with."""

from __future__ import annotations

from collections.abc import Sequence

from ..images import label_key
from ..metrics.labels.mask_counts import MaskCounts
from ..records import ReportedMetric
from ..registry import Checked, Checker, Evidence
from ..verdicts import Check, Finding, MetricValue, Verdict
from .check_of import check_of
from .definitions.identification import identify
from .definitions.identified import Identification
from .definitions.label_verdicts import judge_labels
from .definitions.relations import relations

_NAMES = ("precision", "recall", "f1_score", "average_iou")


def check_labels(evidence: Evidence) -> Checked:
    """One check for each reported label number, and what the numbers reveal of their definitions."""
    checks: list[Check] = []
    findings: list[Finding] = []
    reported = evidence.evaluation.reported
    for document in dict.fromkeys(number.document for number in reported if number.label is not None):
        numbers = [number for number in reported if number.document == document]
        checked = _check_document(numbers, evidence)
        checks += checked.checks
        findings += checked.findings
    unreported = _unreported(evidence)
    for label in unreported:
        checks += [_not_reported(value) for value in evidence.values if value.label == label and value.name in _NAMES]
    if unreported and checks != []:
        findings.append(_told_unreported(unreported))
    return Checked(checks, findings)


def _unreported(evidence: Evidence) -> list[str]:
    """Labels that some mask shows and no document reports."""
    told = {label_key(number.label) for number in evidence.evaluation.reported if number.label is not None}
    counts: MaskCounts = evidence.states["segmentation"].counts
    shown = {counts.labels[index] for index in set(counts.label.tolist())}
    return sorted(name for key, name in shown if key not in told)


def _not_reported(value: MetricValue) -> Check:
    return Check(
        kind="recomputed",
        name=value.name,
        label=value.label,
        value=value,
        verdict=Verdict.NOT_REPORTED,
        explanation="no document reports it",
    )


def _told_unreported(labels: list[str]) -> Finding:
    message = f"Masks show labels that no document reports: {', '.join(labels[:20])}."
    return Finding(rule="label-not-reported", severity="warning", message=message)


def _check_document(numbers: Sequence[ReportedMetric], evidence: Evidence) -> Checked:
    masks = evidence.states["segmentation"]
    counts: MaskCounts = masks.counts
    if not counts.images:
        why = _why_nothing(evidence, len(masks.left_out))
        checks = [check_of(number, Verdict.NOT_VERIFIABLE, why) for number in numbers if number.label is not None]
        return Checked(checks, _told_relations(numbers, evidence))
    settings = evidence.settings
    identification = identify(
        numbers,
        counts,
        default_policy=settings.alpha_policy,
        default_average_iou=settings.average_iou,
        default_precision_recall=settings.precision_recall,
    )
    checks = judge_labels(numbers, counts, identification, n_left_out=len(masks.left_out))
    return Checked(checks, _told_identification(identification))


def _why_nothing(evidence: Evidence, n_left_out: int) -> str:
    if not len(evidence.evaluation.images):
        return "no evaluation manifest was found"
    if n_left_out:
        return f"no label number rests on the masks of {n_left_out} images; the problems say why"
    images = evidence.evaluation.images
    sides = {"truth": images.truth_mask, "predicted": images.predicted_mask}
    missing = [side for side, masks in sides.items() if not any(masks)]
    return f"the evaluation manifest names no {' and no '.join(missing)} masks"


def _told_identification(identification: Identification) -> list[Finding]:
    sentences = list(identification.notes)
    if identification.chosen != identification.defaults:  # then it matters what else it could have been
        sentences += [text for group in identification.groups for text in group.evidence]
    if identification.signature_parts and identification.chosen:
        sentences.insert(0, f"Identified: {', '.join(identification.signature_parts)}.")
    message = " ".join(_sentence(text) for text in dict.fromkeys(sentences))
    return [Finding(rule="label-definitions", severity="info", message=message)] if message else []


def _told_relations(numbers: Sequence[ReportedMetric], evidence: Evidence) -> list[Finding]:
    """Without masks the numbers still tell something about each other."""
    n_images = next((c.n_testing_images for c in evidence.evaluation.claims if c.n_testing_images), None)
    found = [relation for relation in relations(numbers, n_images).relations if relation.holds is not None]
    if not found:
        return []
    message = " ".join(dict.fromkeys(_sentence(relation.sentence) for relation in found))
    return [Finding(rule="label-definitions", severity="info", message=message)]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


CHECKER = Checker(check_labels)
