"""AWS's published truth masks with predictions of a small network; figures by scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfv_eval.checks.definitions.identification import identify
from lfv_eval.checks.definitions.identified import Choice
from lfv_eval.checks.definitions.label_verdicts import judge_labels
from lfv_eval.metrics.labels.mask_counts import MaskCounts
from lfv_eval.verdicts import Verdict

COOKIES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "cookies"


@pytest.fixture(scope="module")
def cookies():
    if not COOKIES.is_dir():
        pytest.skip("the real masks are not here")
    from lfv_eval.formats.masks.pairs import pair

    color_map = {"#ffffff": "BACKGROUND", "#23a436": "cracked"}
    states = []
    for line in (COOKIES / "EvaluationManifest-cookies-1.json").read_text().splitlines():
        row = json.loads(line)
        keys = ("anomaly-mask-ref", "anomaly-mask-ref-detected")
        bodies = [(COOKIES / row[key].split("/cookies/")[1]).read_bytes() if key in row else None for key in keys]
        counted = pair(*bodies, color_map, color_map)
        states.append(
            MaskCounts.of_image(
                row["source-ref"],
                detected=row["anomaly-label-detected-metadata"]["class-name"] == "anomaly",
                anomalous=row["anomaly-label-metadata"]["class-name"] == "anomaly",
                counts=counted.counts,
                policies=counted.policies,
            )
        )
    return MaskCounts.total(states)


@pytest.mark.parametrize("show", [repr, "{:.4f}".format])
def test_real_masks(masks, cookies, show):
    """Numbers computed with scikit-learn; the truth masks have anti-aliased edges."""
    expected = json.loads((COOKIES / "expected.json").read_text())
    (figures,) = expected["reported"]["PixelAnomalyClassMetrics"]
    names = {"Precision": "precision", "Recall": "recall", "F1Score": "f1_score", "AIOU": "average_iou"}
    report = [masks.reported(name, "cracked", show(figures[key])) for key, name in names.items()]
    found = identify(report, cookies)
    assert found.chosen == Choice(policy="threshold:128", average_iou="mean-truth", precision_recall="pixel-pooled")
    assert found.signature_parts == ("aiou:mean-truth", "prf:pixel-pooled", "alpha:threshold:128")
    iou, prf = found.groups
    assert "mean-either" in iou.members and "mean-anomalous-empty0" in iou.members
    assert set(prf.members) == {"pixel-pooled", "pixel-pooled-truth"}
    why = "no image has a predicted mask without truth, so"
    assert f"{why} mean-truth and mean-either cannot be told apart" in iou.evidence
    assert prf.evidence == (f"{why} pixel-pooled and pixel-pooled-truth cannot be told apart",)
    checks = judge_labels(report, cookies, found)
    assert {check.verdict for check in checks} == {Verdict.MATCH_OTHER_DEFINITION}
    assert [check.value.value for check in checks] == pytest.approx([figures[key] for key in names], rel=1e-15)
    assert checks[3].value.definition == "mean-truth|alpha:threshold:128"
    assert {
        c.verdict for c in judge_labels(report, cookies, identify(report, cookies, default_policy="threshold:128"))
    } == {Verdict.MATCH}
