import dataclasses
import json
import pickle

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score, recall_score, roc_auc_score

import lfv_eval
from lfv_eval.cli.compare import compare as compare_command
from lfv_eval.comparing.two_models import compare
from lfv_eval.comparison import Comparison, Standing
from lfv_eval.errors import DocumentError, UsageError
from lfv_eval.settings import Settings
from lfv_eval.testing import make_evaluation


def rows_of(evaluation):
    """Truth, prediction and anomaly score by reference, straight from the manifest."""
    rows = {}
    for line in evaluation.files[evaluation.manifest_path].splitlines():
        row = json.loads(line)
        said = row["anomaly-label-detected-metadata"]
        score = said["confidence"] if said["class-name"] == "anomaly" else 1 - said["confidence"]
        truth = row["anomaly-label-metadata"]["class-name"]
        rows[row["source-ref"]] = (truth == "anomaly", said["class-name"] == "anomaly", score)
    return rows


def test_two_models_on_the_same_pictures(audited):
    plain = {"with_images": False, "segmentation": False}
    scenario = {"seed": 5, "n_anomaly": 60, "n_normal": 70}
    first, second = (rows_of(make_evaluation(model_seed=seed, **scenario, **plain)) for seed in (1, 2))
    compared = compare(audited(model_seed=1, **scenario), audited(model_seed=2, version="2", **scenario))
    truth, before, score_before = map(np.array, zip(*first.values(), strict=True))
    _, now, score_now = map(np.array, zip(*(second[uri] for uri in first), strict=True))

    assert compared.overlap.same_images
    assert (compared.overlap.n_common, compared.overlap.matched_by) == (130, "source-ref")
    flipped = {(f.uri, f.truth, f.baseline, f.candidate) for f in compared.flipped}
    names = {True: "anomaly", False: "normal"}
    assert flipped == {
        (uri, names[t], names[b], names[n])
        for uri, t, b, n in zip(first, truth.tolist(), before.tolist(), now.tolist(), strict=True)
        if b != n
    }
    for name, of_class in (("recall", True), ("specificity", False)):
        rows = truth == of_class
        found = compared.difference(name)
        gained = int(np.sum((now == truth) & (before != truth) & rows))
        lost = int(np.sum((now != truth) & (before == truth) & rows))
        assert (found.n_gained, found.n_lost, found.n) == (gained, lost, rows.sum())
        assert found.baseline == pytest.approx(recall_score(truth, before, pos_label=of_class), abs=1e-15)
        assert found.candidate == pytest.approx(recall_score(truth, now, pos_label=of_class), abs=1e-15)
        assert found.p_exact == pytest.approx(stats.binomtest(gained, gained + lost).pvalue, abs=1e-12)
    f1 = compared.difference("f1_score")
    assert (f1.baseline, f1.candidate) == pytest.approx((f1_score(truth, before), f1_score(truth, now)), abs=1e-15)
    assert f1.interval.low < f1.difference < f1.interval.high
    auc = compared.difference("roc_auc")
    expected = roc_auc_score(truth, score_now) - roc_auc_score(truth, score_before)
    assert auc.difference == pytest.approx(expected, abs=1e-12)
    assert auc.interval.method == "delong"
    assert compared.difference("accuracy").n == 130
    assert compared.difference("precision").interval is None


def test_few_images_give_no_auc_interval_and_the_reason(audited):
    compared = compare(audited(seed=1, model_seed=1), audited(seed=1, model_seed=2))
    auc = compared.difference("roc_auc")
    assert auc.difference is not None
    assert auc.interval is None
    assert "20 and 20" in auc.without_interval_because


def test_a_stored_comparison_reads_back_and_is_reproducible(audited):
    scenario = {"seed": 2, "n_anomaly": 30, "n_normal": 30}
    first, second = audited(model_seed=1, **scenario), audited(model_seed=2, **scenario)
    stored = [lfv_eval.ModelAudit.from_json(audit.to_json()) for audit in (first, second)]
    compared = compare(first, second)
    assert compare(*stored).to_json() == compared.to_json()
    assert Comparison.from_json(compared.to_json()) == compared == pickle.loads(pickle.dumps(compared))
    assert compare(first, second, seed=1).to_json() != compared.to_json()
    back = compare(second, first)
    recall, mirrored = compared.difference("recall"), back.difference("recall")
    assert (mirrored.difference, mirrored.n_lost) == (-recall.difference, recall.n_gained)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 20_000, b"\xff", '{"baseline": 1}'])
def test_what_is_no_comparison_is_refused(data):
    with pytest.raises(DocumentError, match="expected a comparison"):
        Comparison.from_json(data)


def rows(n_anomaly, n_normal, missed=(), rejected=(), prefix="s3://b/"):
    """Rows of a manifest: all judged rightly but the named ones."""
    return [
        (f"{prefix}anomaly-{i}.png", "anomaly", "normal" if i in missed else "anomaly", 0.9) for i in range(n_anomaly)
    ] + [(f"{prefix}normal-{i}.png", "normal", "anomaly" if i in rejected else "normal", 0.9) for i in range(n_normal)]


