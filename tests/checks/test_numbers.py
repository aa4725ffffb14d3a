from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.checks.numbers.examination import check_numbers, check_reported
from lfv_eval.checks.numbers.examined import NumbersCheck
from lfv_eval.checks.numbers.ranking_bounds import auc_bounds
from lfv_eval.errors import UsageError
from lfv_eval.metrics.counts import ConfusionCounts
from lfv_eval.records import Claim, Evaluation, ModelRef, ReportedMetric

FOLD_0: dict[str, Any] = {"precision": "1.0", "recall": ".941176", "f1": ".969697"}
FOLD_0_RANKING: dict[str, Any] = {"roc_auc": ".993080", "average_precision": ".993808"}


def told(check: NumbersCheck) -> str:
    return "\n".join(check.sentences)


def evaluation(documents: dict[str, dict[str, str]], n_images: dict[str, int | None] | None = None) -> Evaluation:
    return Evaluation(
        reported=tuple(
            ReportedMetric(name=name, value=float(x), printed=x, kind="k", document=uri)
            for uri, metrics in documents.items()
            for name, x in metrics.items()
        ),
        claims=tuple(
            Claim(kind="k", document=uri, model=ModelRef(), n_testing_images=n) for uri, n in (n_images or {}).items()
        ),
    )


def test_five_published_numbers_give_everything() -> None:
    check = check_numbers(**FOLD_0, **FOLD_0_RANKING, n_images=34)
    assert check.verdict == "identified"
    assert check.feasibility is not None
    assert check.feasibility.matrices == (ConfusionCounts(16, 0, 1, 17),)
    values = {value.name: value for value in check.values}
    ratios = {name: Fraction(*value.ratio) for name, value in values.items() if value.ratio}
    assert ratios == {
        "precision": 1,
        "recall": Fraction(16, 17),
        "f1_score": Fraction(32, 33),
        "accuracy": Fraction(33, 34),
        "specificity": 1,
        "roc_auc": Fraction(287, 289),
        "average_precision": Fraction(321, 323),
    }
    intervals = {
        name: (round(value.interval.low, 4), round(value.interval.high, 4))
        for name, value in values.items()
        if value.interval
    }
    assert intervals["recall"] == (0.7302, 0.9895)  # Wilson, as scipy gives it
    assert intervals["roc_auc"] == (0.8677, 0.9996)  # Newcombe 2006, method 5
    assert "of 17 anomalous images the model found 16 and missed 1" in told(check)
    assert "+x16 --+ -x15 (average precision 321/323)" in told(check)
    assert "No threshold gives a higher F1 score" in told(check)


def test_without_the_number_of_images_nothing_is_identified() -> None:
    check = check_numbers(**FOLD_0, **FOLD_0_RANKING)
    assert (check.verdict, check.smallest_n_images, check.rankings) == ("consistent", 34, None)
    assert "34, 51, 68" in told(check)
    assert "multiple of 17" in told(check)
    assert "289 divides" in told(check)


def test_two_decimals_are_told_to_be_too_few() -> None:
    check = check_numbers(precision="1.00", recall="0.94", f1="0.97", n_images=34)
    assert check.verdict == "consistent"
    assert check.resolution is not None
    assert (check.resolution.decimals, check.resolution.enough) == (2, 4)
    shares = {Fraction(k, n) for n in range(1, 35) for k in range(n + 1)}
    in_recall = [q for q in shares if abs(q - Fraction("0.94")) <= Fraction(1, 200)]
    assert check.resolution.n_fitting == {"precision": 1, "recall": len(in_recall)}
    assert f"recall 0.94 stands for {len(in_recall)}" in told(check)
    assert check_numbers(precision="1.0", recall="1.0", n_images=34).verdict == "consistent"


def test_an_impossible_f1_is_told_whatever_the_number_of_images() -> None:
    for n_images in (None, 100):
        check = check_numbers(precision=".90", recall=".80", f1=".80", n_images=n_images)
        assert check.verdict == "impossible"
        assert len(check.sentences) == 1
        assert "from 0.842041 to 0.852076" in told(check)
    assert check_numbers(precision=".9", recall=".8", f1=".8").smallest_n_images == 9


def test_an_impossible_number_of_images_is_told_with_ways_out() -> None:
    check = check_numbers(precision="1.0", recall=".956522", f1=".977778", n_images=22)  # 22/23, 44/45
    assert check.verdict == "impossible"
    assert check.smallest_n_images == 23
    assert "23 images" in told(check)
    check = check_numbers(**FOLD_0, roc_auc=".995000", n_images=34, n_anomaly=17)  # between 575/578 and 576/578
    assert check.verdict == "impossible"
    assert check.disputed == ("roc_auc",)
    assert "Leaving out ROC AUC" in told(check)


