"""The options of the command line: each one's name and help text, for all commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..registry import table
from ..settings import Duplicates

OnProgress = Callable[[str, int, int], None] | None
"""What reading reports its progress to."""


def _complete_format(incomplete: str) -> list[str]:
    return [name for name in table("reports") if name.startswith(incomplete)]


Target = Annotated[
    str | None,
    Argument(
        help="A folder, a document in it, or s3://BUCKET/PREFIX. Leave out with --manifest/--result, or --project.",
        show_default=False,
    ),
]
Manifest = Annotated[str | None, Option(help="The evaluation manifest: a path or s3:// URI.")]
Result = Annotated[str | None, Option(help="The evaluation result: a path or s3:// URI.")]
DescribeModel = Annotated[str | None, Option(help="A saved DescribeModel answer: a path or s3:// URI.")]
Project = Annotated[str | None, Option(help="The live project; with TARGET, which of several models.")]
ModelVersion = Annotated[str | None, Option(help="The model version, with --project.")]

Profile = Annotated[str | None, Option(help="AWS profile.")]
Region = Annotated[str | None, Option(help="AWS Region.")]
EndpointUrl = Annotated[str | None, Option(help="Another endpoint, for S3 and the service.")]
BucketOwner = Annotated[
    str | None,
    Option(
        "--expected-bucket-owner",
        metavar="ACCOUNT",
        help="Account that must own the buckets; by default the one in the model's ARN.",
    ),
]

LabelAttribute = Annotated[
    str | None,
    Option(help="Truth label attribute of the manifest; by default discovered."),
]
MaskAttribute = Annotated[
    str | None,
    Option(help="Truth mask attribute of the manifest; by default discovered."),
]
AlphaPolicy = Annotated[
    str,
    Option(help="Which pixels of a label's colour count in masks with alpha: ignore, threshold:N or opaque."),
]
AverageIou = Annotated[
    str,
    Option(
        "--aiou",
        metavar="DEFINITION",
        help="Definition of average IoU, such as mean-truth, pooled or mean-either+gated.",
    ),
]
PrecisionRecall = Annotated[
    str,
    Option(
        "--prf",
        metavar="DEFINITION",
        help="Definition of the labels' precision, recall and F1 score, such as pixel-pooled or presence.",
    ),
]
Tolerance = Annotated[
    int | None,
    Option(
        "--tolerance",
        metavar="PX",
        min=1,
        max=256,
        help="Tolerance in pixels for comparing masks; by default 2, or more for coarse predicted masks.",
    ),
]
DuplicatesPolicy = Annotated[Duplicates, Option("--duplicates", help="Which row of one source-ref counts.")]
Level = Annotated[float, Option(min=0.5, max=0.9999, help="Confidence level of the intervals.")]
Minimum = Annotated[
    list[str] | None,
    Option(
        "--min",
        metavar="METRIC=VALUE",
        help="Fail where the recomputed metric is lower, such as recall=0.9; repeatable.",
    ),
]
AllowUnverifiable = Annotated[
    bool,
    Option("--allow-unverifiable", help="Exit 0 though some reported numbers cannot be verified, where others were."),
]

FormatName = Annotated[
    str,
    Option(
        "--format", help="Form of the report: text, json, or another registered one.", autocompletion=_complete_format
    ),
]
Html = Annotated[
    Path | None, Option("--html", metavar="FILE", help="Also write the self-contained HTML report, with pictures.")
]
Report = Annotated[
    list[str] | None,
    Option(
        "--report",
        metavar="KIND=FILE",
        help="Also write a report: html, json, markdown, junit, emf, sagemaker, ...; repeatable.",
    ),
]
MaxImages = Annotated[int, Option(min=0, max=10_000, help="Pictures in the HTML report, most interesting first.")]
Output = Annotated[Path | None, Option("--output", "-o", help="Write the report to this file.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print the verdict only.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Print every note, explanation and checksum.")]
NoColor = Annotated[bool, Option("--no-color", help="Print without colours.")]
Seed = Annotated[int, Option(help="Seed of the synthetic evaluation.")]

TrainingManifest = Annotated[
    str | None, Option(metavar="FILE", help="The manifest the model was trained on; by default one that is found.")
]
LookAtImages = Annotated[bool, Option("--images/--no-images", help="Whether to read the photographs and masks.")]
CostFp = Annotated[float | None, Option("--cost-fp", metavar="COST", help="Cost of rejecting a normal part.")]
CostFn = Annotated[float | None, Option("--cost-fn", metavar="COST", help="Cost of passing an anomalous part.")]
ConfidenceLimit = Annotated[
    float | None, Option(metavar="LIMIT", help="Confidence limit used in production, 0..1; its effect is told.")
]
Everything = Annotated[bool, Option("--all", help="Also say what could not be judged, and why.")]

AsJson = Annotated[bool, Option("--json", help="Print JSON instead of a report.")]

Precision = Annotated[str | None, Option(metavar="NUMBER", help="Precision as printed; above 1 it is percent.")]
Recall = Annotated[str | None, Option(metavar="NUMBER", help="Recall as printed.")]
F1 = Annotated[str | None, Option("--f1", metavar="NUMBER", help="F1 score as printed.")]
RocAuc = Annotated[str | None, Option("--roc-auc", metavar="NUMBER", help="ROC AUC as printed.")]
AveragePrecision = Annotated[
    str | None, Option("--average-precision", metavar="NUMBER", help="Average precision as printed.")
]
NumberOfImages = Annotated[int | None, Option("--images", metavar="N", help="Number of test images.")]
NumberOfAnomalies = Annotated[int | None, Option("--anomalies", metavar="N", help="Anomalous ones among them.")]

Baseline = Annotated[
    str, Argument(help="A folder, s3://BUCKET/PREFIX, or JSON of an audit: the model to be measured against.")
]
Candidate = Annotated[str, Argument(help="Likewise: the model in question.")]
Targets = Annotated[list[str], Argument(help="The folds' evaluations: folders, s3:// prefixes, or JSON of audits.")]
Margin = Annotated[
    float, Option(min=0.001, max=0.5, help="Largest loss of recall and of specificity that is still acceptable.")
]
BootstrapSeed = Annotated[int, Option("--seed", help="Seed of the bootstrap.")]
