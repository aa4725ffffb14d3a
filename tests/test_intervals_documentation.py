"""docs/metrics.md gives the coverage and the ends that the intervals have."""

import importlib.util
import math
import re
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binom

import lfv_eval
from lfv_eval.metrics.intervals import f1_wilson, wilson

ROOT = Path(lfv_eval.__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "metrics.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="an installed package has no documents")
Z = NormalDist().inv_cdf(0.975)


@pytest.fixture(scope="module")
def text():
    """The section on intervals."""
    return PAGE.read_text(encoding="utf-8").split("\n## Intervals\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def table(text):
    """Cells of all table rows."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"]


def short(number, digits):
    return f"{number:.{digits}f}".removeprefix("0") if 0 < number < 1 else f"{number:g}"


def test_the_intervals_told_in_words(text):
    text = " ".join(text.split())
    for found, n, low, high in re.findall(r"(\d+) of (\d+): \[(\.\d\d), (1|\.\d\d)\]", text):
        interval = wilson(int(found), int(n), 0.95)
        assert (short(interval.low, 2), short(interval.high, 2)) == (low, high)
    lowest = wilson(20, 20, 0.95).low
    assert f"its interval [{short(lowest, 2)}, 1]" in text
    assert f"only {lowest:.0%} of all".replace("%", " %") in text
    assert f"in {lowest**20:.0%} of test sets".replace("%", " %") in text
    ends = re.findall(r"(\.\d\d) all of (\d+)", text)
    assert len(ends) == 3
    for end, n in ends:
        assert wilson(int(n), int(n), 0.95).low >= float(end) > wilson(int(n) - 1, int(n) - 1, 0.95).low


def wald(k, n):
    half_width = Z * math.sqrt(k / n * (1 - k / n) / n)
    return k / n - half_width, k / n + half_width


def bootstrap(k, n):
    """Percentiles over all resamples: their successes are binomial."""
    return tuple(binom.ppf([0.025, 0.975], n, k / n) / n)


def wilson_ends(k, n):
    interval = wilson(k, n, 0.95)
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("name", "ends_of"), [("`wilson`", wilson_ends), ("Wald", wald), ("percentile bootstrap", bootstrap)]
)
def test_exact_coverage_of_proportions(table, name, ends_of):
    cells = []
    for n in (10, 20, 50, 100):
        low, high = np.array([ends_of(k, n) for k in range(n + 1)]).T
        true = np.arange(60, 100)[:, None] / 100
        held = (binom.pmf(np.arange(n + 1), n, true) * ((low <= true) & (true <= high))).sum(axis=1)
        cells.append(f"{short(held.mean(), 3)} ({short(held.min(), 3)})")
    assert [name, *cells] in table


def f1_delta(tp, fp, fn):
    jaccard = tp / (tp + fp + fn)
    half_width = Z * 2 / (1 + jaccard) ** 2 * math.sqrt(jaccard * (1 - jaccard) / (tp + fp + fn))
    return 2 * jaccard / (1 + jaccard) - half_width, 2 * jaccard / (1 + jaccard) + half_width


def f1_ends(tp, fp, fn):
    interval = f1_wilson(tp, fp, fn, 0.95)
    return interval.low, interval.high


@pytest.mark.parametrize(("name", "ends_of"), [("`wilson-jaccard`", f1_ends), ("F1, delta method", f1_delta)])
def test_exact_coverage_of_f1(table, name, ends_of):
    cells = []
    for n in (10, 20, 50, 100):
        count = np.arange(n + 1)
        low, high = np.moveaxis([[ends_of(tp, fp, n - tp) for fp in count.tolist()] for tp in count.tolist()], -1, 0)
        held = []
        for recall in (0.8, 0.9, 0.95, 0.98):
            for specificity in (0.8, 0.9, 0.95, 0.98):
                true = 2 * recall / (recall + 1 + 1 - specificity)
                chance = np.outer(binom.pmf(count, n, recall), binom.pmf(count, n, 1 - specificity))
                held.append((chance * ((low <= true) & (true <= high))).sum())
        cells.append(f"{short(np.mean(held), 3)} ({short(min(held), 3)})")
    assert [name, *cells] in table


@pytest.fixture(scope="module")
def simulation():
    path = ROOT / "scripts" / "simulate_intervals.py"
    if not path.is_file():
        pytest.skip("the script is not installed with the package")
    spec = importlib.util.spec_from_file_location("simulate_intervals", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_simulated_coverage(text, table, simulation, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["simulate_intervals.py"])
    simulation.main()
    held, twice_as_wide = {}, []
    for line in capsys.readouterr().out.splitlines()[2:]:
        n1, n0, spread, *cells = (float(number) for number in re.findall(r"[\d.]+", line))
        for shift, method in enumerate(("auc", "ap")):
            held.setdefault((spread, method, n1 == n0), []).extend(cells[shift::2])
        if (spread == 2 and n0 < n1) or (spread == 0.5 and n1 < n0):
            twice_as_wide += cells[::2]
    for name, spread in (("alike", 1.0), ("twice", 2.0), ("half", 0.5)):
        columns = [held[spread, method, equal] for method in ("auc", "ap") for equal in (True, False)]
        told = [[float(end) for end in cell.split(" to ")] for row in table if row[0] == name for cell in row[1:]]
        assert told == [pytest.approx((min(column), max(column)), abs=0.004) for column in columns]
    told = re.findall(r"as the larger: (\S+) to (\S+)\.\n", text)[0]
    assert tuple(map(float, told)) == pytest.approx((min(twice_as_wide), max(twice_as_wide)), abs=0.004)


def test_the_interval_of_average_precision_that_is_too_narrow(text, simulation):
    rng, shift = np.random.default_rng(1), math.hypot(1, 3) * NormalDist().inv_cdf(0.96)
    true = simulation.true_average_precision(shift, 3, 0.5)
    assert "it is too narrow: .82 to .85" in text
    for n in (100, 400):
        values = simulation.simulate(rng, 1000, n, n, shift, 3)[1]
        assert 0.8 < simulation.coverage(values, true, simulation.average_precision_wilson, n, n) < 0.87
