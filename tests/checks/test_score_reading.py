"""Readings of the confidences, definitions of average precision, and what the threshold tells."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_auc_score

from lfv_eval.checks.scores.definitions import DEFINITIONS, TIES, average_precisions, curve, roc_auc
from lfv_eval.checks.scores.reading import observe_scores, read_scores
from lfv_eval.checks.scores.threshold import f1_is_maximum, is_single_threshold, optimism, threshold_bracket

FOLDS = {
    0: ("+" * 16 + "--+" + "-" * 15, 16, Fraction(287, 289), Fraction(321, 323)),
    1: ("+" * 8 + "-" + "+" * 6 + "-+++" + "-" * 15, 19, Fraction(277, 289), Fraction(188290979, 197873676)),
    2: ("+" * 14 + "-+" + "-" * 13 + "+--", 16, Fraction(241, 256), Fraction(3713, 3840)),
}
"""Rankings of three published folds, best first; how many were called anomaly; ROC AUC and average precision."""


def fold(number):
    order, n_called, _, _ = FOLDS[number]
    truth = np.array([mark == "+" for mark in order])
    scores = np.linspace(0.99, 0.01, len(order))
    return truth, np.arange(len(order)) < n_called, scores


def simulated(rng, process, threshold):
    truth = np.repeat([1, 0], [17, 17])
    latent = np.concatenate([rng.normal(2, 1, 17), rng.normal(0, 1, 17)])
    scores = 1 / (1 + np.exp(1.5 - 1.5 * latent))
    predicted = (scores >= threshold).astype(int)
    confidence = {
        "R1": np.where(predicted == 1, scores, 1 - scores),
        "R2": scores,
        "R5": np.maximum(scores, 1 - scores),
    }[process]
    report = {
        "roc_auc": float(roc_auc_score(truth, scores)),
        "average_precision": float(average_precision_score(truth, scores)),
    }
    return truth, predicted, confidence, report


def readings_found(scored, process, threshold, n=40):
    rng = np.random.default_rng(4)
    found = []
    for _ in range(n):
        truth, predicted, confidence, report = simulated(rng, process, threshold)
        images = scored.images(truth, predicted, confidence)
        (reading,) = read_scores(scored.evidence(images, report, 34, show=lambda value: f"{value:.6f}"))
        found.append({cell.reading for cell in reading.accepted})
    return found


@pytest.mark.parametrize(
    ("process", "threshold", "right"),
    [
        ("R1", 0.5, "predicted-class-confidence"),
        ("R1", 0.3, "predicted-class-confidence"),
        ("R2", 0.5, "confidence-as-score"),
        ("R5", 0.5, "predicted-class-confidence"),
    ],
)
def test_the_reading_behind_a_report_is_found(scored, process, threshold, right):
    found = readings_found(scored, process, threshold)
    assert all(right in readings for readings in found)
    wrong = {"confidence-as-score", "one-minus-confidence", "predicted-class-confidence"} - {right}
    assert not any(wrong & readings for readings in found)
    assert sum("predicted-label" in readings for readings in found) <= 4


def test_confidences_that_cannot_be_turned_back_are_told(scored):
    found = readings_found(scored, "R5", 0.3)
    assert sum(not readings for readings in found) > len(found) / 2
    truth, predicted, confidence, report = simulated(np.random.default_rng(0), "R5", 0.3)
    findings = observe_scores(scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    (told,) = [finding for finding in findings if finding.rule == "score-reading"]
    assert "cannot be turned back" in told.message


def test_another_reading_makes_both_numbers_hold(scored):
    truth, predicted, confidence, report = simulated(np.random.default_rng(1), "R2", 0.5)
    evidence = scored.evidence(scored.images(truth, predicted, confidence), report, 34)
    checks = {check.name: check for check in scored.explained(evidence)}
    assert {checks[name].verdict for name in report} == {"MATCH_OTHER_DEFINITION"}
    assert "confidence-as-score" in checks["roc_auc"].explanation
    (told,) = [finding for finding in observe_scores(evidence) if finding.rule == "score-reading"]
    assert "confidence as the anomaly score itself" in told.message


def test_right_reading_gives_no_finding_about_it(scored):
    truth, predicted, confidence, report = simulated(np.random.default_rng(2), "R1", 0.5)
    findings = observe_scores(scored.evidence(scored.images(truth, predicted, confidence), report, 34))
    assert not [finding for finding in findings if finding.rule == "score-reading"]


# --- average precision


def naive_average_precision(truth, scores, name):
    """By loops over fractions; ties are one threshold."""
    points = []
    for cut in sorted(set(scores), reverse=True):
        tp = sum(1 for t, s in zip(truth, scores, strict=True) if s >= cut and t)
        called = sum(1 for s in scores if s >= cut)
        points.append((Fraction(tp, int(sum(truth))), Fraction(tp, called)))
    if name in ("11-point", "101-point"):
        n = int(name.partition("-")[0])
        return sum(
            max((p for r, p in points if r >= Fraction(t, n - 1)), default=Fraction(0)) for t in range(n)
        ) / Fraction(n)
    total, before, last = Fraction(0), Fraction(0), None
    for index, (r, p) in enumerate(points):
        left = last if last is not None else (p if name == "trapezoid-flat" else Fraction(1))
        height = {
            "step": p,
            "left-step": left,
            "trapezoid": (p + left) / 2,
            "trapezoid-flat": (p + left) / 2,
            "interpolated": max(q for _, q in points[index:]),
        }[name]
        total, before, last = total + (r - before) * height, r, p
    return total


@pytest.mark.parametrize("name", [name for name in DEFINITIONS if name != "davis-goadrich"])
def test_average_precision_definitions_equal_their_formulas(name):
    rng = np.random.default_rng(6)
    for _ in range(15):
        truth = np.append(rng.random(20) < 0.5, [True, False])
        scores = rng.integers(0, 12, 22) / 12
        expected = naive_average_precision(truth.tolist(), scores.tolist(), name)
        assert average_precisions(curve(scores, truth, "grouped"))[name] == pytest.approx(float(expected), abs=1e-12)


def test_davis_goadrich_is_the_limit_of_dense_straight_lines_between_roc_points():
    rng = np.random.default_rng(7)
    for _ in range(5):
        truth = np.append(rng.random(18) < 0.5, [True, False])
        scores = rng.integers(0, 9, 20) / 9
        points = curve(scores, truth, "grouped")
        tp, fp = np.append(0, points.tp), np.append(0, points.fp)
        area = 0.0
        for low in range(len(tp) - 1):
            if tp[low + 1] > tp[low]:
                t = np.linspace(tp[low], tp[low + 1], 20_001)[1:]
                f = fp[low] + (fp[low + 1] - fp[low]) * (t - tp[low]) / (tp[low + 1] - tp[low])
                area += float((t / (t + f)).mean()) * (tp[low + 1] - tp[low])
        found = average_precisions(points)["davis-goadrich"]
        assert found == pytest.approx(area / truth.sum(), abs=2e-4)


def test_step_and_trapezoid_equal_scikit_learn():
    rng = np.random.default_rng(8)
    truth, scores = np.append(rng.random(30) < 0.4, [True, False]), rng.integers(0, 15, 32) / 15
    found = average_precisions(curve(scores, truth, "grouped"))
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert found["step"] == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
    assert found["trapezoid"] == pytest.approx(auc(recall, precision), abs=1e-12)
    assert roc_auc(curve(scores, truth, "grouped")) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_ties_span_the_possible_orders():
    truth, scores = np.array([1, 0, 1, 0, 1, 0], bool), np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.1])
    found = {ties: roc_auc(curve(scores, truth, ties)) for ties in TIES}
    assert found == pytest.approx({"grouped": 11 / 18, "normal-first": 4 / 9, "anomaly-first": 7 / 9})
    assert average_precisions(curve(scores, truth, "normal-first"))["step"] == pytest.approx(8 / 15)


@pytest.mark.parametrize("name", ["left-step", "trapezoid", "interpolated", "11-point", "davis-goadrich"])
def test_report_by_another_definition_holds(scored, name):
    truth, predicted, scores, confidence = scored.model(np.random.default_rng(9), distance=1.5)
    report = scored.metrics(truth, predicted, scores)
    report["average_precision"] = average_precisions(curve(scores, truth == 1, "grouped"))[name]
    checks = {c.name: c for c in scored.explained(scored.evidence(scored.images(truth, predicted, confidence), report))}
    assert checks["average_precision"].verdict == "MATCH_OTHER_DEFINITION"
    assert f"ap:{name}" in checks["average_precision"].explanation
    assert checks["average_precision"].accidental_rate < 1e-9
    assert checks["roc_auc"].verdict == "MATCH"


def test_two_digits_are_no_proof_of_another_definition(scored):
    truth, predicted, scores, confidence = scored.model(np.random.default_rng(9), distance=1.5)
    report = scored.metrics(truth, predicted, scores)
    report["average_precision"] = average_precisions(curve(scores, truth == 1, "grouped"))["trapezoid"]
    shown = scored.evidence(scored.images(truth, predicted, confidence), report, show=lambda value: f"{value:.2f}")
    check = next(c for c in scored.explained(shown) if c.name == "average_precision")
    assert check.verdict in ("MATCH", "HYPOTHESIS")


def test_definitions_that_coincide_are_not_told_apart(scored):
    truth, predicted = np.repeat([1, 0], [10, 10]), np.repeat([1, 0], [10, 10])
    report = {"roc_auc": 1.0, "average_precision": 1.0}
    (reading,) = read_scores(scored.evidence(scored.images(truth, predicted, np.linspace(0.6, 0.9, 20)), report))
    assert len({cell.definition for cell in reading.accepted}) == len(DEFINITIONS)
    assert reading.accepted[0].is_default
    assert reading.same_values


# --- the threshold


@pytest.mark.parametrize("number", list(FOLDS))
def test_published_folds_report_the_highest_f1(scored, number):
    truth, predicted, scores = fold(number)
    assert f1_is_maximum(scores, truth, predicted)
    confidence = np.where(predicted, scores, 1 - scores)
    _, _, roc, precision = FOLDS[number]
    report = {"roc_auc": float(roc), "average_precision": float(precision)}
    evidence = scored.evidence(
        scored.images(truth, predicted, confidence), report, len(truth), show=lambda value: f"{value:.6f}"
    )
    assert {check.verdict for check in scored.checks(evidence) if check.name in report} == {"MATCH"}
    rules = {finding.rule for finding in observe_scores(evidence)}
    assert rules == {"f1-is-max-over-thresholds"}


def test_another_threshold_is_not_the_maximum():
    truth, _, scores = fold(1)
    assert not f1_is_maximum(scores, truth, np.arange(len(truth)) < 12)


@pytest.mark.parametrize(
    ("roc", "n_anomaly", "n_normal", "mean", "high"),
    [
        (0.96, 17, 17, 0.047, 0.102),
        (0.90, 17, 17, 0.060, 0.127),
        (0.96, 10, 10, 0.063, 0.122),
        (0.96, 100, 100, 0.017, 0.042),
        (0.90, 20, 200, 0.077, 0.183),
    ],
)
def test_optimism_of_a_threshold_chosen_on_the_test_images(roc, n_anomaly, n_normal, mean, high):
    found = optimism(roc, n_anomaly, n_normal)
    assert found.mean == pytest.approx(mean, abs=0.006)
    assert found.high == pytest.approx(high, abs=0.012)


def test_no_optimism_without_a_distribution():
    assert optimism(1.0, 10, 10) is None
    assert optimism(0.4, 10, 10) is None


def test_bracket_and_overridden_predictions(scored):
    truth, predicted, scores = fold(2)
    assert is_single_threshold(scores, predicted)
    above, up_to = threshold_bracket(scores, predicted)
    assert above < up_to
    overridden = predicted.copy()
    overridden[3] = False
    assert not is_single_threshold(scores, overridden)
    images = scored.images(truth, overridden, np.where(overridden, scores, 1 - scores))
    (finding,) = [f for f in observe_scores(scored.evidence(images, {})) if f.rule == "no-single-threshold"]
    assert finding.severity == "info"
    assert finding.images == ("s3://b/3.jpg",)


def test_nothing_to_observe_without_scores(scored):
    images = scored.images([1, 0], [1, 0], [np.nan, 0.9])
    assert observe_scores(scored.evidence(images, {"roc_auc": 0.5, "average_precision": 0.5})) == ()
