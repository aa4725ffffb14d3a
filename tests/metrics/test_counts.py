from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import UsageError
from lfv_eval.metrics.counts import ConfusionCounts, ScoreCounts

cells = st.integers(0, 10**12)
confusions = st.builds(ConfusionCounts, cells, cells, cells, cells)
# A coarse grid gives many ties; the extremes and neighbouring doubles must stay apart.
scores = st.sampled_from([0.0, -0.0, 5e-324, 0.1, 0.25, 0.1 + 2**-56, 0.5, 0.75, 1 - 2**-53, 1.0])
images = st.lists(st.tuples(scores, st.booleans()), max_size=30)


def counted(rows: list[tuple[float, bool]], n_without_score: int = 0) -> ScoreCounts:
    return ScoreCounts.from_scores(
        np.array([s for s, _ in rows], np.float64), np.array([y for _, y in rows], np.bool_), n_without_score
    )


@given(confusions, confusions, confusions)
def test_confusion_counts_add_up_in_any_order_and_grouping(
    a: ConfusionCounts, b: ConfusionCounts, c: ConfusionCounts
) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + ConfusionCounts() == a
    assert (a + b).n == a.n + b.n


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_confusion_counts_equal_a_plain_loop(rows: list[tuple[bool, bool]]) -> None:
    found = ConfusionCounts.from_labels(
        np.array([t for t, _ in rows], np.bool_), np.array([p for _, p in rows], np.bool_)
    )
    times = Counter(rows)
    assert found == ConfusionCounts(
        tp=times[True, True], fp=times[False, True], fn=times[True, False], tn=times[False, False]
    )


@given(images)
def test_score_counts_equal_a_plain_loop(rows: list[tuple[float, bool]]) -> None:
    found = counted(rows)
    anomalous = Counter(s + 0.0 for s, y in rows if y)
    normal = Counter(s + 0.0 for s, y in rows if not y)
    distinct = sorted({s + 0.0 for s, _ in rows})
    assert found.scores.tolist() == distinct
    assert found.n_anomaly.tolist() == [anomalous[s] for s in distinct]
    assert found.n_normal.tolist() == [normal[s] for s in distinct]
    assert found.n == len(rows)
    assert not np.any(np.signbit(found.scores))


@given(images, images, images, st.integers(0, 5))
@settings(max_examples=60)
def test_score_counts_of_shards_add_up_in_any_order_and_grouping(
    a: list[tuple[float, bool]], b: list[tuple[float, bool]], c: list[tuple[float, bool]], n_without_score: int
) -> None:
    whole = counted(b + a + c, n_without_score)
    one, two, three = counted(a), counted(b, n_without_score), counted(c)
    assert (one + two) + three == whole
    assert one + (three + two) == whole
    assert whole + ScoreCounts() == whole == ScoreCounts() + whole
    assert whole.scores.dtype == np.float64
    assert whole.n_anomaly.dtype == whole.n_normal.dtype == np.int64


def test_score_counts_tell_different_ones_apart() -> None:
    counts = counted([(0.5, True)])
    assert counts != counted([(0.5, False)])
    assert counts != counted([(0.25, True)])
    assert counts != counted([(0.5, True)], n_without_score=1)
    assert counts != "counts"


def test_counts_survive_pickling() -> None:
    for counts in (ConfusionCounts(1, 2, 3, 4), counted([(0.5, True), (0.25, False)], 2), ScoreCounts()):
        assert pickle.loads(pickle.dumps(counts)) == counts


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.25, 1 + 2**-52, 97.0])
def test_a_score_outside_0_to_1_is_refused(bad: float) -> None:
    with pytest.raises(UsageError, match=r"not a number in 0\.\.1"):
        counted([(0.5, True), (bad, False)])


def test_scores_without_truths_are_refused() -> None:
    with pytest.raises(UsageError, match="one truth for each score"):
        ScoreCounts.from_scores(np.zeros(2), np.zeros(3, np.bool_))
