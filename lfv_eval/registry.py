"""The extension tables: name -> where it lives. A new format, metric family or report is one file and one line here.

Another distribution adds to a table with an entry point in the group ``lfv_eval.<table>``.
Nothing is imported before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from .errors import UsageError

if TYPE_CHECKING:  # numpy, which records import, must not slow the command line's start
    from .records import Document, Evaluation, Problem, Reader
    from .settings import Settings
    from .verdicts import Check, Finding, LabelOverlap, MetricValue

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of document is recognised and read.

    Attributes:
        sniff: ``sniff(uri, head)`` tells from the name and the first 64 KiB whether this reader takes the document.
            The content decides; the name is a hint only. Exactly one reader may say yes.
        parse: ``parse(document, settings)`` reads all of it. Raises ``DocumentError`` where it must refuse.
    """

    sniff: Callable[[str, bytes], bool]
    parse: Callable[[Document, Settings], Evaluation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """What a metric family saw besides its numbers.

    Attributes:
        problems: Defects of what it read itself, such as masks.
        findings: What is worth knowing besides.
        overlaps: The anomaly labels of each image, by the image's reference.
    """

    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    overlaps: Mapping[str, tuple[LabelOverlap, ...]] = field(default_factory=dict)


def _nothing_else(_state: Any, _settings: Settings) -> Observations:
    return Observations()


@dataclass(frozen=True, slots=True)
class Family(Generic[State]):
    """A group of metrics that share one state of integer counts.

    Attributes:
        zero: The state of no images; neutral under ``+``.
        count: ``count(evaluation, settings, reader)`` gives the state. States of shards add up, exactly, in any order.
        compute: ``compute(state, settings)`` gives the values; the first of several with one name and label is the
            default.
        signature: ``signature(settings)`` names every convention that could change a value.
        observe: ``observe(state, settings)`` gives what was seen besides the values; by default nothing.
    """

    zero: State
    count: Callable[[Evaluation, Settings, Reader], State]
    compute: Callable[[State, Settings], list[MetricValue]]
    signature: Callable[[Settings], tuple[str, ...]]
    observe: Callable[[State, Settings], Observations] = _nothing_else


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that statements are held against.

    Attributes:
        evaluation: What was read.
        values: Every recomputed number.
        states: The counts behind them, by metric family.
        settings: The conventions in force.
    """

    evaluation: Evaluation
    values: Sequence[MetricValue]
    states: Mapping[str, Any]
    settings: Settings


class Checked(NamedTuple):
    """What a group of checks gives: its verdicts, and what it found out besides."""

    checks: Sequence[Check]
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Checker:
    """A group of checks: ``check(evidence)`` holds what documents say against it."""

    check: Callable[[Evidence], Checked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One piece of advice; with the rule's name and guide section it becomes a ``Finding``.

    Attributes:
        severity: ``info`` or ``warning``.
        message: What was seen, how sure it is, and what to do, in plain words.
        benefit: What acting on it is worth, 0..1: about the share of the test images whose outcome, or whose meaning,
            may change. Orders the advice.
        label: The anomaly label it speaks of; ``None`` for the whole test set.
        images: References of the images to look at first.
    """

    severity: Literal["info", "warning"]
    message: str
    benefit: float
    label: str | None = None
    images: tuple[str, ...] = ()


class Examination(NamedTuple):
    """What an advice rule gives: its remarks, and why it could not judge what it was meant to."""

    remarks: Sequence[Remark] = ()
    cannot_tell: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One piece of the developer guide's "Improve your model".

    Attributes:
        id: Identifier, such as ``more-images``.
        guide_section: Section of the developer guide that it belongs to; empty where none does.
        examine: ``examine(case)`` looks at a ``lfv_eval.advice.case.Case``. It reads nothing else.
    """

    id: str
    guide_section: str
    examine: Callable[[Any], Examination]


TABLES: dict[str, dict[str, str]] = {
    "formats": {
        "describe_model": "lfv_eval.formats.describe_model:FORMAT",
        "evaluation_result": "lfv_eval.formats.evaluation_result:FORMAT",
        "evaluation_manifest": "lfv_eval.formats.evaluation_manifest:FORMAT",
        "dataset_manifest": "lfv_eval.formats.dataset_manifest:FORMAT",
    },
    "metrics": {
        "classification": "lfv_eval.metrics.classification:FAMILY",
        "ranking": "lfv_eval.metrics.ranking:FAMILY",
        "segmentation": "lfv_eval.pixels.mask_family:FAMILY",
    },
    "checks": {
        "identity": "lfv_eval.checks.identity:CHECKER",
        "counts": "lfv_eval.checks.counts:CHECKER",
        "reported": "lfv_eval.checks.reported:CHECKER",
        "labels": "lfv_eval.checks.labels:CHECKER",
        "documents": "lfv_eval.checks.documents:CHECKER",
        "feasible": "lfv_eval.checks.feasible:CHECKER",
    },
    "advice": {
        "labels": "lfv_eval.advice.labels:RULE",
        "label_errors": "lfv_eval.advice.label_errors:RULE",
        "capture": "lfv_eval.advice.capture:RULE",
        "content": "lfv_eval.advice.content:RULE",
        "more_images": "lfv_eval.advice.more_images:RULE",
        "conditions": "lfv_eval.advice.conditions:RULE",
        "label_mix": "lfv_eval.advice.label_mix:RULE",
        "diversity": "lfv_eval.advice.diversity:RULE",
        "resolution": "lfv_eval.advice.resolution:RULE",
        "small_anomalies": "lfv_eval.advice.small_anomalies:RULE",
        "quotas": "lfv_eval.advice.quotas:RULE",
        "threshold": "lfv_eval.advice.threshold:RULE",
    },
    "reports": {
        "text": "lfv_eval.reports.text_report:render",
        "json": "lfv_eval.reports.json_report:render",
        "html": "lfv_eval.reports.html:render",
        "markdown": "lfv_eval.reports.markdown_report:render",
        "junit": "lfv_eval.reports.junit:render",
        "emf": "lfv_eval.reports.emf:render",
        "sagemaker": "lfv_eval.reports.sagemaker:render",
        "notebook": "lfv_eval.reports.notebook:render",
    },
}


@cache
def table(name: str) -> dict[str, str]:
    """All entries of a table, those of other installed distributions included; built-in names cannot be replaced."""
    from importlib.metadata import entry_points  # costs as much as the rest of `--help`

    found = {point.name: point.value for point in entry_points(group=f"lfv_eval.{name}")}
    return found | TABLES[name]


def load(table_name: str, name: str) -> Any:
    """Import one entry of a table.

    Raises:
        UsageError: The table has no such entry.
    """
    entries = table(table_name)
    if name not in entries:
        raise UsageError(f"unknown {table_name} entry {name!r}", hint=f"one of: {', '.join(entries)}")
    module, _, attribute = entries[name].partition(":")
    return getattr(import_module(module), attribute)


def load_all(table_name: str) -> dict[str, Any]:
    """Import every entry of a table, in the table's order."""
    return {name: load(table_name, name) for name in table(table_name)}
