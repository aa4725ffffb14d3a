import json
import pickle

import pytest
from scipy import stats

from lfv_eval.comparing.folds import kfold_summary
from lfv_eval.errors import DocumentError, UsageError
from lfv_eval.fold_summary import KFoldSummary
from lfv_eval.reports.comparison_report import render

FOLDS = [
    (34, 1.0, 0.941176, 0.969697, 0.993080),
    (34, 0.894737, 1.0, 0.944444, 0.958478),
    (32, 0.937500, 0.937500, 0.937500, 0.941406),
]


@pytest.fixture
def public_folds(reported):
    """The numbers of the k-fold notebook of the service's Python SDK: three results without images."""
    return kfold_summary([reported(*fold, version=str(i)) for i, fold in enumerate(FOLDS, start=1)])


def test_three_published_folds(public_folds):
    pooled = {value.name: value for value in public_folds.pooled}
    assert pooled["recall"].ratio == (16 + 17 + 15, 17 + 17 + 16)
    assert pooled["precision"].ratio == (48, 48 + 0 + 2 + 1)
    assert pooled["f1_score"].ratio == (96, 96 + 3 + 2)
    assert pooled["specificity"].ratio == (17 + 15 + 15, 50)
    oracle = stats.binomtest(48, 50).proportion_ci(0.95, method="wilson")
    interval = pooled["recall"].interval
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    spread = next(s for s in public_folds.spreads if s.name == "f1_score")
    assert spread.values == pytest.approx((32 / 33, 17 / 18, 15 / 16), abs=1e-12)
    assert (spread.low, spread.high) == (spread.values[2], spread.values[0])
    assert spread.mean == pytest.approx((32 / 33 + 17 / 18 + 15 / 16) / 3, abs=1e-15)
    tested = {s.name: s.distinguishable for s in public_folds.spreads}
    assert tested["recall"] is tested["f1_score"] is tested["roc_auc"] is False
    assert "no confidence interval" in public_folds.notes[0]
    assert "50 %" in public_folds.notes[0]


@pytest.fixture
def fold(audit_of):
    """Audits a fold of 50 anomalous images, some of them missed, and 50 normal ones."""

    def make(i, n_missed):
        said = ["normal"] * n_missed + ["anomaly"] * (50 - n_missed)
        rows = [(f"s3://b/{i}-{k}.png", "anomaly", predicted, 0.9) for k, predicted in enumerate(said)]
        return audit_of([*rows, *((f"s3://b/{i}-n{k}.png", "normal", "normal", 0.9) for k in range(50))])

    return make


def test_many_pairs_of_folds_need_stronger_evidence(fold):
    folds = [fold(1, 0), fold(2, 5), fold(3, 2)]
    recall = [next(s for s in kfold_summary(folds[:k]).spreads if s.name == "recall") for k in (2, 3)]
    assert [spread.distinguishable for spread in recall] == [True, False]


def test_folds_that_differ_beyond_chance(fold):
    summary = kfold_summary([fold(1, 0), fold(2, 1), fold(3, 25)])
    tested = {s.name: s.distinguishable for s in summary.spreads}
    assert tested["recall"] is tested["f1_score"] is True
    assert tested["specificity"] is False


def test_nothing_is_pooled_where_a_fold_is_unknown(reported):
    summary = kfold_summary([reported(*FOLDS[0]), reported(34, 0.89, 1.0, 0.94, 0.96, version="2")])
    assert summary.pooled == ()
    assert any("Nothing is pooled" in note for note in summary.notes)
    spread = next(s for s in summary.spreads if s.name == "f1_score")
    assert spread.distinguishable is None
    assert (spread.low, spread.high) == (0.94, pytest.approx(32 / 33))
    assert [fold.n_anomaly for fold in summary.folds] == [17, None]


def test_folds_with_images_pool_their_images(audited):
    folds = [
        audited(seed=seed, version=str(seed), prefix=f"fold-{seed}/", n_anomaly=9, n_normal=11) for seed in (1, 2, 3)
    ]
    summary = kfold_summary(folds, level=0.9)
    cells = [image.outcome for fold in folds for image in fold.images]
    recall = next(value for value in summary.pooled if value.name == "recall")
    assert recall.ratio == (cells.count("TP"), 27)
    assert recall.interval.level == 0.9
    assert summary.doubts == ()


def test_what_are_no_folds_of_one_training_gets_a_warning_and_no_interval(audited):
    one, other = audited(seed=1, prefix="a/"), audited(seed=2, prefix="b/", project="others")
    for summary, why in (
        (kfold_summary([one, one]), "images are in more than one test set"),
        (kfold_summary([one, other]), "of 2 projects (parts, others)"),
    ):
        assert len(summary.doubts) == 1
        assert why in summary.doubts[0]
        assert summary.pooled
        assert all(value.interval is None for value in summary.pooled)
        assert all(spread.distinguishable is None for spread in summary.spreads)
        text = " ".join(render(summary).decode().split())
        assert "WARNING: these may not be the folds of one training" in text
        assert why in text


def test_a_stored_summary_reads_back(public_folds):
    assert KFoldSummary.from_json(public_folds.to_json()) == public_folds == pickle.loads(pickle.dumps(public_folds))
    assert json.loads(public_folds.to_json(indent=0))["level"] == 0.95
    with pytest.raises(DocumentError, match="expected a k-fold summary"):
        KFoldSummary.from_json(b"{}")


def test_one_fold_is_no_summary(reported):
    with pytest.raises(UsageError, match="at least two"):
        kfold_summary([reported(*FOLDS[0])])
    with pytest.raises(UsageError, match="level"):
        kfold_summary([reported(*FOLDS[0])] * 2, level=95)