def test_an_average_precision_that_no_order_has() -> None:
    check = check_numbers(**FOLD_0, roc_auc=".993080", average_precision=".993000", n_images=34)
    assert check.verdict == "impossible"
    assert "no order of 17 anomalous and 17 normal images" in told(check)


def test_a_threshold_off_every_order_is_told_and_no_error() -> None:
    """Precision and recall of other labels than a threshold on the scores gives: the service can override labels."""
    check = check_numbers(precision="0.937500", recall="0.882353", n_images=34, n_anomaly=17, **FOLD_0_RANKING)
    assert check.verdict == "identified"
    assert "in none of them a threshold gives precision and recall" in told(check)


def test_a_roc_auc_that_no_threshold_with_these_labels_allows() -> None:
    check = check_numbers(roc_auc="0.40", precision="1.00", recall="1.00", n_images=40, n_anomaly=20)
    assert (check.verdict, check.auc_bounds, check.disputed) == ("impossible", (1.0, 1.0), ("roc_auc",))
    assert check.values == ()
    assert "ROC AUC 0.40 cannot belong to the same scores and threshold as precision 1.00" in told(check)
    assert "Leaving out ROC AUC" in told(check)
    other_labels = check_numbers(precision=".500000", recall=".058824", n_images=34, n_anomaly=17, **FOLD_0_RANKING)
    assert other_labels.verdict == "impossible"
    several = check_numbers(roc_auc="0.40", precision="0.90", recall="0.90", n_images=40)
    assert several.verdict == "impossible"
    assert "6 confusion matrices fit precision 0.90 and recall 0.90" in told(several)
    assert check_numbers(roc_auc="0.40", precision="1.00", recall="1.00").verdict == "consistent"


def test_bounds_of_roc_auc_are_those_of_all_orders() -> None:
    """Every order of two by three images, equal scores included: the extremes by brute force."""
    n1, n0 = 2, 3
    reached: dict[tuple[int, int], set[Fraction]] = {}
    for scores in product(range(n1 + n0), repeat=n1 + n0):
        first, second = scores[:n1], scores[n1:]
        auc = sum((Fraction((a > b) + (a >= b), 2) for a in first for b in second), Fraction(0)) / (n1 * n0)
        for limit in range(n1 + n0 + 1):
            point = sum(a >= limit for a in first), sum(b >= limit for b in second)
            reached.setdefault(point, set()).add(auc)
    assert len(reached) == (n1 + 1) * (n0 + 1)
    for (tp, fp), aucs in reached.items():
        assert auc_bounds(ConfusionCounts(tp=tp, fp=fp, fn=n1 - tp, tn=n0 - fp)) == (min(aucs), max(aucs))


def test_percent_and_fractions_may_be_mixed_between_the_two_groups() -> None:
    in_percent: dict[str, Any] = {"precision": "100.0", "recall": "94.1176", "f1": "96.9697"}
    for ranking in (FOLD_0_RANKING, {"roc_auc": "99.3080", "average_precision": "99.3808"}):
        check = check_numbers(**in_percent, **ranking, n_images=34)
        assert check.feasibility is not None
        assert check.feasibility.matrices == (ConfusionCounts(16, 0, 1, 17),)
        assert check.verdict == "identified"


def test_digits_cut_off_are_tried_where_rounding_fails() -> None:
    check = check_numbers(precision="0.894", recall="1.0", f1="0.944", n_images=34)
    assert (check.verdict, check.digits) == ("identified", "cut off")
    assert "cut off" in told(check)


@pytest.mark.parametrize("single", [False, True])
def test_all_digits_in_double_and_single_precision(single: bool) -> None:
    p, f1 = ("0.8947368264198303", "0.9444444179534912") if single else ("0.8947368421052632", "0.9444444444444444")
    check = check_numbers(precision=p, recall="1.0", f1=f1, n_images=34)
    assert check.feasibility is not None
    assert check.feasibility.matrices == (ConfusionCounts(17, 2, 0, 15),)


@pytest.mark.parametrize(
    "text", ["", "abc", "NaN", "sNaN", "inf", "1_0", "0x1", "17/19", "1e-999999999", "0." + "5" * 500]
)
def test_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        check_numbers(precision=text)


