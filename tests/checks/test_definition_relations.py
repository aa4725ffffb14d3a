from __future__ import annotations

import time
from fractions import Fraction
from math import gcd

import msgspec
import numpy as np
import pytest

from lfv_eval.checks.definitions.relations import Relations, relations
from lfv_eval.metrics.labels.precision_recall_definitions import PRECISION_RECALL

MEAN_F1 = ("pixel-mean-truth", "pixel-mean-either")
PRESENCE = ("presence", "presence-overlap", "presence-iou50")
N_SETS = 12
N_IMAGES = 60


@pytest.fixture(scope="module")
def simulated(masks):
    rng = np.random.default_rng(11)
    return [{"a": masks.label(rng, N_IMAGES)} for _ in range(N_SETS)]


def held(found, rule):
    (relation,) = [relation for relation in found.relations if relation.rule == rule]
    return relation.holds


def of_pair(masks, simulated, iou, prf, show=repr):
    return [relations(masks.report(images, iou, prf, show), N_IMAGES) for images in simulated]


def six(number):
    return f"{number:.6f}"


@pytest.mark.parametrize("show", [repr, six])
@pytest.mark.parametrize("gate", ["", "+gated", "+dropped"])
def test_pooled_numbers_determine_each_other(masks, simulated, gate, show):
    for iou, prf in (("pooled", "pixel-pooled"), ("pooled-truth", "pixel-pooled-truth")):
        found = of_pair(masks, simulated, iou + gate, prf + gate, show)
        assert all(held(one, "iou-of-f1") for one in found)
    for iou in ("mean-truth", "mean-either", "mean-both", "mean-truth-area"):
        found = of_pair(masks, simulated, iou + gate, "pixel-pooled" + gate, show)
        assert not any(held(one, "iou-of-f1") for one in found)
        assert all(("pooled", "pixel-pooled") not in one.possible_pairs for one in found)


@pytest.mark.parametrize("show", [repr, six])
@pytest.mark.parametrize("prf", PRECISION_RECALL)
def test_only_a_mean_of_f1_scores_is_not_harmonic(masks, simulated, prf, show):
    found = of_pair(masks, simulated, "mean-truth", prf, show)
    if prf in MEAN_F1:
        assert all(held(one, "f1-harmonic") is False for one in found)
        assert all(set(one.possible) == set(MEAN_F1) for one in found)
    else:
        # Where 0 hits leave 0/0, or all are hits, there is nothing to decide.
        assert all(held(one, "f1-harmonic") is not False for one in found)
        assert np.mean([held(one, "f1-harmonic") is True for one in found]) > 0.6


@pytest.mark.parametrize("prf", PRECISION_RECALL)
@pytest.mark.parametrize("digits", [2, 3, 6, None])
def test_the_true_definition_is_never_refuted(masks, simulated, prf, digits):
    show = repr if digits is None else f"{{:.{digits}f}}".format
    for gate in ("", "+gated"):
        for iou in ("pooled", "pooled-truth", "mean-truth", "mean-either", "mean-dice-truth"):
            for one in of_pair(masks, simulated[:4], iou + gate, prf + gate, show):
                assert prf in one.possible
                assert (iou, prf) in one.possible_pairs


def test_bounds_of_means_over_one_set(masks, simulated):
    for iou, prf in (("mean-truth", "pixel-mean-truth"), ("mean-either+dropped", "pixel-mean-either+dropped")):
        found = of_pair(masks, simulated, iou, prf)
        assert all(held(one, "iou-between-means") and held(one, "iou-not-above-p-and-r") for one in found)
    violated = relations(
        [masks.reported(*r) for r in (("average_iou", "a", "0.9"), ("f1_score", "a", "0.85"), ("recall", "a", "0.8"))]
        + [masks.reported("precision", "a", "0.91")],
        34,
    )
    assert held(violated, "iou-between-means") is False and held(violated, "iou-not-above-p-and-r") is False
    assert ("mean-truth", "pixel-mean-truth") not in violated.possible_pairs
    assert ("mean-truth", "pixel-mean-truth-harmonic") not in violated.possible_pairs


@pytest.mark.parametrize("prf", PRECISION_RECALL)
def test_only_counts_of_images_are_small_fractions(masks, simulated, prf):
    found = of_pair(masks, simulated, "mean-truth", prf)
    if prf in PRESENCE:
        assert all(set(PRESENCE) <= set(one.possible) for one in found)
        assert held(found[0], "image-presence") or prf != "presence-overlap"
    else:
        assert all(held(one, "image-presence") is False for one in found)
        assert not any(set(PRESENCE) & set(one.possible) for one in found)


