"""What an audit says of reports that disagree: nothing stays silent, and nothing is claimed on thin evidence."""

import dataclasses
import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.checks.causes.accidental import matrix_rate
from lfv_eval.checks.causes.case import Case
from lfv_eval.checks.causes.explanations import explain
from lfv_eval.checks.causes.of_edits import one_flip, two_flips
from lfv_eval.checks.causes.target import Number, Target
from lfv_eval.checks.printed import printing_of
from lfv_eval.metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from lfv_eval.model_audit import compute
from lfv_eval.registry import Evidence, load_all
from lfv_eval.results import HOLDING
from lfv_eval.settings import Settings
from lfv_eval.sources.opening import open_source
from lfv_eval.sources.reading import read_documents
from lfv_eval.sources.selection import Wanted, select
from lfv_eval.sources.source import AwsAccess
from lfv_eval.testing import make_evaluation, tamper, tamper_line
from lfv_eval.verdicts import Check, MetricValue, Verdict

SHARES = ("precision", "recall", "f1_score")
METRICS = {
    "Precision": "precision",
    "Recall": "recall",
    "F1Score": "f1_score",
    "ROCAUC": "roc_auc",
    "AveragePrecision": "average_precision",
}


def evidence_in(folder):
    """Everything read from a folder, as an audit does it."""
    aws = AwsAccess(session=None, profile=None, region=None, endpoint_url=None, expected_bucket_owner=None)
    documents = {"manifest": None, "result": None, "describe_model": None}
    with open_source(
        folder, documents=documents, project=None, model_version=None, aws=aws, on_progress=None
    ) as source:
        located = source.locate()
        fragments = read_documents(located.documents, Settings())
        wanted = Wanted(project=None, version=None)
        evaluation = select(fragments, wanted, target=str(folder), explicit=located.explicit)
        return compute(evaluation, Settings(), source)


def judge(evaluation, folder):
    """All checks of a synthetic evaluation, explained once, whether or not the corridor does so by itself."""
    evaluation.write(folder)
    evidence = evidence_in(folder)
    return explain(evidence, [check for one in load_all("checks").values() for check in one.check(evidence).checks])


def open_checks(checks):
    return [check for check in checks if check.verdict in ("MISMATCH", "HYPOTHESIS", "EXPLAINED")]


@pytest.fixture(scope="module")
def honest():
    return make_evaluation(seed=3, with_images=False, segmentation=False)


def test_what_holds_is_left_alone(honest, tmp_path):
    checks = judge(honest, tmp_path)
    assert {check.verdict for check in checks} == {"MATCH"}
    assert {check.cause for check in checks} == {None}


@pytest.mark.parametrize("line", [5, 17, 33, 38])
def test_flipped_label_line_is_named(honest, tmp_path, line):
    checks = open_checks(judge(tamper_line(honest, edit="flip-truth", line=line), tmp_path))
    assert {check.cause for check in checks} == {"one-flip"}
    assert {check.verdict for check in checks} == {"EXPLAINED"}
    assert f"cause: line {line} labelled" in checks[0].explanation
    assert "precision, recall, F1 score, ROC AUC, average precision and the number of images agree" in (
        checks[0].explanation
    )


@pytest.mark.parametrize("line", [17, 33])
def test_flipped_prediction_line_is_named(honest, tmp_path, line):
    checks = open_checks(judge(tamper_line(honest, edit="flip-prediction", line=line), tmp_path))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "one-flip")}
    assert f"line {line} predicted" in checks[0].explanation


@pytest.mark.parametrize(
    ("line", "kind"), [(5, "anomalous and predicted anomaly"), (33, "normal and predicted normal")]
)
def test_removed_line_is_described(honest, tmp_path, line, kind):
    checks = open_checks(judge(tamper_line(honest, edit="drop", line=line), tmp_path))
    assert {(check.verdict, check.cause) for check in checks} == {("EXPLAINED", "rows-missing")}
    assert f"an image missing from the manifest ({kind})" in checks[0].explanation
    assert checks[0].kind == "count"


def test_duplicate_lines_and_inverted_numbers_change_nothing_by_themselves(honest, tmp_path):
    for edit in ("duplicate", "invert-number"):
        checks = judge(tamper_line(honest, edit=edit, line=17), tmp_path / edit)
        assert {check.verdict for check in checks} == {"MATCH"}


