"""docs/formats.md names every problem that reading can give, and no other."""

import ast
import re
from pathlib import Path

import pytest

import lfv_eval

PACKAGE = Path(lfv_eval.__file__).parent
PAGE = PACKAGE.parent / "docs" / "formats.md"
CODE = re.compile(r"[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+")


def codes_in_the_code() -> set[str]:
    """Upper-case string constants of the readers: they are used for nothing but problem codes."""
    return {
        node.value
        for pattern in ("formats/**/*.py", "sources/*.py", "pixels/*.py")
        for path in PACKAGE.glob(pattern)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    }


def test_every_problem_is_documented_and_none_is_invented() -> None:
    if not PAGE.is_file():
        pytest.skip("the documentation is not installed with the package")
    documented = set(re.findall(rf"`({CODE.pattern})`", PAGE.read_text(encoding="utf-8")))
    assert documented == codes_in_the_code()