@pytest.mark.parametrize(
    ("n_normal", "missed", "rejected", "exit_code"),
    [
        (60, (), (), 0),
        (60, range(20), (), 1),
        (60, (), range(20), 1),
        (40, (), (), 3),  # 52 images are needed
        (60, range(3), (), 3),
    ],
)
def test_exit_codes(audit_of, n_normal, missed, rejected, exit_code):
    baseline = audit_of(rows(60, n_normal))
    compared = compare(baseline, audit_of(rows(60, n_normal, missed, rejected), version="2"))
    assert compared.exit_code() == exit_code
    assert compared.standing is {0: Standing.NOT_WORSE, 1: Standing.WORSE, 3: Standing.OPEN}[exit_code]


def test_fifty_two_images_without_a_flip_are_just_enough(audit_of):
    for n, exit_code in ((51, 3), (52, 0)):
        same = rows(n, n, missed=range(5))
        assert compare(audit_of(same), audit_of(same)).exit_code() == exit_code


def test_too_few_images_are_told_with_the_number_needed(audit_of):
    compared = compare(audit_of(rows(20, 60)), audit_of(rows(20, 60)))
    recall, specificity = compared.judgements
    assert (recall.standing, specificity.standing) == (Standing.OPEN, Standing.NOT_WORSE)
    assert recall.smallest_margin == pytest.approx(0.119, abs=5e-4)
    assert (recall.n_images, recall.images_needed) == (20, 52)
    assert recall.detectable_drop == pytest.approx(0.352, abs=5e-4)
    assert "too few images" in recall.explanation
    assert "52" in recall.explanation
    assert compare(audit_of(rows(20, 60)), audit_of(rows(20, 60)), margin=0.12).exit_code() == 0


def test_a_significant_drop_within_the_margin_is_confirmed_but_told(audit_of):
    compared = compare(audit_of(rows(400, 60)), audit_of(rows(400, 60, missed=range(7))))
    assert compared.exit_code() == 0
    assert "measurably lower" in compared.judgements[0].explanation
    assert compared.significant[0].name == "recall"


def test_a_drop_around_the_margin_is_open_and_told(audit_of):
    compared = compare(audit_of(rows(100, 60)), audit_of(rows(100, 60, missed=range(8))))
    assert compared.exit_code() == 3
    assert "measurably lower, yet not certainly" in compared.judgements[0].explanation
    assert compared.judgements[0].images_needed_as_seen is None


def test_relabelled_images_are_listed_and_left_out(audit_of):
    candidate = rows(60, 60)
    candidate[0] = (candidate[0][0], "normal", "normal", 0.9)
    compared = compare(audit_of(rows(60, 60)), audit_of(candidate))
    assert [(i.uri, i.baseline_truth, i.candidate_truth) for i in compared.relabelled] == [
        ("s3://b/anomaly-0.png", "anomaly", "normal")
    ]
    assert (compared.overlap.n_common, compared.overlap.n_relabelled) == (120, 1)
    assert compared.flipped == ()
    assert [judgement.n_images for judgement in compared.judgements] == [59, 60]
    assert any("another truth label" in note for note in compared.notes)


def test_a_larger_test_set_is_compared_on_what_both_were_tested_on(audit_of):
    compared = compare(audit_of(rows(60, 60)), audit_of(rows(90, 100, missed=range(60, 90))))
    assert compared.overlap.paired
    assert not compared.overlap.same_images
    assert compared.difference("recall").candidate == 1  # the missed ones are new
    assert any("Only the 120 common images" in note for note in compared.notes)
    assert any("trained on" in note for note in compared.notes)


def test_a_moved_data_set_is_recognised(audit_of):
    compared = compare(audit_of(rows(60, 60)), audit_of(rows(60, 60, prefix="s3://elsewhere/copy/")))
    assert (compared.overlap.matched_by, compared.exit_code()) == ("path", 0)
    assert any("differ in one prefix" in note for note in compared.notes)


def test_different_images_are_compared_as_independent_sets(audit_of):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    compared = compare(audit_of(rows(50, 40, range(5))), audit_of(rows(60, 45, range(3), prefix="s3://c/x-")))
    assert not compared.overlap.paired
    assert compared.overlap.n_common == 0
    recall = compared.difference("recall")
    low, high = proportion.confint_proportions_2indep(57, 60, 45, 50, method="newcomb", compare="diff")
    assert (recall.interval.low, recall.interval.high) == pytest.approx((low, high), abs=1e-9)
    low, high = proportion.confint_proportions_2indep(57, 60, 45, 50, method="newcomb", compare="diff", alpha=0.1)
    judged = compared.judgements[0]
    assert (judged.interval.low, judged.interval.high) == pytest.approx((low, high), abs=1e-9)
    assert judged.n_images == 50
    assert {d.name for d in compared.differences} >= {"precision", "f1_score", "roc_auc", "average_precision"}
    assert recall.p_value is None