@pytest.mark.parametrize("metric", list(METRICS))
def test_single_forged_number_has_no_cause_in_the_data(honest, tmp_path, metric):
    (check, *pairs) = open_checks(judge(tamper(honest, metric=metric, by=-0.05), tmp_path))
    assert (check.name, check.verdict, check.cause) == (METRICS[metric], "MISMATCH", None)
    assert "no cause found among" in check.explanation
    assert "5 other numbers of the document agree" in check.explanation
    assert all(pair.kind == "documents" for pair in pairs)
    assert all("is the one that disagrees with the evidence" in pair.explanation for pair in pairs)


def test_percent_among_fractions(honest, tmp_path):
    content = json.loads(honest.files[honest.result_path])
    metrics = content["AggregatedEvaluationResults"]["Metrics"]
    metrics["Precision"] = 73.68  # 14/19, among numbers with sixteen digits
    forged = dataclasses.replace(honest, files={**honest.files, honest.result_path: json.dumps(content).encode()})
    check = next(check for check in open_checks(judge(forged, tmp_path)) if check.name == "precision")
    assert (check.verdict, check.cause) == ("HYPOTHESIS", "percent-for-fraction")
    assert check.accidental_rate < 0.001


def test_few_digits_among_many(scored):
    truth, predicted, scores, confidence = scored.model(np.random.default_rng(13), distance=1.8)
    metrics = scored.metrics(truth, predicted, scores)
    metrics["recall"] = f"{metrics['recall']:.3f}"
    (check,) = open_checks(scored.explained(scored.evidence(scored.images(truth, predicted, confidence), metrics, 34)))
    assert (check.verdict, check.cause) == ("HYPOTHESIS", "fewer-digits")
    assert 0 < check.accidental_rate < 0.01


def test_f1_of_rounded_precision_and_recall(scored):
    truth, predicted = np.repeat([1, 0], [15, 15]), np.repeat([1, 0, 1, 0], [13, 2, 4, 11])
    shown = {"precision": "0.76", "recall": "0.87", "f1_score": "0.8113"}  # 2PR/(P+R) of these; 26/32 = 0.8125
    evidence = scored.evidence(scored.images(truth, predicted, np.full(30, 0.75)), shown, 30)
    checks = {check.name: check for check in scored.explained(evidence)}
    assert checks["f1_score"].verdict not in HOLDING
    assert checks["f1_score"].cause is None or "fewer-digits" in checks["f1_score"].cause


def two_documents(scored, rng, numbers, others, version="2"):
    truth, predicted, _, confidence = scored.model(rng, distance=1.8)
    more = [("describe_model", "d.json", others)]
    return scored.evidence(scored.images(truth, predicted, confidence), numbers, 34, more=more)


def test_two_documents_of_another_test_run(scored):
    rng = np.random.default_rng(5)
    truth, predicted, scores, _ = scored.model(rng, distance=1.2)
    other = scored.metrics(truth, predicted, scores)
    evidence = two_documents(scored, rng, other, {name: other[name] for name in SHARES})
    checks = open_checks(scored.explained(evidence))
    assert {(check.verdict, check.cause) for check in checks} == {("HYPOTHESIS", "other-model-version")}
    assert {check.accidental_rate for check in checks} == {1.0}  # any other run would fit


def test_document_that_names_another_version(scored):
    rng = np.random.default_rng(5)
    truth, predicted, scores, confidence = scored.model(rng, distance=1.8)
    own = scored.metrics(truth, predicted, scores)
    others = {"precision": 0.71, "recall": 0.83, "f1_score": 0.7654}
    evidence = scored.evidence(
        scored.images(truth, predicted, confidence), own, 34, more=[("describe_model", "d.json", others)]
    )
    claims = [
        dataclasses.replace(
            claim, model=dataclasses.replace(claim.model, version="3" if claim.document == "d.json" else "1")
        )
        for claim in evidence.evaluation.claims
    ]
    manifest = dataclasses.replace(claims[0], kind="evaluation_manifest", document="m.json", n_testing_images=None)
    evaluation = dataclasses.replace(evidence.evaluation, claims=(*claims, manifest))
    checks = scored.explained(dataclasses.replace(evidence, evaluation=evaluation))
    wrong = [check for check in open_checks(checks) if check.document == "d.json"]
    assert {check.cause for check in wrong} == {"other-model-version"}
    assert "version 3 against 1" in wrong[0].explanation
    assert {c.verdict for c in checks if c.document == "r.json" and c.kind == "recomputed"} == {"MATCH"}