@pytest.mark.parametrize("text", ["-0.5", "101", "1e9"])
def test_numbers_out_of_range_are_impossible(text: str) -> None:
    check = check_numbers(recall=text, precision="0.9")
    assert (check.verdict, check.out_of_range) == ("impossible", ("recall",))
    assert f"recall {text} is outside" in told(check)


def test_numbers_of_images_are_checked() -> None:
    wrong_numbers: dict[str, dict[str, Any]] = {
        "number of images: expected at least 1, got 0": {"n_images": 0},
        "number of anomalous images: expected at least 0, got -1": {"n_anomaly": -1},
    }
    for message, wrong in wrong_numbers.items():
        with pytest.raises(UsageError, match=message):
            check_numbers(precision="0.9", **wrong)
    with pytest.raises(UsageError):
        check_numbers(n_images=34)
    assert check_numbers(precision="0.9", n_images=10, n_anomaly=11).verdict == "impossible"
    assert check_numbers(precision="0.9", n_images=10**12).verdict == "consistent"


texts = st.none() | st.decimals(0, 1, places=2).map(str) | st.text("0123456789.eE-+", max_size=8)
sizes = st.none() | st.integers(0, 60)


@given(texts, texts, texts, texts, texts, sizes, sizes)
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_gives_a_check_or_a_refusal(
    p: str | None, r: str | None, f1: str | None, auc: str | None, ap: str | None, n: int | None, n1: int | None
) -> None:
    try:
        check = check_numbers(precision=p, recall=r, f1=f1, roc_auc=auc, average_precision=ap, n_images=n, n_anomaly=n1)
    except UsageError:
        return
    assert check.sentences or check.verdict == "consistent"
    assert (check.verdict == "identified") == bool(check.values)
    assert msgspec.json.decode(msgspec.json.encode(check), type=NumbersCheck) == check


def test_the_document_with_the_most_digits_is_examined() -> None:
    short = {"precision": "1.0", "recall": "0.94", "f1_score": "0.97"}
    long = {"precision": "1.0", "recall": "0.9411764705882353", "f1_score": "0.9696969696969697"}
    reported = evaluation({"short": short, "long": long}, {"short": 34, "long": None})
    check = check_reported(reported)
    assert check is not None
    assert check.numbers.document == "long"
    assert check.numbers.n_images == 34
    assert check.feasibility is not None
    assert ConfusionCounts(16, 0, 1, 17) in check.feasibility.matrices


def test_odd_documents_do_not_break_it() -> None:
    assert check_reported(Evaluation()) is None
    assert check_reported(evaluation({"d": {"precision": "1E-0400"}}, {"d": 0})) is None
    check = check_reported(evaluation({"d": {"precision": "-0.0", "recall": "0"}}, {"d": -5}))
    assert check is not None
    assert check.verdict == "consistent"
    check = check_reported(evaluation({"d": {"precision": "-0.1"}}))
    assert check is not None
    assert check.verdict == "impossible"
    labelled = ReportedMetric(name="precision", label="scratch", value=0.5, printed="0.5", kind="k", document="d")
    undefined = ReportedMetric(name="precision", value=None, printed="null", kind="k", document="d")
    assert check_reported(Evaluation(reported=(labelled, undefined))) is None


def test_documents_of_real_images(public_folder: Path) -> None:
    counts = json.loads((public_folder / "expected.json").read_text())["recomputed"]["counts"]
    matrix = ConfusionCounts(**{cell: counts[cell] for cell in ("tp", "fp", "fn", "tn")})
    described = json.loads((public_folder / "describe-model.json").read_text(), parse_float=str)
    in_single = described["ModelDescription"]["Performance"]
    (path,) = public_folder.glob("EvaluationResult-*.json")
    in_double = json.loads(path.read_text(), parse_float=str)["AggregatedEvaluationResults"]["Metrics"]
    for metrics in (in_single, in_double):
        check = check_numbers(
            precision=metrics["Precision"],
            recall=metrics["Recall"],
            f1=metrics["F1Score"],
            roc_auc=metrics.get("ROCAUC"),
            average_precision=metrics.get("AveragePrecision"),
            n_images=matrix.n,
        )
        assert check.verdict in ("identified", "consistent")
        assert check.feasibility is not None
        assert matrix in check.feasibility.matrices
        n_anomaly = matrix.tp + matrix.fn
        alone = check_numbers(
            precision=metrics["Precision"], recall=metrics["Recall"], n_images=matrix.n, n_anomaly=n_anomaly
        )
        assert alone.feasibility is not None
        assert alone.feasibility.matrices == (matrix,)
