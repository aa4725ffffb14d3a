import sys
from types import SimpleNamespace

import pytest

from lfv_eval.cli.app import main
from lfv_eval.testing import make_evaluation


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command line in this process: what it printed, and its exit code."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["lfv-eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err + printed.out
        return SimpleNamespace(code=stop.value.code or 0, out=printed.out, err=printed.err)

    return call


@pytest.fixture
def folder(tmp_path):
    """A folder with a clean evaluation without masks."""
    make_evaluation(with_images=False, segmentation=False).write(tmp_path / "evaluation")
    return tmp_path / "evaluation"
