from __future__ import annotations

import pytest

from lfv_eval.checks.definitions.identification import identify
from lfv_eval.checks.definitions.label_verdicts import judge_labels
from lfv_eval.errors import UsageError
from lfv_eval.metrics.labels.mask_counts import MaskCounts
from lfv_eval.verdicts import Verdict


def test_one_tampered_number_stands_alone(masks, two):
    by_label, counts = two
    report = masks.report(by_label, "mean-either", "presence-overlap")
    at = next(i for i, r in enumerate(report) if (r.label, r.name) == ("b", "recall"))
    report[at] = masks.reported("recall", "b", repr(report[at].value + 0.01))
    found = identify(report, counts)
    prf = found.family("precision_recall")
    assert (prf.definition, prf.complete, prf.missed) == ("presence-overlap", False, (("b", "recall"),))
    assert [fit.label for fit in prf.by_label] == ["a"]
    checks = judge_labels(report, counts, found)
    assert [c.verdict == Verdict.MISMATCH for c in checks] == [i == at for i in range(len(report))]
    assert "differs by +0.01" in checks[at].explanation and "no other definition" in checks[at].explanation
    assert checks[at].value.definition == "presence-overlap|alpha:ignore"
    some_left_out = judge_labels(report, counts, found, n_left_out=2)
    assert some_left_out[at].verdict == Verdict.NOT_VERIFIABLE and some_left_out[at].value.n_left_out == 2


def test_numbers_that_only_print_alike(masks):
    """Two definitions give .33 and neither is the default."""
    images = [
        masks.Image(100, 100, 70, True, True),
        masks.Image(100, 100, 40, True, True),
        masks.Image(1, 0, 0, True, True),
    ]
    images += [masks.Image(0, 5, 0, True, False)] * 2
    counts = masks.counts({"a": images})
    report = masks.report({"a": images}, "mean-either", None, "{:.1f}".format)
    found = identify(report, counts)
    (family,) = found.families
    assert "mean-either" in {fit.definition for fit in family.fits} and not family.one_value
    (check,) = judge_labels(report, counts, found)
    assert check.verdict == Verdict.HYPOTHESIS  # with one decimal, agreement is no evidence
    assert any(not group.one_value and "printed digits do not show" in group.evidence[0] for group in found.groups)
    assert "so few digits" in check.explanation


@pytest.mark.parametrize(
    ("printed", "verdict"), [("0", "MATCH"), ("0.0", "MATCH"), ("null", "MATCH"), ("0.5", "MISMATCH")]
)
def test_undefined_is_printed_as_nothing(masks, printed, verdict):
    images = [masks.Image(10, 0, 0, True, True), masks.Image(20, 0, 0, False, True)]
    counts = masks.counts({"a": images})
    report = [masks.reported("precision", "a", printed), masks.reported("recall", "a", "0.0")]
    found = identify(report, counts)
    checks = judge_labels(report, counts, found)
    assert [check.verdict for check in checks] == [verdict, "MATCH"]
    assert checks[0].value.value is None and checks[0].value.undefined_because


def test_nothing_to_go_by(masks, two):
    by_label, counts = two
    report = masks.report(by_label, "mean-truth", "presence")
    empty = identify(report, MaskCounts())
    assert empty.chosen is None and empty.notes == ("no image with masks was counted",)
    assert {c.verdict for c in judge_labels(report, MaskCounts(), empty)} == {Verdict.NOT_VERIFIABLE}
    assert identify([masks.reported("recall", None, "0.5")], counts).notes == ("no label number is reported",)
    other = [masks.reported("accuracy", "a", "0.5")]
    assert judge_labels(other, counts, identify(other, counts))[0].verdict == Verdict.NOT_VERIFIABLE
    with pytest.raises(UsageError, match="was not counted"):
        judge_labels(report, counts, identify(report, counts, default_policy="threshold:9"))


@pytest.mark.parametrize("printed", ["null", "NaN", "0", "1.0", "3", "89.5", "1e-300", "0." + "1" * 300, "1e-999"])
def test_no_number_breaks_it(masks, two, printed):
    _, counts = two
    report = [masks.reported(name, "a", printed) for name in ("precision", "recall", "f1_score", "average_iou")]
    found = identify(report, counts)
    assert len(judge_labels(report, counts, found)) == 4
    assert all(0 <= family.accidental_rate <= 1 for family in found.families)
