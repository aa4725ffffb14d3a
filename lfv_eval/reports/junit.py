"""JUnit XML for CodeBuild and other CI systems: one test case for each check and each demanded minimum value.

Never one for each image: AWS CodeBuild keeps at most 500 cases of a report, so failures come first and the rest is cut.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..results import Gate, ModelAudit
from ..verdicts import Check, Verdict
from . import wording
from .printable import printable
from .tone import verdict_text, verdict_tone

MAX_CASES = 500

_Status = Literal["failure", "error", "passed", "skipped"]
_URGENCY: tuple[_Status, ...] = ("failure", "error", "passed", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One test case; ``kind`` is the type of a failure, ``message`` its line, ``text`` its details."""

    classname: str
    name: str
    status: _Status
    kind: str
    message: str
    text: str


def render(audits: Sequence[ModelAudit], *, allow_unverifiable: bool = False) -> bytes:
    """One suite for each audit, failures first, as UTF-8 XML.

    Args:
        audits: The audits.
        allow_unverifiable: Numbers that cannot be verified are skipped cases, not errors.
    """
    found = [(number, case) for number, audit in enumerate(audits) for case in _cases(audit, allow_unverifiable)]
    found.sort(key=lambda entry: _URGENCY.index(entry[1].status))
    root = ET.Element("testsuites", name="lfv-eval")
    for number, audit in enumerate(audits):
        kept = [case for suite, case in found[:MAX_CASES] if suite == number]
        n_cut = sum(suite == number for suite, _ in found[MAX_CASES:])
        root.append(_suite(audit, kept, n_cut))
    _count(root, [case for _, case in found[:MAX_CASES]])
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _suite(audit: ModelAudit, cases: list[_Case], n_cut: int) -> ET.Element:
    suite = ET.Element("testsuite", name=printable(f"{audit.model}, {audit.target}"), time="0")
    _count(suite, cases)
    properties = ET.SubElement(suite, "properties")
    told = {"signature": printable(audit.signature, 2000)}
    told |= {f"sha256 of {printable(digest.uri)}": digest.sha256 for digest in audit.documents}
    for name, value in told.items():
        ET.SubElement(properties, "property", name=name, value=value)
    for case in cases:
        element = ET.SubElement(suite, "testcase", classname=case.classname, name=case.name, time="0")
        if case.status in ("failure", "error"):
            ET.SubElement(element, case.status, message=case.message, type=case.kind).text = case.text
        elif case.status == "skipped":
            ET.SubElement(element, "skipped", message=case.message)
    if n_cut:
        cut = ET.SubElement(suite, "system-out")
        cut.text = f"{n_cut} more cases are left out: a report holds at most {MAX_CASES}, failures first."
    return suite


def _count(element: ET.Element, cases: Sequence[_Case]) -> None:
    element.set("tests", str(len(cases)))
    for status, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.status == status for case in cases)))


def _cases(audit: ModelAudit, allow_unverifiable: bool) -> list[_Case]:
    cases = [_of_check(check, allow_unverifiable) for check in audit.checks]
    return [_of_gate(gate) for gate in audit.gates] + cases


def _of_check(check: Check, allow_unverifiable: bool) -> _Case:
    tone = verdict_tone(check.verdict)
    status: _Status = "passed" if tone == "good" else "failure" if tone == "bad" else "skipped"
    if check.verdict == Verdict.NOT_VERIFIABLE and not allow_unverifiable:
        status = "error"
    told = verdict_text(check.verdict)
    expected = wording.value_text(check.value) if check.value else check.expected or "-"
    lines = [
        check.explanation,
        f"reported: {check.reported or '-'} in {check.document or '-'}",
        f"expected: {expected}",
        f"interval: {wording.interval_text(check.value)}",
    ]
    lines += [f"cause: {check.cause}"] if check.cause else []
    return _Case(
        classname=f"lfv_eval.{check.kind}",
        name=f"{wording.metric_name(check.name, check.label)} in {printable(wording.source_name(check), 60)}",
        status=status,
        kind=check.verdict.value,
        message=printable(f"{told}: {check.explanation}", 400),
        text="\n".join(printable(line, 1000) for line in lines),
    )


def _of_gate(gate: Gate) -> _Case:
    text = wording.gate_text(gate)
    return _Case(
        classname="lfv_eval.minimum",
        name=f"minimum {wording.metric_name(gate.name, gate.label)} {gate.minimum:g}",
        status="passed" if gate.passed else "failure",
        kind="MINIMUM_NOT_REACHED",
        message=text,
        text=text,
    )
