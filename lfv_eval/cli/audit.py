"""``lfv-eval audit``."""

from __future__ import annotations

from ..errors import UsageError
from ..settings import Advice, Duplicates, Settings
from . import options
from .output import Printable, emit, progress
from .report_files import ReportFiles


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
    training_manifest: options.TrainingManifest = None,
    images: options.LookAtImages = False,
    minimum: options.Minimum = None,
    allow_unverifiable: options.AllowUnverifiable = False,
    html: options.Html = None,
    report_files: options.Report = None,
    max_images: options.MaxImages = 100,
    format_name: options.FormatName = "text",
    output: options.Output = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Recompute every number of one model version and judge each reported one.

    Exit codes: 0 everything reported holds; 1 a number disagrees or a minimum is not reached; 2 usage;
    3 nothing could be audited, or a reported number cannot be verified.
    """
    from ..model_audit import audit as run_audit
    from ..reports.text_report import report
    from ..reports.wording import headline

    reports = ReportFiles.of(report_files or (), html, format_name, max_images, output)
    minimums = [parse_minimum(text) for text in minimum or ()]
    with progress(quiet=quiet) as on_progress:
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
            training_manifest=training_manifest,
            advice=Advice(look_at_images=images),
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
            while_open=reports.while_open,
        )
    reports.write(audited)
    emit(
        Printable(
            headline=headline(audited),
            document=lambda: reports.render(audited, format_name),
            report=(lambda: report(audited, verbose=verbose)) if format_name == "text" else None,
        ),
        output,
        quiet=quiet,
        no_color=no_color,
    )
    return audited.exit_code(allow_unverifiable=allow_unverifiable)


def parse_minimum(text: str) -> tuple[str, str | None, float]:
    """Read ``METRIC=VALUE``, where the metric may name a label in brackets.

    Raises:
        UsageError: It is not of that form, or the value is outside of 0..1.

    >>> parse_minimum("average_iou[scratch]=0.5")
    ('average_iou', 'scratch', 0.5)
    """
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
