"""A toy of each kind, added through the registry alone, takes part in a whole audit."""

import sys
import types

import pytest

from lfv_eval import audit, registry
from lfv_eval.errors import UsageError
from lfv_eval.records import Claim, Evaluation, ModelRef
from lfv_eval.registry import Checked, Checker, Family, Format
from lfv_eval.testing import make_evaluation
from lfv_eval.verdicts import Check, MetricValue, Verdict


@pytest.fixture
def toys(monkeypatch):
    module = types.ModuleType("lfv_eval_toys")
    toy_claim = Claim(kind="toy", document="notes.toy", model=ModelRef())

    def parse(document, settings):
        return Evaluation(claims=(toy_claim,), documents=(document.digest("toy"),))

    def compute(n_images, settings):
        return [
            MetricValue(name="toy_images", definition="rows", value=None, undefined_because="toy", support=n_images)
        ]

    def check(evidence):
        found = any(value.name == "toy_images" for value in evidence.values)
        verdict = Verdict.MATCH if found else Verdict.MISMATCH
        return Checked([Check(kind="count", name="toy_check", verdict=verdict, explanation="toys play")])

    module.FORMAT = Format(lambda uri, head: uri.endswith(".toy"), parse)
    module.FAMILY = Family(0, lambda e, s, r: len(e.images), compute, lambda s: ("toy:yes",))
    module.CHECKER = Checker(check)
    module.render = lambda audits: f"toy report of {len(audits)}".encode()
    monkeypatch.setitem(sys.modules, "lfv_eval_toys", module)
    for table, attribute in (
        ("formats", "FORMAT"),
        ("metrics", "FAMILY"),
        ("checks", "CHECKER"),
        ("reports", "render"),
    ):
        monkeypatch.setitem(registry.TABLES[table], "toy", f"lfv_eval_toys:{attribute}")
    registry.table.cache_clear()
    yield
    registry.table.cache_clear()


def test_toys_take_part(toys, tmp_path):
    make_evaluation(with_images=False, segmentation=False).write(tmp_path)
    (tmp_path / "notes.toy").write_text("x")
    audited = audit(tmp_path)
    assert "toy" in {document.kind for document in audited.documents}
    assert "|toy:yes|" in audited.signature
    assert audited.value("toy_images").support == 40
    assert [check.verdict for check in audited.checks if check.name == "toy_check"] == ["MATCH"]
    assert registry.load("reports", "toy")([audited]) == b"toy report of 1"


def test_unknown_names_are_refused_with_the_choices():
    with pytest.raises(UsageError, match=r"unknown reports entry 'pdf'.*text, json"):
        registry.load("reports", "pdf")
