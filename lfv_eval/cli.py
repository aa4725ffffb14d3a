"""The command line: the only module that prints, reads arguments or exits."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import cli_options as options
from .errors import LfvEvalError, ReportError, UsageError
from .registry import load
from .settings import Duplicates, Settings, version_signature

if TYPE_CHECKING:
    from rich.console import Console

    from .results import ModelAudit

app = typer.Typer(
    name="lfv-eval",
    help="Recompute and verify the evaluation metrics of Amazon Lookout for Vision models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version_signature())
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the signature's version part."),
    ] = False,
) -> None:
    del version  # handled by its callback


@app.command()
def audit(
    target: options.Target = None,
    manifest: options.Manifest = None,
    result: options.Result = None,
    describe_model: options.DescribeModel = None,
    project: options.Project = None,
    model_version: options.ModelVersion = None,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
    expected_bucket_owner: options.BucketOwner = None,
    label_attribute: options.LabelAttribute = None,
    mask_attribute: options.MaskAttribute = None,
    alpha_policy: options.AlphaPolicy = "ignore",
    average_iou: options.AverageIou = "mean-truth",
    precision_recall: options.PrecisionRecall = "pixel-pooled",
    tolerance: options.Tolerance = None,
    duplicates: options.DuplicatesPolicy = Duplicates.FIRST,
    level: options.Level = 0.95,
    minimum: options.Minimum = None,
    allow_unverifiable: options.AllowUnverifiable = False,
    format_name: options.FormatName = "text",
    output: options.Output = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> None:
    """Recompute every number of one model version and judge each reported one.

    Exit codes: 0 everything reported holds; 1 a number disagrees or a minimum is not reached; 2 usage;
    3 nothing could be audited, or a reported number cannot be verified.
    """
    from .model_audit import audit as run_audit

    load("reports", format_name)  # refuse an unknown form before the work
    minimums = [_parse_minimum(text) for text in minimum or ()]
    with _progress(quiet=quiet) as on_progress:
        audited = run_audit(
            target,
            manifest=manifest,
            result=result,
            describe_model=describe_model,
            project=project,
            model_version=model_version,
            profile=profile,
            region=region,
            endpoint_url=endpoint_url,
            expected_bucket_owner=expected_bucket_owner,
            settings=Settings(
                level=level,
                duplicates=duplicates,
                label_attribute=label_attribute,
                mask_attribute=mask_attribute,
                alpha_policy=alpha_policy,
                average_iou=average_iou,
                precision_recall=precision_recall,
                tolerance_px=tolerance,
            ),
            minimums=minimums,
            on_progress=on_progress,
        )
    _emit(audited, format_name, output, quiet=quiet, verbose=verbose, no_color=no_color)
    raise typer.Exit(audited.exit_code(allow_unverifiable=allow_unverifiable))


@app.command()
def demo(seed: options.Seed = 1, no_color: options.NoColor = False) -> None:
    """Audit a synthetic model in an embedded fake AWS account, then catch a tampered report."""
    from .testing.demo import run_demo

    console = _console(no_color=no_color)
    run_demo(seed=seed, say=console.print, show=lambda audited: _show(console, audited))


def _parse_minimum(text: str) -> tuple[str, str | None, float]:
    metric, found, number = text.rpartition("=")
    name, bracket, label = metric.partition("[")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not found or not name or not 0 <= value <= 1 or (bracket and not label.endswith("]")):
        raise UsageError(
            "expected METRIC=VALUE with a value in 0..1",
            where=f"--min {text}",
            hint="such as recall=0.9 or average_iou[scratch]=0.5",
        )
    return name, label[:-1] if bracket else None, value


def _console(*, no_color: bool, stderr: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, no_color=no_color, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 120  # a pipe has no width; 80 columns would fold the table
    return console


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=_console(no_color=False, stderr=True), transient=True) as progress:
        tasks: dict[str, int] = {}

        def on_progress(stage: str, done: int, total: int) -> None:
            task = tasks.setdefault(stage, progress.add_task(stage)) if stage not in tasks else tasks[stage]
            progress.update(task, completed=done, total=total)  # type: ignore[arg-type]

        yield on_progress


def _emit(
    audited: ModelAudit, format_name: str, output: Path | None, *, quiet: bool, verbose: bool, no_color: bool
) -> None:
    if output is not None:
        _write(output, _render(audited, format_name, verbose=verbose))
    if quiet:
        from .reports.wording import headline

        typer.echo(headline(audited))
    elif output is not None:
        typer.echo(f"Written to {output}")
    elif format_name == "text":
        _show(_console(no_color=no_color), audited, verbose=verbose)
    else:
        sys.stdout.buffer.write(_render(audited, format_name, verbose=verbose))
        sys.stdout.flush()


def _show(console: Console, audited: ModelAudit, *, verbose: bool = False) -> None:
    from .reports.text_report import report

    console.print(report(audited, verbose=verbose))


def _render(audited: ModelAudit, format_name: str, *, verbose: bool) -> bytes:
    render: Callable[..., bytes] = load("reports", format_name)
    return render([audited], verbose=True) if verbose and format_name == "text" else render([audited])


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ReportError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            hint="name a file in a writable folder",
        ) from None


def main() -> None:
    """Run the command line; every failure is one message and an exit code, never a traceback."""
    try:
        app()
    except LfvEvalError as error:
        sys.exit(_fail(str(error), error.exit_code))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains while exiting
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted", 130))
    except Exception as error:  # the last line of defence: a user never sees a traceback unasked
        if os.environ.get("LFV_EVAL_TRACEBACK"):
            raise
        told = f"this is a defect of lfv-eval: {type(error).__name__}: {error}. Hint: LFV_EVAL_TRACEBACK=1 shows where"
        sys.exit(_fail(told, 3))


def _fail(message: str, exit_code: int) -> int:
    from .reports.printable import printable

    sys.stderr.write(f"lfv-eval: {printable(message, 2000)}\n")
    return exit_code
