from __future__ import annotations

import itertools
import json
import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.checks.printed import MAX_FITTING, TIERS, Printing, fractions_that_fit, matching_tier, printing_of

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FULL = Printing(decimals=17, full_precision=True)
fractions = st.tuples(st.integers(0, 4000), st.integers(1, 4000)).map(lambda p: Fraction(min(p), max(p)))


def decimal_of(q: Fraction, decimals: int, rounding: str) -> str:
    """q with that many decimals, by the decimal module."""
    with localcontext() as context:
        context.prec = 60
        return str((Decimal(q.numerator) / Decimal(q.denominator)).quantize(Decimal(10) ** -decimals, rounding))


def strip_zeros(literal: str) -> str:
    """As JSON writers print a number: without trailing zeros."""
    return literal.rstrip("0") + "0" if literal.rstrip("0").endswith(".") else literal.rstrip("0")


@pytest.mark.parametrize(
    ("x", "q", "printing", "tier"),
    [
        ("0.8947368421052632", Fraction(17, 19), FULL, "exact"),
        ("0.8947368264198303", Fraction(17, 19), FULL, "float32"),
        ("0.8947368", Fraction(17, 19), FULL, "float32"),
        ("0.89473683", Fraction(17, 19), Printing(8), "rounded"),  # C's "%.8f" of the single-precision number
        ("0.894737", Fraction(17, 19), Printing(6), "rounded"),
        ("0.894736", Fraction(17, 19), Printing(6), "truncated"),
        ("0.894738", Fraction(17, 19), Printing(6), None),
        ("0.894735", Fraction(17, 19), Printing(6), None),
        ("0.894737", Fraction(17, 19), FULL, None),  # another number of the document has all digits
        ("0.9375", Fraction(15, 16), Printing(6), "exact"),
        ("0.9375", Fraction(9375004, 10**7), Printing(6), "rounded"),
        ("0.9375", Fraction(9375006, 10**7), Printing(6), "truncated"),
        ("0.9375", Fraction(9374994, 10**7), Printing(6), None),
        ("0.94", Fraction(95, 100), Printing(2), None),
        ("0.9375", Fraction(9375006, 10**7), Printing(4), "rounded"),
        ("89.47", Fraction(17, 19), Printing(2, percent=True), "percent"),
        ("89.47", Fraction(17, 19), Printing(2), None),
        ("89", Fraction(17, 19), Printing(0, percent=True), "percent"),
        ("90", Fraction(17, 19), Printing(0, percent=True), None),
        ("89.47368421052632", Fraction(17, 19), Printing(14, full_precision=True, percent=True), "percent"),
        ("0.5", Fraction(1, 200), Printing(1, percent=True), "percent"),
        ("0.5", Fraction(1, 200), Printing(1), None),
        ("89.4", Fraction(17, 19), Printing(1, percent=True), "percent"),
        ("0.8", Fraction(7, 8), Printing(1), None),  # cut off at one decimal
        ("0.87", Fraction(17, 19), Printing(2), None),
        ("0.9", Fraction(17, 19), Printing(1), "rounded"),
        ("1.0", Fraction(1), Printing(0), "exact"),
        ("1", Fraction(33, 34), Printing(0), None),
        ("1.0", Fraction(33, 34), Printing(1), "rounded"),
        ("0", Fraction(0), FULL, "exact"),
        ("0.0", Fraction(1, 34), Printing(0), None),
        ("8.947368421052632e-1", Fraction(17, 19), FULL, "exact"),
        (".894737", Fraction(17, 19), Printing(6), "rounded"),
    ],
)
def test_known_pairs(x: str, q: Fraction, printing: Printing, tier: str | None) -> None:
    assert matching_tier(x, q, printing) == tier


