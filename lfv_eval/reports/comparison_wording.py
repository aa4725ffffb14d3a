"""How a comparison is put into words; shared by every report of one that people read."""

from __future__ import annotations

from ..comparison import ComparedModel, Comparison, MetricDifference, Standing
from ..fold_summary import KFoldSummary
from ..verdicts import Interval
from .printable import printable
from .wording import metric_name

_ASSUMPTION = "the images are the same, as their file names are"
"""What a comparison rests on whose images were matched by the end of their references alone."""


_MOST_NAMES = 8
"""So many metrics are named in one sentence."""


def headline(comparison: Comparison) -> str:
    """The verdict in one line."""
    names: dict[Standing, list[str]] = {
        standing: [judgement.name for judgement in comparison.judgements if judgement.standing is standing]
        for standing in Standing
    }
    margin = f"{comparison.margin:g}"
    if names[Standing.WORSE]:
        return f"WORSE: {_listed(names[Standing.WORSE])} dropped by more than {margin}."
    if not names[Standing.OPEN]:
        told = f"CONFIRMS THE PREVIOUS TRAINING: neither recall nor specificity dropped by {margin} or more"
        return f"{told}, if {_ASSUMPTION}." if comparison.overlap.matched_by == "path" else f"{told}."
    told = f"CANNOT CONFIRM: a drop of {_listed(names[Standing.OPEN])} by {margin} or more is not excluded"
    return f"{told}{_needed(comparison)}."


def _needed(comparison: Comparison) -> str:
    """How many images it takes, for each class that is open."""
    if not comparison.overlap.paired:
        return _needed_of_both(comparison)
    needed = []
    for judgement in comparison.judgements:
        seen, least = judgement.images_needed_as_seen, judgement.images_needed
        n = max(seen or 0, least or 0)
        if judgement.standing is Standing.OPEN and judgement.n_images is not None and n > judgement.n_images:
            images = "anomalous" if judgement.name == "recall" else "normal"
            needed.append(f"{n} {images} images needed, {judgement.n_images} here")
    return f" ({'; '.join(needed)})" if needed else ""


def _needed_of_both(comparison: Comparison) -> str:
    """What it takes where the test sets differ: the same images for both models, more of them where there are few."""
    needed = [
        f"{judgement.images_needed} {'anomalous' if judgement.name == 'recall' else 'normal'}"
        for judgement in comparison.judgements
        if judgement.standing is Standing.OPEN
        and judgement.images_needed is not None
        and judgement.images_needed > (judgement.n_images or 0)
    ]
    told = f", at least {_listed(needed)} ones" if needed else ""
    return f" (both models must be tested on the same images{told})"


def significance(comparison: Comparison) -> str:
    """Whether the two models can be told apart at all, in one sentence."""
    if not comparison.testable:
        return "Nothing could be tested: the numbers of images are not known."
    higher = [d for d in comparison.significant if d.difference is not None and d.difference > 0]
    lower = [d for d in comparison.significant if d.difference is not None and d.difference < 0]
    if not higher and not lower:
        return (
            "The two models are statistically indistinguishable on these images; that alone does not make them equal."
        )
    told = [f"measurably higher {_names(higher)}"] if higher else []
    told += [f"measurably lower {_names(lower)}"] if lower else []
    return f"The candidate has {' and '.join(told)}."


def _names(differences: list[MetricDifference]) -> str:
    return _listed([metric_name(difference.name, difference.label) for difference in differences])


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def images_sentence(comparison: Comparison) -> str:
    """Which images the comparison rests on."""
    overlap = comparison.overlap
    assumed = ", taken as the same by file name" if overlap.matched_by == "path" else ""
    if overlap.same_images:
        n_anomaly, n_normal = comparison.candidate.n_anomaly, comparison.candidate.n_normal
        classes = f"{n_anomaly} anomalous, {n_normal} normal"
        return f"Both were tested on the same {overlap.n_common} images{assumed} ({classes})."
    if overlap.paired:
        return (
            f"Compared on {overlap.n_common - overlap.n_relabelled} images that both were tested on{assumed} "
            f"({overlap.n_baseline} and {overlap.n_candidate} in all)."
        )
    if overlap.n_baseline and overlap.n_candidate:
        return (
            f"Tested on different images ({overlap.n_baseline} and {overlap.n_candidate}, {overlap.n_common} in "
            "common): intervals for independent test sets."
        )
    return "At least one of the two has no images: compared by their numbers, as independent test sets."


