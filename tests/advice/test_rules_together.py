"""All rules together: order, bounds, hostile names, whole evaluations."""

import time
from dataclasses import replace

import numpy as np
import pytest

from lfv_eval import registry
from lfv_eval.advice import MAX_FINDINGS, advise
from lfv_eval.advice.case import Region, build_case
from lfv_eval.registry import Examination, Remark, Rule
from lfv_eval.reports.printable import printable
from lfv_eval.testing.advice_cases import evidence, rows, scores
from lfv_eval.testing.advice_images import image, image_set, photographs

HOSTILE = "evil\x1b[2J\u202e" + "a" * 500 + "\n<script>.jpg"


def stream(seed=0):
    return np.random.Generator(np.random.PCG64(seed))


@pytest.fixture
def only(monkeypatch):
    """``only(*rules)``: let these be the only rules."""

    def install(*rules):
        monkeypatch.setattr("lfv_eval.advice.load_all", lambda table: {rule.id: rule for rule in rules})

    return install


def saying(*remarks, why=()):
    return Rule("toy", "Toys", lambda case: Examination(remarks, why))


def test_warnings_come_first_then_benefit(only):
    def remark(severity, benefit):
        return Remark(severity=severity, message=f"{severity} {benefit}", benefit=benefit)

    only(saying(remark("info", 0.9), remark("warning", 0.1)), replace(saying(remark("warning", 0.4)), id="other"))
    found = advise(scores(10, 10, 0.9)(stream()))
    assert [finding.message for finding in found] == ["warning 0.4", "warning 0.1", "info 0.9"]
    assert {(finding.rule, finding.guide) for finding in found} == {("toy", "Toys"), ("other", "Toys")}


def test_ten_lines_at_most_and_silence_only_on_demand(only):
    only(saying(*[Remark(severity="info", message=str(i), benefit=i / 20) for i in range(15)], why=("a", "b", "a")))
    case = scores(10, 10, 0.9)(stream())
    assert [finding.message for finding in advise(case)] == [str(i) for i in range(14, 4, -1)]
    explained = advise(case, explain_silence=True)
    assert len(explained) == MAX_FINDINGS + 1
    assert explained[-1].message == "cannot tell: a; b"
    assert explained[-1].severity == "info"


def test_every_rule_is_in_the_table_under_its_own_id():
    rules = registry.load_all("advice")
    ids = [rule.id for rule in rules.values()]
    assert len(set(ids)) == len(ids) == 12
    assert all(rule.guide_section for rule in rules.values())


def test_a_good_model_with_enough_images_gets_no_warning():
    case = scores(200, 200, 0.999)(stream(1))
    assert [finding for finding in advise(case) if finding.severity == "warning"] == []


def test_nothing_at_all_is_survived():
    case = build_case(evidence(rows(np.zeros(0, bool))))
    assert advise(case) == ()
    explained = advise(case, explain_silence=True)
    assert len(explained) == 12
    assert all(finding.message.startswith("cannot tell: ") for finding in explained)


def test_names_reach_the_report_as_they_are():
    rng = stream(2)
    images = [image(rng, index, "normal") for index in range(30)]
    images[4] = replace(images[4], uri=HOSTILE, luminance=0.95)
    case = photographs(0, 30)(rng)
    regions = [
        Region(image=HOSTILE, label=HOSTILE, area_px=4, extent_px=2, width_px=640, height_px=480) for _ in range(3)
    ]
    found = advise(replace(case, test_images=image_set(images), regions=regions))
    capture = next(finding for finding in found if finding.rule == "variability-of-capture")
    assert capture.images == (HOSTILE,)
    small = next(finding for finding in found if finding.rule == "small-anomalies")
    assert small.label == HOSTILE
    assert all(len(finding.message) < 1000 for finding in found)
    assert printable(small.message, 1000).isprintable()


def test_a_large_evaluation_is_quick():
    case = scores(100_000, 100_000, 0.95)(stream())
    start = time.perf_counter()
    found = advise(case, cost_fp=1, cost_fn=5, confidence_limit=0.8)
    assert time.perf_counter() - start < 10
    assert any("costs least" in finding.message for finding in found)


def test_advice_is_repeatable():
    first, second = (advise(photographs(30, 30, n_dark=2)(stream(5)), explain_silence=True) for _ in range(2))
    assert first == second