@pytest.mark.parametrize(
    "x",
    ["null", "NaN", "", ".", "e5", "-0.5", "17/19", "1_0", "0x1", "1e9999", "9e999", "\u0660.\u0665", "0." + "5" * 500],
)
def test_text_that_is_no_metric_matches_nothing(x: str) -> None:
    assert matching_tier(x, Fraction(1, 2), Printing(1)) is None
    assert printing_of([x]) == Printing(0)
    assert fractions_that_fit(x, 10, Printing(1)) == 0


@given(st.text(alphabet="0123456789.eE+-", max_size=12), st.floats(), st.integers(1, 9))
def test_no_input_breaks_it(x: str, q: float, n_terms: int) -> None:
    assert matching_tier(x, q, printing_of([x]), n_terms=n_terms) in (None, *TIERS)


@pytest.mark.parametrize(
    ("literals", "printing"),
    [
        (["0.5", "0.8947", "1.0"], Printing(4)),
        (["0.5", "0.500"], Printing(3)),
        (["1.0", "1", "0.0"], Printing(0)),
        (["1.000000"], Printing(6)),
        (["0.8947368264198303", "0.9375"], Printing(16, full_precision=True)),
        (["0.894736842105263"], Printing(15, full_precision=True)),
        (["0.89473684210526"], Printing(14)),
        (["0.000000000000001"], Printing(15)),
        (["94.7", "100.0"], Printing(1, percent=True)),
        (["94.75", "0.7", "1.0"], Printing(2, percent=True, fraction_decimals=1)),
        (["2.5e-05", "null"], Printing(6)),
        ([], Printing(0)),
    ],
)
def test_how_a_document_prints(literals: list[str], printing: Printing) -> None:
    assert printing_of(literals) == printing


def test_decimals_come_from_the_whole_document() -> None:
    """Fold 2 of a published notebook: 15/16 is 0.9375, and only its neighbours show that six decimals were printed."""
    printing = printing_of(["0.9375", "0.941406", "0.966927"])
    assert matching_tier("0.9375", Fraction(15, 16), printing) == "exact"
    assert matching_tier("0.9375", Fraction(937549, 1_000_000), printing) is None
    assert matching_tier("0.941406", Fraction(241, 256), printing) == "rounded"
    assert matching_tier("0.966927", float(Fraction(3713, 3840)), printing, n_terms=16) == "rounded"


@pytest.mark.parametrize(("q", "both"), [(Fraction(1, 8), ("0.12", "0.13")), (Fraction(5, 8), ("0.62", "0.63"))])
def test_a_half_may_be_rounded_either_way(q: Fraction, both: tuple[str, str]) -> None:
    for x in both:
        assert matching_tier(x, q, Printing(2)) == "rounded"
        assert matching_tier(x, float(q), Printing(2)) == "rounded"
    beyond = Fraction(1, 10**7)
    assert matching_tier(both[1], q - beyond, Printing(2)) is None
    assert matching_tier(both[0], q + beyond, Printing(2)) == "truncated"


def test_a_float_may_be_off_by_its_last_digits() -> None:
    above = math.nextafter(math.nextafter(0.125, 1), 1)
    assert matching_tier("0.12", above, Printing(2)) == "rounded"
    assert matching_tier("0.13", math.nextafter(0.125, 0), Printing(2)) == "rounded"


@given(fractions, st.integers(1, 12), st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN]))
def test_whatever_is_printed_with_few_digits_matches(q: Fraction, decimals: int, rounding: str) -> None:
    x = decimal_of(q, decimals, rounding)
    is_weak = decimals == 1 and abs(Fraction(x) - q) > Fraction(1, 20)  # cut off at one decimal
    for printed in () if is_weak else (x, strip_zeros(x)):
        assert matching_tier(printed, q, Printing(decimals)) is not None
        assert matching_tier(printed, float(q), Printing(decimals)) is not None
    percent = decimal_of(100 * q, decimals, rounding)
    assert matching_tier(percent, q, Printing(decimals, percent=True)) is not None


