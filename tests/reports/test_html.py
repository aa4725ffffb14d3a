"""The HTML report as a file: what it holds, how large it gets, and that its numbers are Python's."""

import json
import re
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from lfv_eval.errors import ReportError
from lfv_eval.reports import html, wording
from lfv_eval.reports.html import document
from lfv_eval.reports.html.charts import draw
from lfv_eval.reports.html.console import percent
from lfv_eval.reports.html.thresholds import Thresholds, anomaly_score
from lfv_eval.reports.pictures import PictureLimits, choose_pictures
from lfv_eval.results import ImageOutcome
from lfv_eval.verdicts import Verdict

pytest.importorskip("jinja2")
pytest.importorskip("altair")
pytest.importorskip("vl_convert")


def embedded(page):
    return [json.loads(body) for body in re.findall(r'class="data">(.*?)</script>', page, re.DOTALL)]


def test_4000_images_stay_below_15_megabytes(many, noise):
    chosen = choose_pictures(many.audit, many.evaluation, noise, PictureLimits(max_images=400))
    assert sum(picture.size_bytes for picture in chosen.pictures) > 7_000_000  # the budget was used up
    began = time.perf_counter()
    page = html.render([many.audit], pictures=[chosen])
    assert time.perf_counter() - began < 10
    assert len(page) < 15_000_000
    (data,) = embedded(page.decode())
    assert len(data["images"]) == 4000


def test_report_names_nothing_outside_of_itself(parts):
    page = html.render([parts.audit], pictures=[choose_pictures(parts.audit, parts.evaluation, parts.source)]).decode()
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href|action)=\"(?!#|data:)[^\"]*\"", own)
    assert "@import" not in own
    assert "url(" not in own


def test_equal_input_gives_equal_bytes(parts):
    first, second = (html.render([parts.audit]) for _ in range(2))
    assert first == second


def test_verdict_comes_first_and_every_check_is_told(tampered):
    page = html.render([tampered.audit]).decode()
    visible = page.partition("<body>")[2]
    assert visible.index("Disagreement") < visible.index("Reported and recomputed")
    for check in tampered.audit.checks:
        if check.kind == "recomputed":
            assert wording.metric_name(check.name, check.label) in visible
            assert str(check.reported) in visible
    for digest in tampered.audit.documents:
        assert digest.sha256 in visible
    assert tampered.audit.signature in visible


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_badge(tampered, verdict):
    checks = tuple(replace(check, verdict=verdict, cause="some-cause") for check in tampered.audit.checks)
    page = html.render([replace(tampered.audit, checks=checks)]).decode()
    assert f"</span> {verdict.value.replace('_', ' ').lower()}</span>" in page
    assert "some-cause" in page


def test_report_works_without_images_numbers_or_anything(tampered):
    empty = replace(tampered.audit, images=(), values=(), checks=(), documents=(), findings=(), problems=())
    page = html.render([empty]).decode()
    assert "No document reports a number to check." in page
    assert "vegaEmbed = " not in page  # nothing to draw, so no library
    assert html.render([]).decode().count("<article") == 0


def test_several_audits_share_one_page(parts, tampered):
    page = html.render([parts.audit, tampered.audit]).decode()
    assert page.count("<article") == 2
    assert len(embedded(page)) == 2
    ids = re.findall(r'\bid="([^"]+)"', re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert len(ids) == len(set(ids))


def test_pictures_must_fit_the_audits(parts):
    with pytest.raises(ReportError, match="expected pictures for 1 audits, got 2"):
        html.render([parts.audit], pictures=[None, None])


def test_pictures_reach_the_page(parts):
    chosen = choose_pictures(parts.audit, parts.evaluation, parts.source, PictureLimits(max_images=5))
    (data,) = embedded(html.render([parts.audit], pictures=[chosen]).decode())
    shown = [image for image in data["images"] if "picture" in image]
    assert [image["id"] for image in shown] == [picture.position for picture in chosen.pictures]
    assert all(image["picture"]["photo"].startswith("data:image/jpeg;base64,/9j/") for image in shown)


def outcome(truth, predicted, confidence):
    cell = ("T" if truth == predicted else "F") + ("P" if predicted == "anomaly" else "N")
    return ImageOutcome(
        uri="u", document="m", line=1, truth=truth, predicted=predicted, confidence=confidence, outcome=cell,
        excluded_because=None,
    )  # fmt: skip


CLASSES = st.sampled_from(["anomaly", "normal"])


@given(st.lists(st.builds(outcome, CLASSES, CLASSES, st.sampled_from([0.5, 0.6, 0.75, 0.9, 1.0, 0.3])), min_size=1))
def test_every_threshold_has_scikit_learns_confusion_matrix(images):
    found = Thresholds.of(SimpleNamespace(images=images))
    truth = np.array([image.truth == "anomaly" for image in images])
    scores = np.array([anomaly_score(image) for image in images])
    assert len(found.tp) == len(set(scores.tolist())) + 1
    for k in range(len(found.tp)):
        predicted = scores >= (found.scores[k - 1] if k else np.inf)
        matrix = confusion_matrix(truth, predicted, labels=[False, True])
        assert (matrix[1, 1], matrix[0, 1]) == (found.tp[k], found.fp[k])
    said = np.array([image.predicted == "anomaly" for image in images])
    own = [k for k, lowest in enumerate([np.inf, *found.scores]) if ((scores >= lowest) == said).all()]
    assert found.as_predicted == (own[0] if own else None)


def test_curves_are_drawn_with_a_bounded_number_of_points(many):
    specification = draw(many.audit, Thresholds.of(many.audit))
    assert set(specification) == {"roc", "precision_recall", "scores"}
    assert len(json.dumps(specification)) < 1_000_000


def test_histogram_counts_every_image_once(many):
    bars = draw(many.audit, Thresholds.of(many.audit))["scores"]["layer"][0]["data"]["values"]
    assert sum(bar["images"] for bar in bars if bar["truth"] == "anomalous") == 2000
    assert sum(bar["images"] for bar in bars if bar["truth"] == "normal") == 2000


def test_percent_never_rounds_up_to_a_hundred(parts):
    value = parts.audit.value("recall")
    assert percent(replace(value, value=0.99999)) == "99.9 %"
    assert percent(replace(value, value=1.0)) == "100.0 %"
    assert percent(replace(value, value=0.9697)) == "97.0 %"
    assert percent(replace(value, value=None)) == "undefined"


@pytest.mark.parametrize("missing", ["jinja2", "altair", "vl_convert"])
def test_missing_extra_is_one_error_that_says_what_to_install(parts, monkeypatch, missing):
    document._environment.cache_clear()
    document._chart_library.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ReportError, match=r"pip install 'lfv-eval\[report\]'"):
        html.render([parts.audit])
