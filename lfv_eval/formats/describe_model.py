"""Answers of Lookout for Vision's ``DescribeModel``: saved CLI output, a dumped boto3 response, or the live answer.

They differ in wrapper, time format and encoding, not in what they say, so all are one kind of document. Times are
never parsed: at least five spellings exist and no number depends on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import DocumentError
from ..records import Claim, Document, Evaluation, ModelRef, Severity
from ..registry import Format
from ..settings import Settings
from .json_document import Node, Number, parse_json, read_text
from .problem_log import ProblemLog, quoted
from .recognition import first_name, head_text, top_level_names
from .reported import read_metrics

KIND = "describe_model"
_METRICS = {"Precision": "precision", "Recall": "recall", "F1Score": "f1_score"}
_TELLING = frozenset({"ModelVersion", "ModelArn", "Status", "Performance", "EvaluationManifest", "EvaluationResult"})
_MEMBERS = _TELLING | {
    "CreationTimestamp",
    "Description",
    "StatusMessage",
    "OutputConfig",
    "EvaluationEndTimestamp",
    "KmsKeyId",
    "MinInferenceUnits",
    "MaxInferenceUnits",
    "ResponseMetadata",
}
"""Top-level names by which the unwrapped answer is known: any two of the telling ones, where it is complete."""
_CLI_OUTPUT = {
    "text": re.compile(r"MODELDESCRIPTION\t"),
    "table": re.compile(r"[-+|=\s]*\|\s*(DescribeModel|ModelDescription)\s*\|"),
    "yaml": re.compile(r"ModelDescription:\s|CreationTimestamp:.*^ModelArn: ?\S", re.DOTALL | re.MULTILINE),
}
"""How the AWS CLI's output formats other than JSON begin."""


@dataclass(frozen=True, slots=True)
class OutputObjects:
    """Where a model's evaluation lies; ``None`` where the document does not say.

    Attributes:
        manifest: ``s3://`` URI of the evaluation manifest.
        result: ``s3://`` URI of the evaluation result.
    """

    manifest: str | None
    result: str | None


def sniff(uri: str, head: bytes) -> bool:
    """Whether a document is an answer of ``DescribeModel``; the CLI's other output formats are taken to be refused."""
    del uri  # such answers have no conventional name
    text = head_text(head)
    if not text.startswith("{"):
        return bool(text) and _cli_output(text) is not None
    if '"Model' not in text:
        return False
    names = top_level_names(text)
    if names is None:
        return first_name(text) == "ModelDescription" or (
            first_name(text) in _MEMBERS and bool(re.search(r'"Model(Arn|Description)"\s*:', text))
        )
    return "ModelDescription" in names or len(_TELLING & set(names)) >= 2


def parse(document: Document, settings: Settings) -> Evaluation:
    """Read the model's identity and the metrics that the service printed.

    Raises:
        DocumentError: Not JSON (the CLI's text, table or YAML output), or a member of another type than the service's.
    """
    del settings
    log = ProblemLog(document.uri)
    model = _read_model(document, log)
    reported = []
    performance = model.given("Performance")
    if performance is None:
        status = _text(model, "Status")
        log.add(
            "NO_PERFORMANCE",
            f"the model has no Performance (status {quoted(status)}); it reports no metrics",
            severity=Severity.NOTE,
        )
    else:
        reported = read_metrics(performance, _METRICS, KIND, log)
    return Evaluation(
        claims=(Claim(kind=KIND, document=document.uri, model=_model_ref(model, log)),),
        reported=tuple(reported),
        problems=log.problems(),
        documents=(document.digest(KIND),),
    )


def evaluation_locations(document: Document) -> OutputObjects:
    """Find where the evaluation manifest and result of the described model lie.

    Where the answer does not name them (a model in training), their names follow from its output configuration: the
    service puts ``Evaluation<Manifest|Result>-<project>-<version>.json`` directly behind the prefix.

    Raises:
        DocumentError: As ``parse``.
    """
    log = ProblemLog(document.uri)
    model = _read_model(document, log)
    ref = _model_ref(model, log)
    return OutputObjects(
        manifest=_location(model, "EvaluationManifest", ref), result=_location(model, "EvaluationResult", ref)
    )


def _read_model(document: Document, log: ProblemLog) -> Node:
    text = read_text(document)
    form = _cli_output(text.lstrip())
    if form:
        raise DocumentError(
            f"expected JSON, got the AWS CLI's {form} output",
            where=document.uri,
            hint="save it again with `--output json`",
        )
    root = parse_json(text, document.uri, log)
    model = root.given("ModelDescription") or root
    model.as_object()
    return model


def _cli_output(text: str) -> str | None:
    if text.startswith(("{", "[")):
        return None
    return next((form for form, pattern in _CLI_OUTPUT.items() if pattern.match(text)), None)


def _text(node: Node, name: str) -> str | None:
    member = node.given(name)
    return None if member is None else member.as_text()


def _model_ref(model: Node, log: ProblemLog) -> ModelRef:
    arn, version = _text(model, "ModelArn"), _version(model, log)
    if arn is None:
        return ModelRef(version=version)
    ref = ModelRef.from_arn(arn)
    if ref.version is None:
        return replace(ref, version=version)
    if version not in (None, ref.version):
        log.add(
            "VERSION_CONTRADICTS_ARN",
            f"ModelVersion is {quoted(version)}, ModelArn says {ref.version}; the ARN is used",
            severity=Severity.ERROR,
        )
    return ref


def _version(model: Node, log: ProblemLog) -> str | None:
    member = model.given("ModelVersion")
    if member is None:
        return None
    if isinstance(member.value, Number):
        log.add("VERSION_NOT_TEXT", f"{member.path} is a number; read as text", severity=Severity.NOTE)
        return member.value.printed
    return member.as_text()


def _location(model: Node, name: str, ref: ModelRef) -> str | None:
    place = model.given(name)
    if place is not None:
        bucket, key = _text(place, "Bucket"), _text(place, "Key")
        if bucket and key:
            return f"s3://{bucket}/{key}"
    config = model.given("OutputConfig")
    location = config.given("S3Location") if config else None
    bucket = _text(location, "Bucket") if location else None
    if location is None or not bucket or not ref.project or not ref.version:
        return None
    return f"s3://{bucket}/{_text(location, 'Prefix') or ''}{name}-{ref.project}-{ref.version}.json"


FORMAT = Format(sniff, parse)
