"""What the documents show is what the program does."""

import importlib.util
import json
import re
import typing
from pathlib import Path

import pytest
import typer.main

import lfv_eval
from lfv_eval.cli.app import app

ROOT = Path(lfv_eval.__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="an installed package has no documents")


def words(text):
    return " ".join(text.split())


def write_docs():
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "scripts" / "write_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_option_and_its_help_are_on_the_page():
    page = words((ROOT / "docs" / "cli.md").read_text())
    known = set()
    for name, command in typer.main.get_command(app).commands.items():
        assert f"## `lfv-eval {name}`" in page
        for option in command.params:
            known.update([*option.opts, *option.secondary_opts])
            if option.param_type_name == "option" and option.name != "help":
                assert words(option.help) in page, option.name
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    assert shown <= known | {"--help", "--version", "--install-completion", "--show-completion"}


def test_schema_is_that_of_the_types():
    assert (ROOT / "docs" / "audit.schema.json").read_text() == write_docs().schema()


def test_every_readme_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


def test_every_verdict_is_explained():
    page = (ROOT / "docs" / "checks.md").read_text()
    kinds = typing.get_type_hints(lfv_eval.ModelAudit)["checks"].__args__[0]
    for kind in typing.get_args(typing.get_type_hints(kinds)["kind"]):
        assert f"`{kind}`" in page
    from lfv_eval.verdicts import Verdict

    for verdict in Verdict:
        assert f"| `{verdict}`" in page


def test_readme_shows_what_the_program_prints():
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"<!-- output: [^>]*-->\n```text\n(.*?)```", readme, re.DOTALL)[1]
    assert shown == write_docs().readme_output()


def test_readme_commands_exist():
    for command in ("scripts/demo", "scripts/test"):
        assert (ROOT / command).stat().st_mode & 0o111
        assert command in (ROOT / "README.md").read_text()
    json.loads((ROOT / "docs" / "audit.schema.json").read_text())


def test_the_testing_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "testing.md").read_text()
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "docs/testing.md", "exec"), names)
    assert lfv_eval.audit("evaluation").exit_code() == 0
    assert names["environment"]["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
