"""``lfv-eval demo``."""

from __future__ import annotations

from ..errors import UsageError
from . import options
from .output import console
from .report_files import ReportFiles


def demo(
    seed: options.Seed = 1,
    html: options.Html = None,
    max_images: options.MaxImages = 100,
    no_color: options.NoColor = False,
) -> int:
    """Audit a synthetic model in an embedded fake AWS account, then catch a tampered report."""
    from ..reports.text_report import report

    try:
        from ..testing.demo import run_demo
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the demonstration needs {error.name}, which is not installed", hint="pip install 'lfv-eval[testing]'"
        ) from None
    screen = console(no_color=no_color)
    reports = ReportFiles.of((), html, "text", max_images)
    _, caught = run_demo(
        seed=seed,
        say=screen.print,
        show=lambda audited: screen.print(report(audited)),
        while_open=reports.while_open,
    )
    reports.write(caught)
    return 0