def test_label_metrics_count_as_further_numbers(scored):
    """A duplicate that DescribeModel alone would leave open is confirmed by the label's average IoU."""
    truth, predicted, scores, confidence = scored.model(np.random.default_rng(2), distance=1.8)
    rows = np.append(np.arange(34), 16)
    uris = [f"s3://b/{index}.jpg" for index in rows]
    exclusion = np.append(np.zeros(34, np.int8), 3)
    images = scored.images(truth[rows], predicted[rows], confidence[rows], uris, exclusion)
    pixels = [
        ImagePixels(uris[i], bool(predicted[i]), bool(truth[i]), (PixelRow("dent", "ignore", 10 + i, 40 + i, 50 + i),))
        for i in range(34)
    ]
    counts = MaskCounts.of(pixels, ["ignore"])
    ious = [(10 + i) / (80 + i) for i in rows]
    evidence = scored.evidence(images, scored.metrics(truth[rows], predicted[rows], scores[rows]), 35)
    evidence = Evidence(
        evaluation=evidence.evaluation,
        values=evidence.values,
        states={**evidence.states, "segmentation": type("State", (), {"counts": counts})()},
        settings=evidence.settings,
    )
    value = MetricValue(name="average_iou", label="dent", definition="mean-truth|alpha:ignore", value=0.1, support=34)
    label = Check(
        kind="recomputed",
        name="average_iou",
        label="dent",
        reported=repr(float(np.mean(ious))),
        document="r.json",
        value=value,
        verdict=Verdict.MISMATCH,
        explanation="differs",
    )
    checks = explain(evidence, [*scored.checks(evidence), label])
    assert (checks[-1].verdict, checks[-1].cause) == ("EXPLAINED", "exact-duplicates-counted")
    assert "average IoU of dent" in checks[0].explanation
    wrong = dataclasses.replace(label, reported=repr(float(np.mean(ious)) + 0.01))
    assert explain(evidence, [*scored.checks(evidence), wrong])[-1].verdict == "MISMATCH"


@settings(max_examples=60)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["precision", "recall", "f1_score", "roc_auc", "average_precision", "n"]),
    st.floats(-0.2, 0.2),
    st.sampled_from([4, 6, 16]),
)
def test_no_edit_of_a_single_number_passes_in_silence(scored, seed, name, by, digits):
    truth, predicted, scores, confidence = scored.model(np.random.default_rng(seed))
    metrics = scored.metrics(truth, predicted, scores)
    n_images = 34
    if name == "n":
        n_images += int(by * 100) or 1
    else:
        edited = metrics[name] + by
        if not 0 < edited < 1 or abs(by) < 2.5 * 10.0**-digits:
            return
        metrics[name] = edited
    evidence = scored.evidence(
        scored.images(truth, predicted, confidence), metrics, n_images, show=lambda v: f"{v:.{digits}f}"
    )
    if not any(c.verdict == Verdict.MISMATCH for c in scored.checks(evidence)):
        # so near that some fraction, order of ties or printing allows it: nothing to be silent about
        assert name in ("precision", "recall", "f1_score", "roc_auc", "average_precision")
        single = 2.0**-23 if name == "average_precision" else 0  # what a sum in single precision may be off
        assert abs(by) <= max(10.0 ** -(digits - 1), single)
        return
    checks = scored.explained(evidence)
    assert any(check.verdict not in HOLDING for check in checks if check.reported is not None)


def unrelated(scored, rng, *, ranked):
    truth, predicted, _, confidence = scored.model(rng)
    if ranked:
        other_truth, other_predicted, other_scores, _ = scored.model(rng)
        metrics = scored.metrics(other_truth, other_predicted, other_scores)
    else:
        tp, fp = int(rng.integers(12, 18)), int(rng.integers(0, 5))
        metrics = {"precision": tp / (tp + fp), "recall": tp / 17, "f1_score": 2 * tp / (tp + fp + 17)}
    return scored.evidence(scored.images(truth, predicted, confidence), metrics, 34, show=lambda value: f"{value:.6f}")