@given(fractions)
def test_whatever_is_printed_with_all_digits_matches(q: Fraction) -> None:
    single = np.float32(float(q))
    for x in (repr(float(q)), f"{float(q):.17g}"):
        assert matching_tier(x, q, FULL) == "exact"
    assert matching_tier(f"{float(q):.17f}", q, FULL) in ("exact", "rounded")
    for x in (repr(float(single)), f"{float(single):.17g}", str(single)):
        assert matching_tier(x, q, FULL) in ("exact", "float32")
    for decimals in (6, 7, 8, 9):
        assert matching_tier(f"{float(single):.{decimals}f}", q, Printing(decimals)) is not None


@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_f1_from_rounded_precision_and_recall_is_exact(tp: int, fp: int, fn: int) -> None:
    tp += 1
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    assert (
        matching_tier(repr(2 * precision * recall / (precision + recall)), Fraction(2 * tp, 2 * tp + fp + fn), FULL)
        == "exact"
    )


def test_sums_may_lose_what_summing_loses_and_no_more() -> None:
    terms = np.random.default_rng(3).random(3000)
    q = math.fsum(terms) / 3000
    sequential = float(np.cumsum(terms)[-1]) / 3000
    assert matching_tier(repr(sequential), q, FULL, n_terms=3000) in ("exact", "float64_sum")
    off = q + 100 * math.ulp(q)
    assert matching_tier(repr(off), q, FULL, n_terms=3000) == "float64_sum"
    assert matching_tier(repr(off), q, FULL) is None
    single_terms = math.fsum(terms.astype(np.float32).tolist()) / 3000
    assert matching_tier(repr(single_terms), q, FULL, n_terms=3000) in ("float32", "float32_sum")
    single_sum = np.cumsum(terms.astype(np.float32))[-1] / np.float32(3000)
    assert single_sum != np.float32(q)
    for x in (repr(float(single_sum)), str(single_sum)):
        assert matching_tier(x, q, FULL, n_terms=3000) == "float32_sum"
        assert matching_tier(x, q, FULL) is None
    # As far off, but no single-precision number, so no sum in single precision.
    assert matching_tier(repr(math.nextafter(float(single_sum), 2)), q, FULL, n_terms=3000) is None


def all_values(n_images: int) -> tuple[list[Fraction], list[Fraction]]:
    """All values of precision, recall or accuracy, and of F1, with up to that many images."""
    shares = {Fraction(k, n) for n in range(1, n_images + 1) for k in range(n + 1)}
    f1 = {
        Fraction(2 * tp, 2 * tp + wrong)
        for tp in range(n_images + 1)
        for wrong in range(n_images + 1 - tp)
        if tp + wrong
    }
    return sorted(shares), sorted(f1)


@pytest.mark.parametrize("which", [0, 1])
def test_all_digits_tell_neighbouring_values_apart(which: int) -> None:
    """Any two different values of up to 60 images; the acceptance region is an interval, so neighbours are enough."""
    for low, high in itertools.pairwise(all_values(60)[which]):
        for q, other in ((low, high), (high, low)):
            single = np.float32(float(q))
            for x in (repr(float(q)), repr(float(single)), str(single)):
                assert matching_tier(x, q, FULL) in ("exact", "float32")
                assert matching_tier(x, other, FULL) is None


def swapped_rankings(n_anomaly: int, n_normal: int) -> list[Fraction]:
    """AP of rankings that differ from the perfect one by one anomalous image put below some normal ones."""
    values = []
    for place, below in itertools.product(range(n_anomaly), range(n_normal + 1)):
        hits = [True] * place + [False] * below + [True] * (n_anomaly - place)
        ranks = [rank for rank, hit in enumerate(hits, start=1) if hit]
        values.append(sum((Fraction(k, rank) for k, rank in enumerate(ranks, start=1)), Fraction(0)) / n_anomaly)
    return sorted(set(values))