@pytest.mark.parametrize(
    ("printed", "n_images", "rate"),
    [
        ("0.6543217891234567", 34, 3e-13),
        ("0.6543217891234567", 4000, 4e-9),
        ("0.654322", 34, 3e-4),
        ("0.654322", 800, 0.2),
    ],
)
def test_chance_of_being_a_small_fraction(masks, printed, n_images, rate):
    """Counting the fractions, and the digits: the order of magnitude is what matters."""
    exact = sum(gcd(k, n) == 1 for n in range(1, 200) for k in range(1, n + 1))
    assert 3 * 199**2 / np.pi**2 == pytest.approx(exact, rel=0.02)  # the approximation behind the rate
    for number in (printed, str(Fraction(printed).limit_denominator(n_images) + 0.0)[: len(printed)]):
        found = relations([masks.reported("precision", "a", number)], n_images)
        (relation,) = [r for r in found.relations if r.rule == "image-presence"]
        if relation.holds is not False:
            assert rate / 2 < relation.accidental_rate < rate * 3
            assert relation.holds is (True if relation.accidental_rate < 0.05 else None)
            break
    else:
        pytest.fail("the nearest fraction does not fit")


def brute_force(precision, recall, f1_score, n_images, decimals):
    def prints(above, below, number):
        low = Fraction(number) - Fraction(1, 2 * 10**decimals)
        return low <= Fraction(above, below) <= Fraction(number) + Fraction(1, 10**decimals)

    return any(
        prints(h, p, precision) and prints(h, t, recall) and prints(2 * h, p + t, f1_score)
        for p in range(1, n_images + 1)
        for t in range(1, n_images + 1)
        for h in range(min(p, t) + 1)
    )


def test_counts_of_images_by_trying_all(masks):
    rng = np.random.default_rng(2)
    outcomes = []
    for trial in range(60):
        n_images = int(rng.integers(3, 15))
        if trial % 2:
            predicted, truth = (int(n) for n in rng.integers(1, n_images + 1, 2))
            hits = int(rng.integers(0, min(predicted, truth) + 1))
            values = [hits / predicted, hits / truth, 2 * hits / (predicted + truth)]
        else:
            values = [*rng.random(2), 0]
            values[2] = 2 * values[0] * values[1] / (values[0] + values[1])
        printed = [f"{value:.3f}" for value in values]
        names = ("precision", "recall", "f1_score")
        report = [masks.reported(name, "a", number) for name, number in zip(names, printed, strict=True)]
        found = held(relations([*report, masks.reported("recall", None, "0.123")], n_images), "image-presence")
        outcomes.append(brute_force(*printed, n_images, 3))
        assert (found is not False) == outcomes[-1]
    assert 25 < sum(outcomes) < 55


def test_few_digits_decide_nothing(masks, simulated):
    for one in of_pair(masks, simulated, "mean-truth", "pixel-pooled", "{:.1f}".format):
        for relation in one.relations:
            assert relation.holds is not True or relation.accidental_rate is None
            if relation.holds is None and relation.accidental_rate is not None:
                assert "decides nothing" in relation.sentence and not relation.implies


def test_an_f1_score_above_the_harmonic_mean_is_impossible(masks):
    numbers = (("precision", "a", "0.6123456"), ("recall", "a", "0.7123456"), ("f1_score", "a", "0.6987654"))
    found = relations([masks.reported(*number) for number in numbers], 50)
    assert found.possible == () and found.possible_pairs == ()
    assert any(relation.implies == "no known definition gives that" for relation in found.relations)


def test_one_label_speaks_for_all(masks, simulated):
    one, other = simulated[0]["a"], [masks.Image(9, 9, 9, True, True)] * 4
    found = relations(masks.report({"a": one, "b": other}, "mean-truth", "pixel-mean-truth"), N_IMAGES)
    assert {relation.label for relation in found.relations} == {"a", "b"}
    assert set(found.possible) == set(MEAN_F1)


def test_missing_numbers_and_hostile_ones(masks):
    for printed in ("null", "NaN", "0", "1.0", "3", "1e-300", "0." + "1" * 300):
        for n_images in (None, 0, 1, 5, 10**12):
            names = ("precision", "recall", "f1_score", "average_iou")
            found = relations([masks.reported(name, "a", printed) for name in names], n_images)
            assert len(found.relations) == 5
            assert msgspec.json.decode(msgspec.json.encode(found), type=Relations) == found
    assert relations([], 5).possible == tuple(PRECISION_RECALL)
    assert {r.holds for r in relations([masks.reported("recall", "a", "0.5")], None).relations} == {None}


def test_a_large_test_set_is_quick(masks):
    report = [masks.reported("precision", "a", "0.654321789"), masks.reported("recall", "a", "0.754321789")]
    started = time.process_time()
    relations(report, 10_000)
    assert time.process_time() - started < 2  # 0.1 s
