"""``lfv-eval advise``."""

from __future__ import annotations

from pathlib import Path

from ..settings import Advice
from . import options
from .output import Printable, emit, progress


def advise(
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
    training_manifest: options.TrainingManifest = None,
    images: options.LookAtImages = True,
    cost_fp: options.CostFp = None,
    cost_fn: options.CostFn = None,
    confidence_limit: options.ConfidenceLimit = None,
    everything: options.Everything = False,
    as_json: options.AsJson = False,
    output: options.Output = None,
    no_color: options.NoColor = False,
) -> int:
    """Tell how to improve the model, with numbers, images and a next step.

    Reads the photographs and masks too, where they can be reached. Exit codes: 0 done; 2 usage; 3 nothing to look at.
    """
    from ..model_audit import audit
    from ..reports.advice_report import headline, render, report

    with progress(quiet=False) as on_progress:
        audited = audit(
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
            training_manifest=None if training_manifest is None else Path(training_manifest),
            advice=Advice(
                look_at_images=images,
                cost_fp=cost_fp,
                cost_fn=cost_fn,
                confidence_limit=confidence_limit,
                explain_silence=everything,
            ),
            on_progress=on_progress,
        )
    found = Printable(
        headline=headline(audited),
        document=lambda: audited.to_json() if as_json else render([audited]),
        report=None if as_json else lambda: report(audited),
    )
    emit(found, output, quiet=False, no_color=no_color)
    return 0
