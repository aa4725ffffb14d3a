"""Numbers of two documents, documents that mix percent and fractions, and ranking metrics of tied scores."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from sklearn.metrics import roc_auc_score

from lfv_eval.checks.documents import check_documents
from lfv_eval.checks.printed import fractions_that_fit, matching_tier, printing_of
from lfv_eval.checks.reported import check_reported
from lfv_eval.images import Images
from lfv_eval.records import Evaluation, ReportedMetric
from lfv_eval.registry import Evidence
from lfv_eval.settings import Settings
from lfv_eval.verdicts import MetricValue, Verdict


def number(document: str, printed: str, name: str = "precision", label: str | None = None) -> ReportedMetric:
    value = None if printed in ("null", "NaN") else float(printed)
    return ReportedMetric(
        name=name, label=label, value=value, printed=printed, kind="evaluation_result", document=document
    )


def evidence(reported: list[ReportedMetric], *values: MetricValue) -> Evidence:
    evaluation = Evaluation(images=Images.empty(), reported=tuple(reported))
    return Evidence(evaluation=evaluation, values=values, states={}, settings=Settings())


def precision(value: float | None, label: str | None = None, *, missing: bool = False) -> MetricValue:
    why = "no image was predicted anomaly" if value is None else None
    return MetricValue(
        name="precision",
        label=label,
        definition="d",
        value=value,
        undefined_because=why,
        support=9,
        missing_evidence=missing,
    )


def test_each_metric_is_compared_with_its_own_kind_only() -> None:
    reported = [number(d, x, name, label) for d, x in (("a", "0.8947368421052632"), ("b", "0.8947368264198303"))
                for name in ("precision", "recall") for label in (None, "crack")]  # fmt: skip
    checks = check_documents(evidence(reported)).checks
    assert [(c.name, c.label, c.document, c.tier) for c in checks] == [
        (name, label, "a", "float32") for name in ("precision", "recall") for label in (None, "crack")
    ]
    assert all(check.verdict == Verdict.MATCH for check in checks)


def test_numbers_that_differ_and_numbers_of_one_document() -> None:
    reported = [number("a", "0.9375"), number("a", "0.5"), number("b", "0.941406"), number("c", "0.94")]
    checks = check_documents(evidence(reported)).checks
    pairs = {(check.reported, check.expected): check.verdict for check in checks}
    assert ("0.9375", "0.5") not in pairs
    assert len(pairs) == 5
    assert pairs["0.941406", "0.94"] == pairs["0.9375", "0.94"] == Verdict.MATCH
    assert pairs["0.9375", "0.941406"] == Verdict.MISMATCH


def test_many_labels_take_linear_time() -> None:
    labels = [f"label {index}" for index in range(4000)]
    reported = [number(d, f"0.{index + 1000}", label=label) for d in "ab" for index, label in enumerate(labels)]
    start = time.process_time()
    checks = check_documents(evidence(reported)).checks
    assert time.process_time() - start < 5  # all pairs, or one reading of the document for each, take minutes
    assert len(checks) == 4000
    assert all(check.verdict == Verdict.MATCH for check in checks)


@pytest.mark.parametrize("pair", [("null", "0"), ("0.0", "null"), ("NaN", "0.0"), ("0", "NaN")])
def test_nothing_and_zero_agree_where_the_metric_is_undefined(pair: tuple[str, str]) -> None:
    reported = [number("a", pair[0]), number("b", pair[1])]
    (check,) = check_documents(evidence(reported, precision(None))).checks
    assert (check.verdict, check.tier) == (Verdict.MATCH, "undefined")
    assert "which both stand for undefined here: no image was predicted anomaly" in check.explanation
    others = (precision(0.0), precision(None, "crack"), precision(None, missing=True))
    for values in ((), *((value,) for value in others)):
        (check,) = check_documents(evidence(reported, *values)).checks
        assert (check.verdict, check.tier) == (Verdict.MISMATCH, None)


def test_another_number_is_no_undefined_one() -> None:
    (check,) = check_documents(evidence([number("a", "null"), number("b", "0.5")], precision(None))).checks
    assert check.verdict == Verdict.MISMATCH
    (check,) = check_documents(evidence([number("a", "null"), number("b", "NaN")])).checks
    assert check.verdict == Verdict.MATCH


@pytest.mark.parametrize(
    ("x", "q", "others", "tier"),
    [
        ("85.7", Fraction(6, 7), ["0.7", "0.8", "0.9"], "percent"),
        ("0.7", Fraction(3, 4), ["85.7", "0.8", "0.9"], None),
        ("0.8", Fraction(7, 8), ["85.7", "0.7", "0.9"], None),
        ("0.9", Fraction(147, 160), ["85.7", "0.7", "0.8"], None),
        ("0.9", Fraction(147, 160), ["85.71", "0.7", "0.8"], None),
        ("0.7", Fraction(3, 4), ["85.71428571428571"], None),
        ("0.7", Fraction(7, 1000), ["85.7"], "percent"),
        ("0.75", Fraction(3, 4), ["85.7", "0.8"], "exact"),
        ("0.8947368", Fraction(17, 19), ["85.7"], "float32"),
        ("0.89", Fraction(17, 19), ["85.7"], "rounded"),  # by its own two decimals
        ("0.89", Fraction(17, 19), ["85.7", "0.9375"], None),
        ("0.894", Fraction(17, 19), ["85.7"], None),  # cut off
        ("0.895", Fraction(17, 19), ["85.71428571428571"], None),
    ],
)
def test_fractions_among_percent(x: str, q: Fraction, others: list[str], tier: str | None) -> None:
    """The decimals of percent numbers say nothing of a fraction, and one decimal is no evidence beside them."""
    printing = printing_of([x, *others])
    assert matching_tier(x, q, printing) == tier
    candidates = {Fraction(k, q.denominator) for k in range(q.denominator + 1)}
    expected = sum(matching_tier(x, candidate, printing) is not None for candidate in candidates)
    assert fractions_that_fit(x, q.denominator, printing) == expected


@pytest.mark.parametrize("roc_auc", ["0.97", "0.02", "0.0"])
def test_saturated_scores_verify_no_ranking(scored, roc_auc):
    truth = [1] * 10 + [0] * 10
    images = scored.images(truth, [1] * 20, [1.0] * 20)
    found = check_reported(scored.evidence(images, {"roc_auc": roc_auc, "average_precision": "0.75"}, 20)).checks
    auc, ap = (next(c for c in found if c.name == name) for name in ("roc_auc", "average_precision"))
    assert auc.value.tie_interval == (0, 1)
    assert auc.verdict == ap.verdict == Verdict.NOT_VERIFIABLE
    told = "anywhere from 0.000000 to 1.000000: the ranking that was reported cannot be checked"
    assert auc.explanation == f"tied scores leave ROC AUC {told}"
    assert ap.explanation.startswith("tied scores leave average precision anywhere from ")


def test_few_ties_still_verify(scored):
    truth = [1] * 10 + [0] * 10
    confidence = [0.9] * 9 + [0.5] + [0.5] * 3 + [0.9] * 7  # one anomalous image tied with three normal ones
    images = scored.images(truth, truth, confidence)
    score = [c if t else 1 - c for c, t in zip(confidence, truth, strict=True)]
    middle = roc_auc_score(truth, score)
    assert middle == pytest.approx(0.985)

    def verdict(roc_auc):
        found = check_reported(scored.evidence(images, {"roc_auc": roc_auc}, 20)).checks
        return next(check.verdict for check in found if check.name == "roc_auc")

    assert verdict(repr(float(middle))) == Verdict.MATCH
    assert verdict("0.991234") == Verdict.MATCH_WITHIN_TIE_INTERVAL
    assert verdict("0.961234") == Verdict.MISMATCH
