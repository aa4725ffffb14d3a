"""``lfv-eval compare`` and ``lfv-eval folds``: several evaluations side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DocumentError, UsageError
from . import options
from .output import Printable, emit, progress

if TYPE_CHECKING:
    from ..results import ModelAudit


def compare(
    baseline: options.Baseline,
    candidate: options.Candidate,
    margin: options.Margin = 0.05,
    level: options.Level = 0.95,
    seed: options.BootstrapSeed = 0,
    as_json: options.AsJson = False,
    output: options.Output = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Compare two evaluations: is the candidate as good as the baseline?

    Exit codes: 0 shown to be no worse than the margin allows; 1 shown to be worse; 2 usage; 3 the test images are too
    few to tell, or an evaluation cannot be read.
    """
    from ..comparing.two_models import compare as compare_audits
    from ..reports.comparison_report import render, report
    from ..reports.comparison_wording import headline

    audits = _audits([baseline, candidate], quiet=quiet)
    compared = compare_audits(audits[0], audits[1], margin=margin, level=level, seed=seed)
    emit(
        Printable(
            headline=headline(compared),
            document=lambda: compared.to_json() if as_json else render(compared, verbose=verbose),
            report=None if as_json else lambda: report(compared, verbose=verbose),
        ),
        output,
        quiet=quiet,
        no_color=no_color,
    )
    return compared.exit_code()


def folds(
    targets: options.Targets,
    level: options.Level = 0.95,
    as_json: options.AsJson = False,
    output: options.Output = None,
    no_color: options.NoColor = False,
) -> int:
    """Summarise the evaluations of a k-fold set.

    Exit codes: 0 summarised, warnings included; 2 usage, such as fewer than two folds; 3 an evaluation cannot be read.
    """
    from ..comparing.folds import kfold_summary
    from ..reports.comparison_report import render, report

    if len(targets) < 2:
        raise UsageError(f"expected the evaluations of at least two folds, got {len(targets)}")
    summary = kfold_summary(_audits(targets, quiet=False), level=level)
    emit(
        Printable(
            headline="",
            document=lambda: summary.to_json() if as_json else render(summary),
            report=None if as_json else lambda: report(summary),
        ),
        output,
        quiet=False,
        no_color=no_color,
    )
    return 0


def _audits(targets: list[str], *, quiet: bool) -> list[ModelAudit]:
    with progress(quiet=quiet) as on_progress:
        return [_stored(target) or _audited(target, on_progress) for target in targets]


def _audited(target: str, on_progress: options.OnProgress) -> ModelAudit:
    from ..model_audit import audit

    return audit(target, on_progress=on_progress)


def _stored(target: str) -> ModelAudit | None:
    """The audit that a file of ``lfv-eval audit --format json`` holds; ``None`` where the target is no such file."""
    path = Path(target)
    if not path.is_file():
        return None
    content = path.read_bytes()
    if b'"signature"' not in content:
        return None
    from ..results import ModelAudit

    try:
        return ModelAudit.from_json(content)
    except DocumentError as error:
        hint = "lfv-eval audit TARGET --format json writes what can be read"
        raise DocumentError(error.message, where=target, hint=hint) from None