def test_all_digits_tell_neighbouring_average_precisions_apart() -> None:
    for low, high in itertools.pairwise(swapped_rankings(17, 17)):
        for q, other in ((low, high), (high, low)):
            single = np.float32(float(q))
            for x in (repr(float(q)), repr(float(single)), str(single)):
                assert matching_tier(x, float(q), FULL, n_terms=17) in ("exact", "float32")
                assert matching_tier(x, float(other), FULL, n_terms=17) is None


@pytest.mark.parametrize(("n_images", "decimals"), [(20, 3), (33, 3), (34, 3), (50, 4)])
def test_digits_that_identify_every_fraction(n_images: int, decimals: int) -> None:
    for q in all_values(n_images)[0][:: 7 if n_images > 20 else 1]:
        x = decimal_of(q, decimals, ROUND_HALF_EVEN)
        assert fractions_that_fit(x, n_images, Printing(decimals), tier="rounded", smaller_denominators=True) == 1


def test_too_few_digits_leave_several_fractions() -> None:
    values = all_values(50)[0]
    texts = [decimal_of(q, 3, ROUND_HALF_EVEN) for q in values]
    assert len(set(texts)) < len(values)
    for x in sorted(set(texts))[::40]:
        count = fractions_that_fit(x, 50, Printing(3), tier="rounded", smaller_denominators=True)
        halves = [q for q in values if abs(Fraction(x) - q) <= Fraction(1, 2000)]
        assert count == len(halves)


@given(st.integers(1, 60), st.integers(1, 3), st.data())
@settings(max_examples=50)
def test_fractions_that_fit_equal_a_plain_loop(n: int, decimals: int, data: st.DataObject) -> None:
    q = Fraction(data.draw(st.integers(0, n)), n)
    percent = data.draw(st.booleans())
    x = decimal_of(100 * q if percent else q, decimals, ROUND_HALF_EVEN)
    printing = Printing(decimals, percent=percent)
    known = {Fraction(k, n) for k in range(n + 1)}
    unknown = {Fraction(k, m) for m in range(1, n + 1) for k in range(m + 1)}
    for candidates, smaller in ((known, False), (unknown, True)):
        expected = sum(matching_tier(x, candidate, printing) is not None for candidate in candidates)
        assert fractions_that_fit(x, n, printing, smaller_denominators=smaller) == expected >= 1


def test_all_digits_identify_the_fraction() -> None:
    for x in ("0.8947368421052632", "0.8947368264198303", "0.8947368"):
        assert fractions_that_fit(x, 1000, FULL, smaller_denominators=True) == 1


def test_counting_ends_somewhere() -> None:
    assert fractions_that_fit("0.5", 10**6, Printing(1)) == MAX_FITTING


@pytest.mark.parametrize("project", ["aliens", "cookies"])
def test_documents_of_real_images(project: str) -> None:
    folder = SHARED / project
    if not folder.exists():
        pytest.skip("the sample data is not here")
    counts = json.loads((folder / "expected.json").read_text())["recomputed"]["counts"]
    tp, fp, fn = (counts[name] for name in ("tp", "fp", "fn"))
    result = json.loads((folder / f"EvaluationResult-{project}-1.json").read_text(), parse_float=str)
    described = json.loads((folder / "describe-model.json").read_text(), parse_float=str)
    in_double = result["AggregatedEvaluationResults"]["Metrics"]
    in_single = described["ModelDescription"]["Performance"]
    printing = printing_of(x for x in in_single.values())
    assert printing.full_precision
    for name, q in (
        ("Precision", Fraction(tp, tp + fp)),
        ("Recall", Fraction(tp, tp + fn)),
        ("F1Score", Fraction(2 * tp, 2 * tp + fp + fn)),
    ):
        assert matching_tier(in_double[name], q, FULL) == "exact"
        dyadic = q.denominator & (q.denominator - 1) == 0
        assert matching_tier(in_single[name], q, printing) == ("exact" if dyadic else "float32")
