"""The corridor: locate -> read -> count -> compute -> check. Everything else is a side wing of this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .advice import advise
from .advice_case import gather_case
from .checks.causes.explanations import explain
from .checks.scores.reading import observe_scores
from .datasets import with_roles
from .errors import TargetError, UsageError
from .images import ANOMALY, UNLABELLED, DatasetRole, Exclusion, Images, label_key
from .records import Evaluation, ModelRef, Problem, Reader
from .registry import Checker, Evidence, Family, load_all
from .results import Gate, ImageOutcome, ModelAudit
from .settings import Advice, Settings, version_signature
from .sources.opening import open_source
from .sources.reading import read_documents, read_training_manifest
from .sources.selection import Wanted, select
from .sources.source import AwsAccess, Located, OnProgress, Source
from .verdicts import Check, Finding, LabelOverlap, MetricValue

if TYPE_CHECKING:
    import boto3

WhileOpen = Callable[[ModelAudit, Evaluation, Reader], None]

_CLASS_NAMES = {ANOMALY: "anomaly", 0: "normal", UNLABELLED: None}
_CELLS = {(1, 1): "TP", (0, 1): "FP", (1, 0): "FN", (0, 0): "TN"}


def audit(
    target: str | Path | None = None,
    *,
    manifest: str | Path | None = None,
    result: str | Path | None = None,
    describe_model: str | Path | None = None,
    project: str | None = None,
    model_version: str | None = None,
    session: boto3.Session | None = None,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    expected_bucket_owner: str | None = None,
    training_manifest: str | Path | None = None,
    settings: Settings | None = None,
    advice: Advice | None = None,
    minimums: Sequence[tuple[str, str | None, float]] = (),
    on_progress: OnProgress | None = None,
    while_open: WhileOpen | None = None,
) -> ModelAudit:
    """Audit one model version: recompute every number from the per-image records and judge each reported one.

    Args:
        target: A local folder, a local file, or ``s3://bucket/prefix``.
        manifest: The evaluation manifest, as a path or an ``s3://`` URI. Naming documents replaces the search for them.
        result: The evaluation result, likewise.
        describe_model: A saved DescribeModel answer, likewise.
        project: Without any of the above: the live project. With ``target``: chooses among several models found there.
        model_version: The model version that goes with ``project``.
        session: The boto3 session for S3 and the live service, left untouched; by default one is made.
        profile: AWS profile for the session that is made.
        region: AWS Region, likewise.
        endpoint_url: Another endpoint for both services.
        expected_bucket_owner: Account that must own the buckets; by default the account in the model's ARN.
        training_manifest: The input manifest that the model was trained on, a local path; else one found is used.
        settings: Conventions, see ``Settings``.
        advice: What to be advised on, see ``Advice``; by default without looking at images.
        minimums: ``(metric, label, minimum)`` gates on recomputed values.
        on_progress: Called as ``on_progress(stage, done, total)`` while much is read.
        while_open: Called with the audit, the evaluation and the reader before connections close, for pictures.

    Returns:
        The audit. A disagreement is a result, not an exception; see ``ModelAudit.exit_code``.

    Raises:
        LfvEvalError: There is nothing to audit, or a document cannot be read.
    """
    named = (target, manifest, result, describe_model, training_manifest)
    if any(given is not None and not str(given).strip() for given in named):
        raise UsageError("an empty name was given", hint="is a shell variable unset?")
    training = None if training_manifest is None else Path(training_manifest)
    with open_source(
        target,
        documents={"manifest": manifest, "result": result, "describe_model": describe_model},
        project=project,
        model_version=model_version,
        aws=AwsAccess(
            session=session,
            profile=profile,
            region=region,
            endpoint_url=endpoint_url,
            expected_bucket_owner=expected_bucket_owner,
        ),
        on_progress=on_progress,
    ) as source:
        wanted = Wanted(project=project, version=model_version)
        order = Order(settings=settings or Settings(), advice=advice or Advice(), minimums=minimums, training=training)
        audited, evaluation = audit_source(source, wanted, order)
        if while_open:
            while_open(audited, evaluation, source)
        return audited


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How an audit is to be made, whatever it is of.

    Attributes:
        settings: Conventions.
        advice: What to be advised on.
        minimums: ``(metric, label, minimum)`` gates on recomputed values.
        training: The input manifest that the model was trained on, where the caller named it.
    """

    settings: Settings = field(default_factory=Settings)
    advice: Advice = field(default_factory=Advice)
    minimums: Sequence[tuple[str, str | None, float]] = ()
    training: Path | None = None


def audit_source(source: Source, wanted: Wanted, order: Order) -> tuple[ModelAudit, Evaluation]:
    """Audit what an open source holds; see ``audit``. Also gives what was read, for pictures."""
    located = source.locate()
    evaluation = _read(source, located, wanted, order)
    evidence = compute(evaluation, order.settings, source)
    checks, findings = _judge(evidence)
    wishes = order.advice
    case = gather_case(evidence, source, checks, look_at_images=wishes.look_at_images)
    findings += advise(
        case,
        cost_fp=wishes.cost_fp,
        cost_fn=wishes.cost_fn,
        confidence_limit=wishes.confidence_limit,
        explain_silence=wishes.explain_silence,
    )
    sets = {name: found for name, found in (("test", case.test_images), ("training", case.training_images)) if found}
    problems = (*located.problems, *(problem for images in sets.values() for problem in images.problems))
    audited = _finish(evidence, checks, findings, problems, source.name, order.minimums)
    return replace(audited, image_sets=sets), evaluation


