"""docs/metrics.md says what the program computes: ids, formulas, examples and signature.

Its intervals are in ``test_intervals_documentation``.
"""

import math
import re
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import lfv_eval
from lfv_eval.formats.masks.alpha_policies import ALTERNATIVES, alpha_minimum
from lfv_eval.metrics.classification import compute as compute_classification
from lfv_eval.metrics.counts import ConfusionCounts, ScoreCounts
from lfv_eval.metrics.labels.definitions import GATES
from lfv_eval.metrics.labels.iou_definitions import AVERAGE_IOU
from lfv_eval.metrics.labels.mask_counts import ImagePixels, MaskCounts, PixelRow
from lfv_eval.metrics.labels.precision_recall_definitions import PRECISION_RECALL
from lfv_eval.metrics.labels.segmentation import (
    DEFAULT_AVERAGE_IOU,
    DEFAULT_PRECISION_RECALL,
    average_iou,
    definition_ids,
    precision_recall_f1,
)
from lfv_eval.metrics.ranking import compute as compute_ranking
from lfv_eval.model_audit import signature
from lfv_eval.registry import load_all
from lfv_eval.testing import make_evaluation

ROOT = Path(lfv_eval.__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "metrics.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="an installed package has no documents")
TEXT = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
SETTINGS = lfv_eval.Settings()
COUNTS = ConfusionCounts(tp=3, fp=1, fn=2, tn=7)


def section(title):
    """What stands below a heading, down to the next one of any level."""
    return re.split(r"^#+ ", TEXT.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text):
    """Cells of all table rows, the dashes of code and the line below the head left out."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def in_code(text):
    return set(re.findall(r"`([^`\n]+)`", text))


def scores_of(ranking):
    """A ranking, best first, as counts: ``+`` is an anomalous image."""
    truth = np.array([sign == "+" for sign in ranking])
    return ScoreCounts.from_scores(np.linspace(1, 0, len(truth)), truth)


def short(number, digits):
    return f"{number:.{digits}f}".removeprefix("0") if 0 < number < 1 else f"{number:g}"


# Image level


def image_level_values():
    ranked = compute_ranking(scores_of("+-++--+" + "-" * 6), SETTINGS)
    return [*compute_classification(COUNTS, SETTINGS), *ranked]


def test_every_image_level_metric_has_a_row_with_its_id_interval_and_support():
    table = {row[0].strip("`"): row[1:] for row in rows(section("Image level"))[1:]}
    letters = {"TP": 3, "FP": 1, "FN": 2, "TN": 7, "n": 13, "n1": 4, "n0": 9}
    values = image_level_values()
    assert [value.name for value in values] == list(table)
    for value in values:
        definition, interval, support = table[value.name]
        assert (definition, interval) == (f"`{value.definition}`", f"`{value.interval.method}`")
        formula, unit = support.split(" ")
        factors = [sum(letters[name] for name in sum_.split("+")) for sum_ in formula.strip("`").split("*")]
        assert (math.prod(factors), unit) == (value.support, value.unit)


def test_every_definition_and_name_that_a_family_gives_is_on_the_page():
    known = in_code(TEXT)
    for family in load_all("metrics").values():
        for value in family.compute(family.zero, SETTINGS):
            assert {value.name, re.sub(r"\+(gated|dropped)$", "", value.definition)} <= known


def test_the_formulas_of_the_ids():
    values = {value.name: value.value for value in image_level_values()}
    names = {"tp": 3, "fp": 1, "fn": 2, "tn": 7, "n": 13}
    for row in rows(section("Image level"))[1:6]:
        above, below = row[1].strip("`").split("/")
        totals = []
        for part in (above, below):
            terms = [re.fullmatch(r"(\d?)(\w+)", term) for term in part.strip("()").split("+")]
            totals.append(sum(int(term[1] or 1) * names[term[2]] for term in terms))
        assert values[row[0].strip("`")] == totals[0] / totals[1]


def test_the_example_of_ties():
    truth, scores = [1, 0, 1, 0, 1, 0], [0.9, 0.9, 0.5, 0.5, 0.5, 0.1]
    assert "Truth 1,0,1,0,1,0 with scores .9,.9,.5,.5,.5,.1" in TEXT
    counts = ScoreCounts.from_scores(np.array(scores), np.array(truth, bool))
    auc, ap = compute_ranking(counts, SETTINGS)
    table = {row[0]: row[1:] for row in rows(section("Ties, worked through"))}
    for value, name, oracle in ((auc, "ROC AUC", roc_auc_score), (ap, "average precision", average_precision_score)):
        point, low, high = (Fraction(cell.rpartition(" = ")[2]) for cell in table[name])
        assert value.value == pytest.approx(float(point), rel=1e-15) == oracle(truth, scores)
        assert value.tie_interval == pytest.approx((float(low), float(high)), rel=1e-15)
        for cell in table[name]:  # the working of each cell: a sum of fractions over a number
            sum_, _, rest = cell.removeprefix("(").partition(")/")
            over, _, result = rest.partition(" = ")
            terms = [math.prod(map(Fraction, term.split(" * "))) for term in sum_.split(" + ")]
            assert sum(terms) / int(over) == Fraction(result)
    assert auc.tie_interval[0] < 0.7 < auc.tie_interval[1]


def test_the_steps_of_the_example():
    tp = fp = 0
    for row in rows(section("Ties, worked through"))[1:4]:
        a, b = int(row[1]), int(row[2])
        tp, fp = tp + a, fp + b
        assert [Fraction(cell) for cell in row[3:]] == [tp, fp, Fraction(tp, tp + fp), a * Fraction(tp, tp + fp)]


def rankings(n_anomaly, n_normal, loss, rank=0):
    """All rankings without ties in which ``loss`` pairs are in the wrong order, best first."""
    if n_anomaly == 0 or n_normal == 0:
        if loss == 0:
            yield "+" * n_anomaly + "-" * n_normal
        return
    yield from ("+" + rest for rest in rankings(n_anomaly - 1, n_normal, loss))
    if loss >= n_anomaly:
        yield from ("-" + rest for rest in rankings(n_anomaly, n_normal - 1, loss - n_anomaly))


def precision_recall_points(ranking):
    tp, points = 0, [(1.0, 0.0)]
    for rank, sign in enumerate(ranking, 1):
        tp += sign == "+"
        points.append((tp / rank, tp / ranking.count("+")))
    return np.array(points).T


REPORTED = [(1.0, 0.941176, 0.969697), (0.894737, 1.0, 0.944444), (0.9375, 0.9375, 0.9375)]


@pytest.mark.parametrize("fold", range(3))
def test_one_ranking_fits_each_public_result(fold):
    images, printed_auc, n_rankings, printed_ap, told = rows(section("Does the service use these definitions?"))[
        1 + fold
    ]
    n = int(images.split(" + ")[0])
    found = list(rankings(n, n, round((1 - float(printed_auc)) * n * n)))
    assert len(found) == int(n_rankings)
    computed = [compute_ranking(scores_of(ranking), SETTINGS) for ranking in found]
    assert all(f"{auc.value:.6f}" == printed_auc for auc, _ in computed)
    fitting = [r for r, (_, ap) in zip(found, computed, strict=True) if f"{ap.value:.6f}" == printed_ap]
    assert fitting == ["".join(sign * int(times) for sign, times in re.findall(r"`([+-])`x(\d+)", told))]
    precision, recall = precision_recall_points(fitting[0])
    f1 = 2 * precision * recall / (precision + recall)
    best = int(np.nanargmax(f1))
    assert (precision[best], recall[best], f1[best]) == pytest.approx(REPORTED[fold], abs=5e-7)
    for ranking in found:
        precision, recall = precision_recall_points(ranking)
        trapezoid = np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2)
        assert f"{trapezoid:.6f}" != printed_ap
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        interpolated = np.sum(np.diff(recall) * envelope[1:])
        assert fold != 1 or f"{interpolated:.6f}" != printed_ap


def test_every_reason_for_an_undefined_value_is_on_the_page_and_no_other():
    told = {reason for row in rows(section("Undefined values"))[1:] for reason in in_code(row[1])} - {"NOT_VERIFIABLE"}
    confusions = (ConfusionCounts(), ConfusionCounts(fn=1), ConfusionCounts(tn=1), ConfusionCounts(tp=1))
    rankable = (ScoreCounts(), scores_of("+"), scores_of("-"), scores_of("+" * 37) + ScoreCounts(n_without_score=3))
    values = [value for counts in confusions for value in compute_classification(counts, SETTINGS)]
    values += [value for counts in rankable for value in compute_ranking(counts, SETTINGS)]
    assert {value.undefined_because for value in values if value.value is None} == told
    without_normal = compute_ranking(scores_of("++"), SETTINGS)[1]
    assert (without_normal.value, without_normal.interval) == (1, None)


# Anomaly labels


@pytest.fixture(scope="module")
def eight_images():
    found = re.findall(r"`(\d+) (\d+) (\d+) ([01]) ([01])`", section("Anomaly labels"))
    images = [
        ImagePixels(str(index), a == "1", g == "1", (PixelRow("dent", "ignore", int(i), int(t), int(p)),))
        for index, (t, p, i, a, g) in enumerate(found)
    ]
    assert len(images) == 8
    return MaskCounts.of(images, ["ignore"])


def test_the_registry_of_average_iou(eight_images):
    table = rows(section("Average IoU"))[1:]
    assert [row[0].strip("`") for row in table] == list(AVERAGE_IOU)
    for name, formula, example, meaning in table:
        definition, value = AVERAGE_IOU[name.strip("`")], average_iou(eight_images, "dent", name.strip("`"))
        assert formula.replace(" ", "") == definition.formula.replace(" ", "")
        assert example == ("-" if value.value is None else short(value.value, 4))
        assert ("**default**" in meaning) == (definition.id == DEFAULT_AVERAGE_IOU)
        assert (value.unit == "pixels") == definition.id.startswith("pooled")


def test_the_registry_of_precision_recall_and_f1(eight_images):
    table = rows(section("Precision, recall and F1"))[1:]
    assert [row[0].strip("`") for row in table] == list(PRECISION_RECALL)
    for name, formula, example, meaning in table:
        definition = PRECISION_RECALL[name.strip("`")]
        values = precision_recall_f1(eight_images, "dent", definition.id)
        assert formula == definition.formula
        assert example == ", ".join(short(value.value, 4) for value in values)
        assert ("**default**" in meaning) == (definition.id == DEFAULT_PRECISION_RECALL)
        assert (values[0].unit == "pixels") == definition.id.startswith("pixel-pooled")


def test_the_gates(eight_images):
    table = rows(section("Gates"))[1:]
    assert [row[0] for row in table] == list(GATES)
    for _, appended, _, example in table:
        suffix = appended.strip("`").replace("nothing", "")
        assert DEFAULT_AVERAGE_IOU + suffix in definition_ids(AVERAGE_IOU)
        assert short(average_iou(eight_images, "dent", DEFAULT_AVERAGE_IOU + suffix).value, 4) == example
    same = in_code(section("Gates").rpartition("are the same for")[2])
    assert same == {"mean-predicted", "mean-both", "mean-overlap", "mean-iou-over-half"}
    for name in same:
        gated, dropped = (average_iou(eight_images, "dent", f"{name}+{gate}").value for gate in ("gated", "dropped"))
        assert gated == dropped


def test_the_alpha_policies():
    text = section("Alpha policies")
    assert [alpha_minimum(policy) for policy in ("ignore", "threshold:7", "opaque")] == [0, 7, 255]
    assert set(ALTERNATIVES) | {"threshold:N"} == in_code(text)


def test_other_tools_are_compared_by_ids_that_exist():
    ids = {found for row in rows(section("Other tools"))[1:] for found in in_code(row[1])}
    ids -= {"mFscore", "-empty1", "step"}
    assert ids <= {*AVERAGE_IOU, *PRECISION_RECALL}


def test_the_python_example_runs(tmp_path, monkeypatch):
    make_evaluation(seed=0).write(tmp_path / "FOLDER")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(re.search(r"```python\n(.*?)```", section("Anomaly labels"), re.DOTALL)[1], names)
    audited = names["audited"]
    assert audited.value("average_iou", "scratch").definition == "pooled+gated|alpha:threshold:128"
    assert audited.value("recall", "scratch").definition == "presence|alpha:threshold:128"
    assert "|alpha:threshold:128|" in audited.signature


# Signature


def test_every_part_of_the_signature_is_explained():
    line = signature(SETTINGS)
    assert f"```text\n{line}\n```" in section("The signature")
    assert [row[0].strip("`") for row in rows(section("The signature"))[1:]] == line.split("|")


def test_the_settings_that_change_the_signature():
    others = {
        "tolerance_px": 5,
        "average_iou": "pooled",
        "precision_recall": "presence",
        "alpha_policy": "opaque",
        "duplicates": "last",
    }
    told = {row[2].strip("`"): row[0].strip("`") for row in rows(section("The signature"))[1:] if row[2] != "-"}
    assert set(told) == {*others, "level"}
    for setting, other in (others | {"level": 0.9}).items():
        changed = signature(replace(SETTINGS, **{setting: other})).split("|")
        assert set(signature(SETTINGS).split("|")) - set(changed) == {told[setting]}
    unnamed = {field.name for field in fields(SETTINGS)} - set(told)
    assert unnamed <= in_code(section("The signature").rpartition("Only where set")[2])
    for setting in unnamed:
        changed = signature(replace(SETTINGS, **{setting: "NAME"})).split("|")
        assert set(changed) - set(signature(SETTINGS).split("|")) == {f"{setting.removesuffix('_attribute')}:NAME"}


def test_sharding_changes_no_digit():
    truth, scores = np.array([sign == "+" for sign in "+-++--+-"]), np.linspace(1, 0, 8)
    shards = [ScoreCounts.from_scores(scores[part::3], truth[part::3]) for part in (2, 0, 1)]
    whole = ScoreCounts.from_scores(scores, truth)
    assert compute_ranking(sum(shards, ScoreCounts()), SETTINGS) == compute_ranking(whole, SETTINGS)
    assert {"ConfusionCounts", "ScoreCounts", "MaskCounts"} <= in_code(section("Sharding"))
