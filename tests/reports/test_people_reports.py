"""The Markdown report and the notebook's view say what the audit says."""

from dataclasses import replace
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from lfv_eval.reports import markdown_report, notebook, wording
from lfv_eval.reports.tone import SIGNS, audit_tone, verdict_text, verdict_tone
from lfv_eval.verdicts import Verdict


def rows(audit):
    """The cells of the report's table, as a Markdown parser sees them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_report.render([audit]).decode())
    found, row = [], []
    for before, token in pairwise(tokens):
        if before.type in ("td_open", "th_open"):
            row.append("".join(child.content for child in token.children))
        if before.type == "tr_close":
            found.append(row)
            row = []
    return found


def test_markdown_table_has_every_number(tampered):
    head, *body = rows(tampered.audit)
    assert head[0] == "metric"
    checks = [check for check in tampered.audit.checks if check.kind == "recomputed"]
    assert len(body) == len(checks)
    by_name = {(row[0], row[1]): row for row in body}
    for check in checks:
        row = by_name[wording.metric_name(check.name, check.label), check.reported]
        assert row[3] == wording.value_text(check.value)
        assert verdict_text(check.verdict) in row[5]
    assert "mismatch" in body[0][5]  # what disagrees comes first


def test_markdown_stays_below_the_limit_of_a_comment(tampered):
    many = replace(tampered.audit, checks=tampered.audit.checks * 200, problems=tampered.audit.problems * 500)
    body = markdown_report.render([many])
    assert b"more rows are not shown" in body
    assert len(body) < 65_536
    assert any("mismatch" in row[5] for row in rows(many))


def test_markdown_keeps_the_signature_as_it_is(tampered):
    assert f"`{tampered.audit.signature}`" in markdown_report.render([tampered.audit]).decode()


def test_notebook_shows_verdict_and_numbers(tampered):
    shown = tampered.audit._repr_html_()
    assert "DISAGREEMENT" in shown
    assert "<script" not in shown
    assert shown.count("<tr>") == 1 + sum(check.kind == "recomputed" for check in tampered.audit.checks)


def test_several_audits_follow_each_other(tampered, parts):
    both = notebook.render([tampered.audit, parts.audit])
    assert both == notebook.render([tampered.audit]) + notebook.render([parts.audit])
    assert markdown_report.render([tampered.audit, parts.audit]).count(b"\n## ") == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_tone(verdict):
    assert verdict_tone(verdict) in SIGNS


def test_tone_of_an_audit_follows_its_exit_code(tampered, parts):
    assert (audit_tone(tampered.audit), audit_tone(parts.audit)) == ("bad", "good")
