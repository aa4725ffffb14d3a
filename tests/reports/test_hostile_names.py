"""Names from other people's files stay text in every report, as independent parsers see it."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lfv_eval.reports import emf, html, junit, markdown_report, notebook, sagemaker
from lfv_eval.reports.markdown_text import code, escaped
from lfv_eval.reports.printable import printable


class Elements(HTMLParser):
    """What a browser would see: elements with the names of their attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.n_scripts = 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.n_scripts += tag == "script"


def test_html_report_has_only_elements_of_its_template(hostile, parts):
    pytest.importorskip("jinja2")
    pytest.importorskip("altair")
    page = html.render([hostile.audit]).decode()
    seen, clean = Elements(page), Elements(html.render([parts.audit]).decode())
    assert seen.n_scripts == clean.n_scripts == 3
    assert seen.tags <= clean.tags | {"template", "noscript"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "\u202e" not in page
    assert "\x00" not in page


def test_html_report_names_every_script_in_its_policy_and_allows_nothing_else(parts):
    pytest.importorskip("jinja2")
    page = html.render([parts.audit]).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe-eval" not in policy
    assert len(re.findall("sha256-", policy)) == 2


def test_notebook_fragment_has_no_script_and_no_handlers(hostile):
    seen = Elements(notebook.render([hostile.audit]).decode())
    assert seen.tags <= {"div", "p", "strong", "bdi", "span", "table", "thead", "tbody", "tr", "th", "td", "small"}
    assert seen.attributes <= {"style", "scope", "title", "aria-hidden"}


def test_markdown_report_holds_no_link_image_or_html_of_a_document(hostile):
    text = markdown_report.render([hostile.audit]).decode()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "code_inline", "strong_open", "strong_close", "softbreak"}
    html_blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert html_blocks <= {"<details><summary>Evidence and conventions</summary>", "</details>"}
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}
    prose = "".join(child.content for child in inline if child.type == "text")
    assert not re.search(r"[@#]\w", prose)


def test_junit_report_is_xml_that_an_independent_parser_reads(hostile):
    body = junit.render([hostile.audit])
    root = ET.fromstring(body)
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(names) == len(hostile.audit.checks) + 1
    assert all(len(name) < 500 for name in names)


def test_machine_readable_reports_are_json(hostile):
    entry = json.loads(emf.render([hostile.audit]))
    assert entry["Project"].isascii()
    assert len(entry["Project"]) <= 1024
    json.loads(sagemaker.render([hostile.audit]))


@given(
    st.text(alphabet=st.characters(max_codepoint=0x2FF) | st.sampled_from("`|*_[]()<>#@!\\~&\u202e\ud800"), max_size=40)
)
def test_markdown_text_shows_exactly_what_was_written(text):
    shown = printable(text)
    (paragraph,) = [token for token in MarkdownIt("commonmark").parse(f"x {escaped(text)} x") if token.type == "inline"]
    assert all(child.type == "text" for child in paragraph.children)
    content = "".join(child.content for child in paragraph.children).replace("\u2060", "")
    assert content == f"x {shown} x"


@given(st.text(alphabet="`| a\\*", max_size=20))
def test_markdown_code_shows_exactly_what_was_written(text):
    shown = printable(text)
    (paragraph,) = [token for token in MarkdownIt("commonmark").parse(f"x{code(text)}x") if token.type == "inline"]
    spans = [child.content for child in paragraph.children if child.type == "code_inline"]
    assert len(spans) == 1
    assert spans[0].strip(" ") == shown.strip(" ")
