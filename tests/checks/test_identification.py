from __future__ import annotations

import dataclasses
import time

import msgspec
import numpy as np
import pytest

from lfv_eval.checks.definitions.identification import identify
from lfv_eval.checks.definitions.identified import Choice, Identification
from lfv_eval.checks.definitions.label_verdicts import judge_labels
from lfv_eval.verdicts import Verdict


def decimals(n):
    return lambda number: f"{number:.{n}f}"


def fitting(found, family):
    return {fit.definition for fit in found.family(family).fits}


@pytest.mark.parametrize("show", [repr, decimals(6)])
def test_every_definition_is_identified(masks, two, show):
    by_label, counts = two
    for index, iou in enumerate(masks.IOU):
        prf = masks.PRF[index % len(masks.PRF)]
        found = identify(masks.report(by_label, iou, prf, show), counts)
        assert found.chosen is not None, (iou, prf)
        assert iou in fitting(found, "average_iou") and prf in fitting(found, "precision_recall")
        assert found.family("average_iou").one_value and found.family("precision_recall").one_value
        same = {name for name in masks.IOU if all(masks.iou(i, name) == masks.iou(i, iou) for i in by_label.values())}
        assert fitting(found, "average_iou") == same
        assert found.accidental_rate < 1e-9
        assert found.chosen in found.readings() and len(found.readings()) == len(same) * len(
            fitting(found, "precision_recall")
        )


def test_how_often_few_decimals_identify(masks):
    unique = {n: [] for n in (2, 3, 4, 6)}
    for seed in range(4):
        by_label = masks.sets(100 + seed, n_labels=1, n_images=100)
        counts = masks.counts(by_label)
        for iou in masks.IOU[::2]:
            for n, outcomes in unique.items():
                found = identify(masks.report(by_label, iou, None, decimals(n)), counts)
                assert iou in fitting(found, "average_iou")
                outcomes.append(found.families[0].one_value)
    shares = {n: np.mean(outcomes) for n, outcomes in unique.items()}
    assert 0.2 < shares[2] < 0.9
    assert 0.75 < shares[3] < 1
    assert shares[4] > 0.94
    assert shares[6] == 1


def test_the_accidental_rate_is_what_happens(masks):
    by_label = masks.sets(77, n_labels=1, n_images=100)
    counts = masks.counts(by_label)
    values = [float(v) for name in masks.IOU if (v := masks.iou(by_label["a"], name)) is not None]
    rng = np.random.default_rng(3)
    n, n_reports = 3, 1000
    hits, rates = 0, []
    for number in rng.uniform(min(values), max(values), n_reports):
        # A second number of the document, on the image level, tells how many decimals there are.
        report = [masks.reported("average_iou", "a", f"{number:.{n}f}"), masks.reported("recall", None, "0." + "3" * n)]
        found = identify(report, counts)
        hits += bool(found.families[0].fits)
        rates.append(found.families[0].accidental_rate)
    expected = np.mean(rates)
    assert expected == pytest.approx(len(set(values)) * 1.5 * 10.0**-n / (max(values) - min(values)), rel=0.2)
    assert 0.6 * expected * n_reports < hits < 1.3 * expected * n_reports  # about 100; overlapping values save some


def test_random_numbers_are_not_identified(masks, two):
    _, counts = two
    rng = np.random.default_rng(3)
    identified = 0
    for _ in range(20):
        report = [
            masks.reported(name, label, f"{rng.uniform(0.2, 0.8):.4f}")
            for label in "ab"
            for name in ("precision", "recall", "f1_score", "average_iou")
        ]
        found = identify(report, counts)
        identified += found.chosen is not None
        assert found.accidental_rate < 1e-6
        verdicts = [check.verdict for check in judge_labels(report, counts, found)]
        assert verdicts.count(Verdict.MISMATCH) >= 7
    assert identified == 0