def reasons(comparison: Comparison) -> list[str]:
    """Why some metrics have no interval: one sentence for each reason."""
    names: dict[str, list[str]] = {}
    for difference in comparison.differences:
        if difference.without_interval_because:
            named = names.setdefault(difference.without_interval_because, [])
            named.append(metric_name(difference.name, difference.label))
    return [f"{_listed(_shortened(metrics))} without an interval: {why}." for why, metrics in names.items()]


def _shortened(names: list[str]) -> list[str]:
    if len(names) <= _MOST_NAMES:
        return names
    return [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} more"]


def flips(comparison: Comparison) -> list[tuple[str, bool, list[str]]]:
    """Groups of common images judged differently: what happened, whether it is a gain, and which; losses first."""
    what = {
        ("anomaly", False): "anomalies that only the baseline found",
        ("normal", False): "normal images that only the candidate rejects",
        ("anomaly", True): "anomalies that only the candidate finds",
        ("normal", True): "normal images that only the baseline rejected",
    }
    groups = []
    for (truth, gained), words in what.items():
        uris = [image.uri for image in comparison.flipped if image.truth == truth and image.gained == gained]
        if uris:
            groups.append((words, gained, uris))
    return groups


def model_line(model: ComparedModel) -> str:
    """The model version and what was audited."""
    return f"{printable(str(model.model))}, {printable(model.target)}"


def number_text(value: float | None, *, signed: bool = False) -> str:
    """A metric or a difference with four decimals."""
    if value is None:
        return "-"
    return f"{value:+.4f}" if signed else f"{value:.4f}"


def interval_text(interval: Interval | None) -> str:
    """An interval of a difference, with signs."""
    return f"[{interval.low:+.3f}, {interval.high:+.3f}]" if interval else "-"


def p_text(p_value: float | None) -> str:
    """A p-value; tiny ones as a bound."""
    if p_value is None:
        return "-"
    return f"{p_value:.3f}" if p_value >= 0.001 else "<0.001"


def next_steps(comparison: Comparison) -> list[str]:
    """What to do now, most urgent first."""
    steps = []
    if comparison.relabelled:
        steps.append("Settle the truth of the images that are labelled differently, then audit both models again.")
    if comparison.standing is Standing.WORSE:
        steps.append("Keep the baseline; look at the images that the candidate lost.")
    if comparison.standing is Standing.OPEN:
        if not comparison.overlap.paired:
            steps.append("Test both models on the same images: that needs the fewest.")
        elif _needed(comparison):
            steps.append("Add labelled test images, test both models on them, and compare again.")
        if any(not image.gained for image in comparison.flipped):
            steps.append("Look at the images that the candidate lost.")
        if not comparison.testable:
            steps.append("Add the evaluation manifests: they hold the predictions image by image.")
        steps.append(f"If a larger drop than {comparison.margin:g} is tolerable, say so with a larger margin.")
    if not steps and comparison.overlap.matched_by == "path":
        return [f"make sure that {_ASSUMPTION}; if so, the candidate can take the baseline's place."]
    return steps or ["nothing to do: the candidate can take the baseline's place."]


def fold_counts(summary: KFoldSummary) -> str:
    """How many images the folds were tested on."""
    n_anomaly = [fold.n_anomaly for fold in summary.folds]
    n_normal = [fold.n_normal for fold in summary.folds]
    known = [(a, b) for a, b in zip(n_anomaly, n_normal, strict=True) if a is not None and b is not None]
    if len(known) < len(summary.folds):
        return f"{len(summary.folds)} folds."
    total_anomaly, total_normal = sum(a for a, _ in known), sum(b for _, b in known)
    return (
        f"{len(summary.folds)} folds, tested on {total_anomaly + total_normal} images in all "
        f"({total_anomaly} anomalous, {total_normal} normal)."
    )


def fold_sentence(summary: KFoldSummary) -> str:
    """Whether the folds differ by more than chance, as far as their test sets tell."""
    if summary.doubts:
        return "WARNING: these may not be the folds of one training. The pooled numbers are given without intervals."
    tested = [spread for spread in summary.spreads if spread.distinguishable is not None]
    differing = [metric_name(spread.name, spread.label) for spread in tested if spread.distinguishable]
    if not tested:
        return "Whether the folds differ by more than chance is not known: the numbers of images are not."
    if differing:
        return f"The folds differ by more than chance in {_listed(differing)}: look at the images of the lowest fold."
    return (
        "The folds are statistically indistinguishable: choosing the fold with the best number would choose by chance."
    )