def _read(source: Source, located: Located, wanted: Wanted, order: Order) -> Evaluation:
    fragments = read_documents(located.documents, order.settings)
    evaluation = select(fragments, wanted, target=source.target, explicit=located.explicit)
    if order.training:
        named = read_training_manifest(order.training, order.settings)
        same = {digest.uri for digest in evaluation.documents if digest.sha256 == named.documents[0].sha256}
        found = [d for d in evaluation.datasets if d.role != DatasetRole.TRAINING and d.uri not in same]
        evaluation = replace(evaluation, datasets=tuple(found)) + named
    if not evaluation.claims:
        datasets = f" ({len(evaluation.datasets)} dataset manifests hold no predictions)" if evaluation.datasets else ""
        raise TargetError(
            "expected an evaluation result, an evaluation manifest or a DescribeModel answer, "
            f"found none among {located.n_seen} files{datasets}{_told(located.problems)}",
            where=source.target,
            hint="their usual names are EvaluationResult-P-1.json and EvaluationManifest-P-1.json",
        )
    return with_roles(evaluation)


def _told(problems: tuple[Problem, ...]) -> str:
    named = "; ".join(f"{problem.where} {problem.message}" for problem in problems[:3])
    return f"; {named}" if named else ""


def _judge(evidence: Evidence) -> tuple[list[Check], list[Finding]]:
    checkers: dict[str, Checker] = load_all("checks")
    checked = [checker.check(evidence) for checker in checkers.values()]
    checks = explain(evidence, [check for one in checked for check in one.checks])
    return checks, [*observe_scores(evidence), *(finding for one in checked for finding in one.findings)]


def compute(evaluation: Evaluation, settings: Settings, reader: Reader) -> Evidence:
    """Run every metric family."""
    states: dict[str, Any] = {}
    values: list[MetricValue] = []
    families: dict[str, Family[Any]] = load_all("metrics")
    for name, family in families.items():
        states[name] = family.count(evaluation, settings, reader)
        values += family.compute(states[name], settings)
    return Evidence(evaluation=evaluation, values=values, states=states, settings=settings)


def signature(settings: Settings) -> str:
    """Every convention that could change a number, and the version of this package."""
    families: dict[str, Family[Any]] = load_all("metrics")
    parts = [part for family in families.values() for part in family.signature(settings)]
    chosen = {"label": settings.label_attribute, "mask": settings.mask_attribute}
    parts += [f"{name}:{attribute}" for name, attribute in chosen.items() if attribute]
    parts += [f"duplicates:{settings.duplicates}", f"level:{settings.level:g}", version_signature()]
    return "|".join(parts)


def _finish(
    evidence: Evidence,
    checks: Sequence[Check],
    findings: Sequence[Finding],
    problems: tuple[Problem, ...],
    target: str,
    minimums: Sequence[tuple[str, str | None, float]],
) -> ModelAudit:
    families: dict[str, Family[Any]] = load_all("metrics")
    seen = [family.observe(evidence.states[name], evidence.settings) for name, family in families.items()]
    evaluation, values = evidence.evaluation, evidence.values
    claims = evaluation.claims
    return ModelAudit(
        model=claims[0].model if claims else ModelRef(),
        target=target,
        signature=signature(evidence.settings),
        n_training_images=next((c.n_training_images for c in claims if c.n_training_images is not None), None),
        n_testing_images=next((c.n_testing_images for c in claims if c.n_testing_images is not None), None),
        values=tuple(values),
        checks=tuple(checks),
        gates=tuple(_gate(values, name, label, minimum) for name, label, minimum in minimums),
        findings=tuple(
            sorted(
                (*(finding for one in seen for finding in one.findings), *findings),
                key=lambda finding: finding.severity != "warning",
            )
        ),
        problems=(*problems, *evaluation.problems, *(problem for one in seen for problem in one.problems)),
        documents=evaluation.documents,
        images=_outcomes(evaluation.images, {uri: found for one in seen for uri, found in one.overlaps.items()}),
    )


def _gate(values: Sequence[MetricValue], name: str, label: str | None, minimum: float) -> Gate:
    key = None if label is None else label_key(label)
    candidates = [v for v in values if v.name == name and (None if v.label is None else v.label.casefold()) == key]
    if not candidates:
        known = sorted({v.name if v.label is None else f"{v.name}[{v.label}]" for v in values})
        wanted = name if label is None else f"{name}[{label}]"
        raise UsageError(f"no minimum for {wanted!r} is possible here", hint=f"known: {', '.join(known)}")
    found = candidates[0]
    return Gate(
        name=name,
        label=found.label,
        definition=found.definition,
        minimum=minimum,
        value=found.value,
        passed=found.value is not None and found.value >= minimum,
    )


def _outcomes(images: Images, overlaps: Mapping[str, tuple[LabelOverlap, ...]]) -> tuple[ImageOutcome, ...]:
    return tuple(
        ImageOutcome(
            uri=image.uri,
            document=image.document,
            line=image.line,
            truth=_CLASS_NAMES[image.truth],  # type: ignore[arg-type]
            predicted=_CLASS_NAMES[image.predicted],  # type: ignore[arg-type]
            confidence=image.confidence,
            outcome=None if image.exclusion else _CELLS.get((image.truth, image.predicted)),  # type: ignore[arg-type]
            excluded_because=None if image.exclusion == Exclusion.USED else image.exclusion.name.lower(),
            overlaps=() if image.exclusion else overlaps.get(image.uri, ()),
        )
        for image in images
    )
