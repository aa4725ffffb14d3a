"""``lfv-eval check``: numbers without any per-image data."""

from __future__ import annotations

from . import options
from .output import Printable, emit


def check(
    precision: options.Precision = None,
    recall: options.Recall = None,
    f1: options.F1 = None,
    roc_auc: options.RocAuc = None,
    average_precision: options.AveragePrecision = None,
    images: options.NumberOfImages = None,
    anomalies: options.NumberOfAnomalies = None,
    level: options.Level = 0.95,
    as_json: options.AsJson = False,
    output: options.Output = None,
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> int:
    """Tell whether printed numbers can belong together, and which confusion matrix gives them.

    Give the digits as printed: 0.94 and 0.940000 say different things. Exit codes: 0 they can; 1 they cannot; 2 usage.
    """
    from ..checks.numbers.examination import check_numbers
    from ..reports import numbers_report
    from ..stored import encode

    found = check_numbers(
        precision=precision,
        recall=recall,
        f1=f1,
        roc_auc=roc_auc,
        average_precision=average_precision,
        n_images=images,
        n_anomaly=anomalies,
        level=level,
    )
    emit(
        Printable(
            headline=numbers_report.headline(found),
            document=lambda: encode(found, 2) if as_json else numbers_report.render(found),
            report=None if as_json else lambda: numbers_report.report(found),
        ),
        output,
        quiet=quiet,
        no_color=no_color,
    )
    return 1 if found.verdict == "impossible" else 0