@pytest.mark.parametrize("ranked", [True, False])
def test_unrelated_reports_are_never_explained(scored, ranked):
    rng = np.random.default_rng(20)
    verdicts = []
    for _ in range(300):
        found = {check.verdict for check in scored.explained(unrelated(scored, rng, ranked=ranked))}
        assert Verdict.EXPLAINED not in found
        verdicts.append(Verdict.HYPOTHESIS in found)
    # two flips alone turn one matrix into about 36 % of the others; the ranking metrics rule most of them out
    low, high = (0.02, 0.25) if ranked else (0.25, 0.5)
    assert low < np.mean(verdicts) < high


def test_accidental_rates_are_those_of_enumeration(scored):
    """One, two flips: 19 and 36 % of unrelated reports on 17 + 17 images with six digits, for a matrix well within."""
    truth, predicted = np.repeat([1, 0], [17, 17]), np.repeat([1, 0, 1, 0], [16, 1, 1, 16])
    metrics = {"precision": 0.5, "recall": 0.5, "f1_score": 0.5}
    evidence = scored.evidence(scored.images(truth, predicted, np.linspace(0.5, 0.9, 34)), metrics, 34)
    case = Case.of(evidence)
    target = Target(
        tuple(
            Number.of(check, printing_of(["0.123456"]))
            for check in scored.checks(evidence)
            if check.kind == "recomputed" and check.reported
        )
    )
    own = case.cells[None]
    one = matrix_rate(target, case.cells, [own, one_flip(case).cells])
    two = matrix_rate(target, case.cells, [own, one_flip(case).cells, two_flips(case).cells])
    assert one == pytest.approx(0.19, abs=0.03)
    assert two == pytest.approx(0.36, abs=0.04)


def test_the_rate_is_told(honest, tmp_path):
    checks = open_checks(judge(tamper_line(honest, edit="flip-truth", line=5), tmp_path))
    assert all(0 < check.accidental_rate <= 0.0005 for check in checks)
    assert "% of unrelated reports would seem explained as well" in checks[0].explanation
    assert "unrelated" not in checks[1].explanation  # once is enough


def test_shares_alone_are_never_more_than_a_hypothesis(honest, tmp_path):
    """DescribeModel reports three numbers, which one flip out of many explains."""
    flipped = tamper_line(honest, edit="flip-truth", line=5)
    files = {path: body for path, body in flipped.files.items() if path != flipped.result_path}
    checks = open_checks(judge(dataclasses.replace(flipped, files=files), tmp_path))
    assert {check.verdict for check in checks} == {"HYPOTHESIS"}
    assert all(check.accidental_rate > 0.02 for check in checks)
    assert "one of lines" in checks[0].explanation


def test_a_number_that_another_document_confirms_is_no_matter_of_the_data(honest, tmp_path):
    content = json.loads(honest.files[honest.result_path])
    numbers = content["AggregatedEvaluationResults"]["Metrics"]
    numbers |= {"Precision": 15 / 20, "Recall": 15 / 20, "F1Score": 15 / 20}  # as one flip and one more would give
    forged = dataclasses.replace(honest, files={**honest.files, honest.result_path: json.dumps(content).encode()})
    checks = [check for check in open_checks(judge(forged, tmp_path)) if check.kind == "recomputed"]
    assert {check.document_kind for check in checks} == {"evaluation_result"}
    assert {check.verdict for check in checks} == {"MISMATCH"}


def test_scores_with_four_digits_do_not_hide_a_flip(tmp_path):
    made = make_evaluation(seed=3, with_images=False, segmentation=False, confidence_digits=2)
    checks = open_checks(judge(tamper_line(made, edit="flip-truth", line=33), tmp_path))
    assert any(check.cause and "one-flip" in check.cause for check in checks)


def test_large_sets_are_searched_in_bounded_time(tmp_path):
    made = make_evaluation(seed=3, n_anomaly=1500, n_normal=2500, with_images=False, segmentation=False)
    tampered = tamper_line(tamper_line(made, edit="flip-truth", line=30), edit="flip-prediction", line=3000)
    tampered.write(tmp_path)
    evidence = evidence_in(tmp_path)
    checks = [check for one in load_all("checks").values() for check in one.check(evidence).checks]
    start = time.process_time()
    found = open_checks(explain(evidence, checks))
    assert time.process_time() - start < 5
    assert {check.cause for check in found} == {"two-flips"}


def test_without_a_manifest_nothing_is_searched(scored):
    evidence = scored.evidence(scored.images([], [], []), {"recall": 0.5}, 34)
    assert explain(evidence, scored.checks(evidence)) == scored.checks(evidence)