def test_the_default_is_preferred_where_it_fits(masks):
    clean = [masks.Image(n, n, n, True, True) for n in (10, 20, 30)] + [masks.Image(0, 0, 0, True, False)]
    counts = masks.counts({"a": clean}, ("ignore", "opaque"))
    report = masks.report({"a": clean}, "pooled", "presence")
    found = identify(report, counts)
    assert found.chosen == Choice(policy="ignore", average_iou="mean-truth", precision_recall="pixel-pooled")
    assert found.signature_parts == ("aiou:mean-truth", "prf:pixel-pooled", "alpha:ignore")
    # Only the normal image counts differ: 0/0 taken for 0, over all images.
    assert found.family("average_iou").n_distinct == 2
    assert found.family("precision_recall").n_distinct == 1
    told = " ".join(line for group in found.groups for line in group.evidence)
    assert "no mask has partial alpha, so all alpha policies agree" in told
    assert "every image was detected as anomalous" in told
    assert "no image has a predicted mask without truth" in told
    assert all(check.verdict == Verdict.MATCH for check in judge_labels(report, counts, found))
    chosen_default = identify(report, counts, default_average_iou="pooled", default_policy="opaque").chosen
    assert chosen_default == Choice(policy="opaque", average_iou="pooled", precision_recall="pixel-pooled")


@pytest.mark.parametrize(
    ("spoil", "kept_apart", "sentence"),
    [
        ((0, 9, 0, True, False), ("mean-truth", "mean-either"), "no image has a predicted mask without truth"),
        ((9, 0, 0, True, True), ("mean-truth", "mean-both"), "no image has a truth mask without prediction"),
        ((9, 0, 0, False, True), ("mean-truth", "mean-truth+dropped"), "every image was detected as anomalous"),
        (
            (0, 0, 0, True, True),
            ("mean-truth", "mean-anomalous-empty0"),
            "every image that is anomalous by truth has a mask",
        ),
        ((9, 7, 0, True, True), ("mean-both", "mean-overlap"), "truth and predicted mask overlap in every image"),
    ],
)
def test_the_missing_evidence_is_what_is_missing(masks, spoil, kept_apart, sentence):
    images = [
        masks.Image(10, 12, 9, True, True),
        masks.Image(31, 20, 14, True, True),
        masks.Image(0, 0, 0, True, False),
    ]
    without = {"a": images}
    found = identify(masks.report(without, kept_apart[0], "pixel-pooled"), masks.counts(without))
    group = next(g for g in found.groups if g.kind == "average_iou" and g.one_value)
    assert set(kept_apart) <= set(group.members)
    assert any(line.startswith(sentence) for line in group.evidence)
    having = {"a": [*images, masks.Image(*spoil)]}
    found = identify(masks.report(having, kept_apart[0], "pixel-pooled"), masks.counts(having))
    assert kept_apart[0] in fitting(found, "average_iou") and kept_apart[1] not in fitting(found, "average_iou")
    assert not any(line.startswith(sentence) for group in found.groups for line in group.evidence)


def test_gates_of_definitions_that_need_a_prediction_are_one_function(masks, two):
    by_label, counts = two
    found = identify(masks.report(by_label, "mean-both+gated", None), counts)
    (group,) = found.groups
    assert set(group.members) == {"mean-both+gated", "mean-both+dropped"}
    assert group.evidence == ("mean-both+gated and mean-both+dropped agree on any images",)


def test_both_families_must_share_the_alpha_policy(masks, two):
    by_label, _ = two
    shrink = {"ignore": 1, "opaque": 0.8}
    counts = masks.counts(by_label, tuple(shrink), shrink)
    opaque = {
        label: [i._replace(truth=int(i.truth * 0.8), both=int(i.both * 0.8)) for i in images]
        for label, images in by_label.items()
    }
    both = masks.report(opaque, "mean-truth", "pixel-pooled")
    found = identify(both, counts)
    assert found.chosen == Choice(policy="opaque", average_iou="mean-truth", precision_recall="pixel-pooled")
    assert {c.verdict for c in judge_labels(both, counts, found)} == {Verdict.MATCH_OTHER_DEFINITION}
    assert {c.value.definition.partition("|")[2] for c in judge_labels(both, counts, found)} == {"alpha:opaque"}
    mixed = masks.report(opaque, "mean-truth", None) + masks.report(by_label, None, "pixel-pooled")
    found = identify(mixed, counts)
    assert found.chosen is None and not found.readings()
    assert [family.policy for family in found.families] == ["opaque", "ignore"]
    assert all(family.complete for family in found.families)
    assert "no alpha policy reproduces everything" in found.notes[-1]
    assert found.signature_parts == ("aiou:mean-truth", "prf:pixel-pooled", "alpha:ignore")


