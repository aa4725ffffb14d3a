"""The charts, as Vega-Lite specifications; colours of text and lines come from the page's style sheet.

Blue and vermilion are told apart with any colour vision (Okabe and Ito, "Color Universal Design", 2008); this blue is
lighter than theirs, to stand out from white and from dark pages alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ReportError
from ...metrics.ranking import precision_recall_curve, roc_curve
from ...results import ModelAudit
from ..printable import printable
from .thresholds import Thresholds

if TYPE_CHECKING:
    import altair as alt

BLUE, VERMILION = "#2b8ac6", "#d55e00"
MAX_POINTS = 1500
"""Most points a curve is drawn with; the numbers always rest on all of them."""

_BINS = 40
_MOST_LABELS = 30
_MOST_TICKS = 4000


def draw(audit: ModelAudit, thresholds: Thresholds) -> dict[str, dict[str, Any]]:
    """The specifications that the audit has data for, by name: ``scores``, ``roc``, ``precision_recall``, ``iou``.

    Raises:
        ReportError: Altair is not installed.
    """
    made = {
        "scores": _scores(thresholds) if thresholds.usable else None,
        "roc": _roc(thresholds),
        "precision_recall": _precision_recall(thresholds),
        "iou": _iou(audit),
    }
    return {name: _finished(chart) for name, chart in made.items() if chart is not None}


def _altair() -> Any:
    try:
        import altair
    except ImportError:
        raise ReportError("Altair is not installed", hint="pip install 'lfv-eval[report]'") from None
    return altair


def _finished(chart: alt.LayerChart | alt.Chart) -> dict[str, Any]:
    axis = {"grid": True, "gridOpacity": 0.5, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    autosize = {"type": "fit-x", "contains": "padding"}
    sized = chart.properties(width="container", background="transparent", autosize=autosize).configure(
        font="system-ui, sans-serif", axis=axis, view={"stroke": None}
    )
    specification: dict[str, Any] = sized.to_dict()
    return specification


def _kept(n: int) -> Any:
    """Positions of the points that are drawn: all, or evenly spread ones with both ends."""
    return np.unique(np.linspace(0, n - 1, min(n, MAX_POINTS)).round().astype(int))


def _curve(rows: list[dict[str, Any]], axes: tuple[str, str], interpolate: str, reference: Any) -> Any:
    """A curve, its tooltips, a line of chance, and the point of the chosen threshold."""
    alt = _altair()
    x, y = axes
    scale = alt.Scale(domain=[0, 1], nice=False)
    x_axis = alt.X("x:Q", title=x, scale=scale, axis=alt.Axis(format=".1f", tickCount=5))
    y_axis = alt.Y("y:Q", title=y, scale=scale, axis=alt.Axis(format=".1f", tickCount=5))
    base = alt.Chart(alt.Data(values=rows))
    line = base.mark_line(interpolate=interpolate, color=BLUE, strokeWidth=2.5).encode(x=x_axis, y=y_axis, order="k:Q")
    tooltip = [
        alt.Tooltip("threshold:N", title="score at least"),
        alt.Tooltip("x:Q", title=x, format=".4f"),
        alt.Tooltip("y:Q", title=y, format=".4f"),
    ]
    touch = base.mark_point(opacity=0, size=120, filled=True).encode(x=x_axis, y=y_axis, tooltip=tooltip)
    chosen = (
        alt.Chart(alt.Data(values=[{}]))
        .transform_calculate(x="at_x", y="at_y")
        .mark_point(filled=True, size=140, color=VERMILION, stroke="white", strokeWidth=1.5, opacity=1)
        .encode(x=x_axis, y=y_axis)
    )
    chance = (
        alt.Chart(alt.Data(values=reference))
        .mark_line(strokeDash=[4, 4], color="#808890", strokeWidth=1)
        .encode(x=x_axis, y=y_axis)
    )
    at = [alt.param(name="at_x", value=-1), alt.param(name="at_y", value=-1)]
    return alt.layer(chance, line, touch, chosen).add_params(*at).properties(height=260)


def _roc(thresholds: Thresholds) -> Any:
    curve = roc_curve(thresholds.counts)
    if curve is None:
        return None
    rows = [
        {"k": int(k), "x": float(curve.fpr[k]), "y": float(curve.tpr[k]), "threshold": _text(curve.thresholds[k])}
        for k in _kept(len(curve.fpr))
    ]
    diagonal = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    return _curve(rows, ("false positive rate", "recall (true positive rate)"), "linear", diagonal)


def _precision_recall(thresholds: Thresholds) -> Any:
    curve = precision_recall_curve(thresholds.counts)
    if curve is None:
        return None
    names = [*map(_text, curve.thresholds), "none"]
    rows = [
        {"k": int(k), "x": float(curve.recall[k]), "y": float(curve.precision[k]), "threshold": names[k]}
        for k in _kept(len(curve.recall))
    ]
    prevalence = thresholds.n_anomaly / (thresholds.n_anomaly + thresholds.n_normal)
    level = [{"x": 0, "y": prevalence}, {"x": 1, "y": prevalence}]
    return _curve(rows, ("recall", "precision"), "step-after", level)


def _text(score: float) -> str:
    return "none" if np.isinf(score) else f"{score:.6g}"


def _scores(thresholds: Thresholds) -> Any:
    """Anomalous images upwards, normal ones downwards, by score."""
    alt = _altair()
    edges = np.linspace(0, 1, _BINS + 1)
    rows = []
    for name, sign, counts in (
        ("anomalous", 1, thresholds.counts.n_anomaly),
        ("normal", -1, thresholds.counts.n_normal),
    ):
        heights, _ = np.histogram(thresholds.counts.scores, edges, weights=counts)
        rows += [
            {"truth": name, "from": float(low), "to": float(high), "images": int(n), "height": sign * int(n)}
            for low, high, n in zip(edges, edges[1:], heights, strict=False)
            if n
        ]
    color = alt.Color(
        "truth:N",
        title="truth",
        scale=alt.Scale(domain=["anomalous", "normal"], range=[VERMILION, BLUE]),
        legend=alt.Legend(orient="top", labelFontSize=12, titleFontSize=12, titleFontWeight="normal"),
    )
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            x=alt.X(
                "from:Q",
                bin="binned",
                title="score of anomaly",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".1f", tickCount=5),
            ),
            x2="to:Q",
            y=alt.Y("height:Q", title="images", axis=alt.Axis(labelExpr="abs(datum.value)", tickMinStep=1)),
            color=color,
            tooltip=[
                "truth:N",
                "images:Q",
                alt.Tooltip("from:Q", title="from", format=".3f"),
                alt.Tooltip("to:Q", title="to", format=".3f"),
            ],
        )
    )
    chosen = (
        alt.Chart(alt.Data(values=[{}]))
        .transform_calculate(x="at_x")
        .mark_rule(strokeWidth=2, strokeDash=[6, 3], color="#808890")
        .encode(x="x:Q")
    )
    return alt.layer(bars, chosen).add_params(alt.param(name="at_x", value=0.5)).properties(height=200)


def _iou(audit: ModelAudit) -> Any:
    """One tick for each image and label, so that a low average and a few bad images can be told apart."""
    rows = [
        {
            "label": printable(overlap.label, 40),
            "iou": overlap.iou,
            "image": printable(image.uri.rpartition("/")[2], 60),
        }
        for image in audit.images
        for overlap in image.overlaps
        if overlap.truth_px
    ][:_MOST_TICKS]
    labels = sorted({str(row["label"]) for row in rows})[:_MOST_LABELS]
    if not labels:
        return None
    alt = _altair()
    return (
        alt.Chart(alt.Data(values=[row for row in rows if row["label"] in labels]))
        .mark_tick(color=BLUE, thickness=2, opacity=0.9)
        .encode(
            x=alt.X(
                "iou:Q",
                title="IoU of each image",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".1f", tickCount=5),
            ),
            y=alt.Y("label:N", title=None, sort=labels, axis=alt.Axis(labelLimit=180, ticks=False, domain=False)),
            tooltip=["image:N", "label:N", alt.Tooltip("iou:Q", title="IoU", format=".4f")],
        )
        .properties(height=30 * len(labels))
    )