def test_a_few_common_images_do_not_make_a_pair(audit_of):
    compared = compare(audit_of(rows(60, 60)), audit_of(rows(60, 60, prefix="s3://c/")[:-10] + rows(60, 60)[:10]))
    assert (compared.overlap.n_common, compared.overlap.paired) == (10, False)
    assert any("10 images in common" in note for note in compared.notes)


FOLDS = [
    (34, 1.0, 0.941176, 0.969697, 0.993080),
    (34, 0.894737, 1.0, 0.944444, 0.958478),
    (32, 0.937500, 0.937500, 0.937500, 0.941406),
]


@pytest.mark.parametrize(
    ("first", "second", "f1", "recall"),
    [
        (0, 1, (0.025, -0.107, 0.158), (-0.059, -0.270, 0.132)),
        (0, 2, (0.032, -0.102, 0.179), None),
        (1, 2, (0.007, -0.131, 0.157), None),
    ],
)
def test_reported_numbers_alone_are_compared_through_their_only_matrix(reported, first, second, f1, recall):
    compared = compare(reported(*FOLDS[second]), reported(*FOLDS[first], version="2"))
    assert compared.baseline.counted_from == compared.candidate.counted_from == "reported"
    for name, known in (("f1_score", f1), ("recall", recall)):
        found = compared.difference(name)
        if known:
            assert (found.difference, found.interval.low, found.interval.high) == pytest.approx(known, abs=5e-4)
    assert compared.significant == ()
    assert compared.exit_code() == 3


def test_reported_numbers_that_fit_several_matrices_have_no_interval(reported):
    compared = compare(reported(34, 0.89, 1.0, 0.94, 0.96), reported(*FOLDS[0], version="2"))
    assert compared.baseline.counted_from is None
    assert compared.difference("recall").difference == pytest.approx(-1 / 17, abs=1e-6)
    assert compared.difference("recall").interval is None
    assert not compared.testable
    assert compared.exit_code() == 3
    assert compared.judgements[1].explanation.startswith("specificity is not known")


def test_what_makes_a_comparison_doubtful_is_noted(audited, audit_of):
    audit, unnamed = audited(), audit_of(rows(2, 2))
    assert any("same model version" in note for note in compare(audit, audit).notes)
    assert not any("same model version" in note for note in compare(unnamed, unnamed).notes)
    other = dataclasses.replace(audit, signature=audit.signature.replace("duplicates:first", "duplicates:last"))
    notes = compare(audit, other).notes
    assert any("different conventions" in note and "duplicates:first / duplicates:last" in note for note in notes)
    assert any("Every metric can depend on duplicates:first" in note for note in notes)


def test_metrics_of_different_conventions_are_not_compared(tmp_path):
    make_evaluation().write(tmp_path)
    one, other = (
        lfv_eval.audit(tmp_path, settings=Settings(alpha_policy=policy)) for policy in ("ignore", "threshold:128")
    )
    compared = compare(one, other)
    for difference in compared.differences:
        affected = difference.label is not None
        assert (difference.difference is None) == affected
        told = "alpha:ignore / alpha:threshold:128" in (difference.without_interval_because or "")
        assert told == affected
    assert any("alpha:ignore / alpha:threshold:128" in note for note in compared.notes)
    assert not any("Every metric" in note for note in compared.notes)


def test_a_stored_audit_that_cannot_be_read_is_named_first(tmp_path):
    path = tmp_path / "old.json"
    path.write_text('{"signature": 1}')
    with pytest.raises(DocumentError, match="expected an audit document") as refused:
        compare_command(str(path), str(path), quiet=True)
    assert str(refused.value).startswith(f"{path}: ")


def test_an_audit_with_a_disagreement_is_noted(tmp_path, audited):
    make_evaluation(with_images=False, segmentation=False).write(tmp_path)
    path = tmp_path / "EvaluationResult-parts-1.json"
    document = json.loads(path.read_text())
    document["AggregatedEvaluationResults"]["Metrics"]["Recall"] = 0.123456
    path.write_text(json.dumps(document))
    notes = compare(lfv_eval.audit(tmp_path), audited(version="2")).notes
    assert any("audit of the baseline found disagreements" in note for note in notes)


@pytest.mark.parametrize("choice", [{"margin": 0}, {"margin": 5}, {"level": 0.5}, {"level": 95}, {"seed": -1}])
def test_choices_without_sense_are_refused(audit_of, choice):
    audit = audit_of(rows(2, 2))
    with pytest.raises(UsageError):
        compare(audit, audit, **choice)


def test_one_class_alone_stays_open(audit_of):
    compared = compare(audit_of(rows(60, 0)), audit_of(rows(60, 0)))
    assert compared.exit_code() == 3
    assert compared.difference("specificity").difference is None
    assert compared.difference("roc_auc").without_interval_because == "the common images are all of one class"
    assert compare(audit_of(rows(0, 60)), audit_of(rows(0, 60))).difference("f1_score").difference is None