def test_alpha_policies_that_change_pixels_but_no_number(masks, two):
    by_label, _ = two
    shrink = {"ignore": 1, "threshold:1": 1, "opaque": 0.8}
    report = masks.report(by_label, None, "presence")
    found = identify(report, masks.counts(by_label, tuple(shrink), shrink))
    alpha = next(group for group in found.groups if group.kind == "alpha")
    assert alpha.members == ("ignore", "opaque", "threshold:1") and alpha.one_value
    assert "count different pixels" in alpha.evidence[0]
    mean = identify(masks.report(by_label, "mean-truth", None), masks.counts(by_label, tuple(shrink), shrink))
    (alpha,) = [group for group in mean.groups if group.kind == "alpha"]
    assert alpha.evidence == ("no pixel has an alpha that ignore and threshold:1 read differently",)


def test_one_family_alone(masks, two):
    by_label, counts = two
    report = masks.report(by_label, "pooled+gated", None)
    report += masks.report({name: images[:50] for name, images in by_label.items()}, None, "pixel-pooled")
    found = identify(report, counts)
    iou, prf = found.families
    assert found.chosen is None
    assert (iou.definition, iou.complete, iou.missed) == ("pooled+gated", True, ())
    assert (prf.definition, prf.complete, prf.fits) == (None, False, ())
    assert len(prf.missed) == len(prf.unreproduced) == 6
    assert found.notes[-1] == "average IoU reproduced, precision, recall and F1 score not"
    verdicts = {check.name: check.verdict for check in judge_labels(report, counts, found)}
    assert verdicts == {
        "average_iou": Verdict.MATCH_OTHER_DEFINITION,
        **dict.fromkeys(("precision", "recall", "f1_score"), Verdict.MISMATCH),
    }


def test_labels_are_joined_without_regard_to_spelling(masks, two):
    by_label, counts = two
    report = [
        dataclasses.replace(r, label=f" {r.label.upper()}") for r in masks.report(by_label, "mean-truth", "presence")
    ]
    assert identify(report, counts).chosen.precision_recall == "presence"


def test_an_identification_survives_json(masks, two):
    by_label, counts = two
    found = identify(masks.report(by_label, "mean-both", "pixel-pooled"), counts)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Identification) == found
    assert len(msgspec.json.encode(found)) < 10_000


def test_eight_images_of_known_values(masks):
    """A worked example whose 39 values, 33 of them different, are known as exact fractions."""
    images = [(0, 0, 0, 1, 0), (26, 6, 4, 0, 1), (23, 0, 0, 1, 1), (12, 0, 0, 1, 1)]
    images += [(25, 3, 0, 0, 1), (0, 0, 0, 1, 1), (19, 28, 11, 1, 1), (0, 23, 0, 1, 1)]
    counts = masks.counts({"a": [masks.Image(*i[:3], bool(i[3]), bool(i[4])) for i in images]})
    printed = {
        "pooled": repr(1 / 10),
        "mean-truth": repr(113 / 1260),
        "mean-truth+dropped": repr(11 / 108),
        "mean-all-empty1+gated": repr(83 / 288),
        "mean-truth-area": repr(2399 / 26460),
    }
    for name, number in printed.items():
        report = [masks.reported("average_iou", "a", number), masks.reported("recall", None, repr(1 / 3))]
        found = identify(report, counts)
        assert found.chosen.average_iou == name
        assert found.families[0].n_distinct == 34  # mean-iou-over-half is undefined
    report = [
        masks.reported(*r) for r in (("precision", "a", "0.75"), ("recall", "a", "0.6"), ("f1_score", "a", "0.6667"))
    ]
    found = identify(report, counts)
    assert found.chosen == Choice(policy="ignore", average_iou=None, precision_recall="presence")
    assert found.signature_parts[:2] == ("aiou:mean-truth", "prf:presence")


def test_many_images_and_labels_in_a_second(masks):
    by_label = masks.sets(9, n_labels=5, n_images=400)
    policies = ("ignore", "threshold:1", "threshold:128", "opaque", "threshold:9")
    counts = masks.counts(by_label, policies, dict(zip(policies, (1, 0.95, 0.9, 0.8, 0.93), strict=True)))
    report = masks.report(by_label, "mean-truth", "pixel-pooled", repr)
    started = time.process_time()
    assert identify(report, counts).chosen.policy == "ignore"
    assert time.process_time() - started < 2  # 0.1 s on one idle core
