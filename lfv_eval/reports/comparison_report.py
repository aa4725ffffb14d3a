"""Two models, or the folds of one training, for a terminal: verdict, table, flipped images, meaning, next steps."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..comparison import Comparison, Standing
from ..fold_summary import KFoldSummary
from . import comparison_wording as wording
from .plain import plain_text
from .printable import printable
from .wording import interval_text, metric_name, value_text

_STYLES = {Standing.NOT_WORSE: "green", Standing.WORSE: "bold red", Standing.OPEN: "yellow"}
_MOST_IMAGES = 10


def render(compared: Comparison | KFoldSummary, *, width: int = 110, verbose: bool = False) -> bytes:
    """The plain text of a report, in UTF-8."""
    return plain_text([report(compared, verbose=verbose)], width=width)


def report(compared: Comparison | KFoldSummary, *, verbose: bool = False) -> Group:
    """The report as something Rich can print on any console.

    Args:
        compared: The comparison or the k-fold summary.
        verbose: List every flipped or relabelled image.
    """
    if isinstance(compared, KFoldSummary):
        parts: list[RenderableType | None] = _kfold_parts(compared)
    else:
        parts = _comparison_parts(compared, verbose)
    spaced = [piece for part in parts if part is not None for piece in (part, Text())]
    return Group(*spaced[:-1])


def _comparison_parts(comparison: Comparison, verbose: bool) -> list[RenderableType | None]:
    return [
        Text.assemble(
            ("Baseline  ", "bold"),
            (wording.model_line(comparison.baseline), "cyan"),
            ("\nCandidate ", "bold"),
            (wording.model_line(comparison.candidate), "cyan"),
            f"\n{wording.images_sentence(comparison)}",
        ),
        Text(wording.headline(comparison), f"bold {_STYLES[comparison.standing]}"),
        _differences(comparison),
        _meaning(comparison),
        _flipped(comparison, verbose),
        _relabelled(comparison, verbose),
        _notes(comparison.notes),
        Text.assemble(("Next: ", "bold"), " ".join(wording.next_steps(comparison))),
        Text(comparison.signature, "dim"),
    ]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column.endswith("interval"))
    return table


def _differences(comparison: Comparison) -> Group:
    interval = f"{comparison.level * 100:g}% interval"
    one_by_one = ("p", "images") if comparison.overlap.paired else ()
    table = _table("metric", "baseline", "candidate", "difference", interval, *one_by_one)
    for d in comparison.differences:
        flips = f"{d.n_gained} gained, {d.n_lost} lost of {d.n}" if d.n_gained is not None else f"{d.n or '-'}"
        table.add_row(
            Text(metric_name(d.name, d.label)),
            wording.number_text(d.baseline),
            wording.number_text(d.candidate),
            wording.number_text(d.difference, signed=True),
            Text(wording.interval_text(d.interval)),
            *((wording.p_text(d.p_value), Text(flips)) if one_by_one else ()),
        )
    return Group(table, *(Text(printable(reason, 400), "dim") for reason in wording.reasons(comparison)))


def _meaning(comparison: Comparison) -> Text:
    lines = [Text("What it means", "bold")]
    for judgement in comparison.judgements:
        style = _STYLES[judgement.standing]
        lines.append(Text.assemble("  ", (judgement.standing.replace("_", " "), style), f": {judgement.explanation}."))
        if judgement.standing is Standing.OPEN and judgement.detectable_drop is not None:
            lines.append(
                Text(
                    f"    {judgement.n_images} images reveal a drop of {judgement.name} with 80 % probability only "
                    f"from {judgement.detectable_drop:.2f}.",
                    "dim",
                )
            )
    if comparison.judgements and all(judgement.equivalent for judgement in comparison.judgements):
        lines.append(Text(f"  Equivalent: a change by {comparison.margin:g} in either direction is excluded."))
    lines.append(Text(f"  {wording.significance(comparison)}"))
    return Text("\n").join(lines)


def _flipped(comparison: Comparison, verbose: bool) -> Text | None:
    if not comparison.overlap.n_common:
        return None
    lines = [Text("Images judged differently", "bold")]
    for what, gained, uris in wording.flips(comparison):
        lines.append(Text(f"  {len(uris)} {what}", "green" if gained else "red"))
        shown = uris if verbose else uris[:_MOST_IMAGES]
        lines += [Text(f"    {printable(uri)}") for uri in shown]
        if len(uris) > len(shown):
            lines.append(Text(f"    and {len(uris) - len(shown)} more: --verbose shows them", "dim"))
    return Text("\n").join(lines) if len(lines) > 1 else Text("Both models judge every common image alike.")


def _relabelled(comparison: Comparison, verbose: bool) -> Text | None:
    if not comparison.relabelled:
        return None
    lines = [Text("Images with two truth labels", "bold")]
    shown = comparison.relabelled if verbose else comparison.relabelled[:_MOST_IMAGES]
    for image in shown:
        told = f"  {image.baseline_truth} for the baseline, {image.candidate_truth} for the candidate: "
        lines.append(Text(told + printable(image.uri)))
    if len(comparison.relabelled) > len(shown):
        lines.append(Text(f"  and {len(comparison.relabelled) - len(shown)} more: --verbose shows them", "dim"))
    return Text("\n").join(lines)


def _notes(notes: tuple[str, ...]) -> Text | None:
    if not notes:
        return None
    return Text("\n").join([Text("Mind", "bold"), *(Text(f"  {printable(note, 400)}") for note in notes)])


def _kfold_parts(summary: KFoldSummary) -> list[RenderableType | None]:
    folds = Text("\n").join(
        Text.assemble((f"Fold {i}  ", "bold"), (wording.model_line(fold), "cyan"))
        for i, fold in enumerate(summary.folds, start=1)
    )
    folds.append(f"\n{wording.fold_counts(summary)}")
    return [
        folds,
        Text(wording.fold_sentence(summary), "bold red" if summary.doubts else "bold"),
        _doubts(summary),
        _pooled(summary),
        _spreads(summary),
        _notes(summary.notes),
        Text(summary.signature, "dim"),
    ]


def _doubts(summary: KFoldSummary) -> Text | None:
    if not summary.doubts:
        return None
    return Text("\n").join(Text(f"  {printable(doubt, 400)}", "red") for doubt in summary.doubts)


def _pooled(summary: KFoldSummary) -> Table | None:
    if not summary.pooled:
        return None
    table = _table("pooled over the folds", "value", f"{summary.level * 100:g}% interval")
    for value in summary.pooled:
        table.add_row(Text(metric_name(value.name, value.label)), value_text(value), Text(interval_text(value)))
    return table


def _spreads(summary: KFoldSummary) -> Table:
    table = _table("over the folds", "lowest", "mean", "highest", "each fold")
    for spread in summary.spreads:
        table.add_row(
            Text(metric_name(spread.name, spread.label)),
            *(wording.number_text(value) for value in (spread.low, spread.mean, spread.high)),
            Text("  ".join(wording.number_text(value) for value in spread.values)),
        )
    return table
