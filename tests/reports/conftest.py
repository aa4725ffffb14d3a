import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lfv_eval.model_audit import audit
from lfv_eval.records import DocumentDigest, Problem, Severity, Where
from lfv_eval.results import Gate
from lfv_eval.settings import Settings
from lfv_eval.sources.opening import open_source
from lfv_eval.sources.reading import read_documents
from lfv_eval.sources.selection import Wanted, select
from lfv_eval.sources.source import AwsAccess
from lfv_eval.testing import make_evaluation
from lfv_eval.verdicts import Finding, Verdict

HOSTILE = {
    "script": "</script><script>window.pwned=1</script>",
    "attribute": "\"'><img src=x onerror=window.pwned=1><svg/onload=window.pwned=1>",
    "template": "{{7*7}}{% for x in y %}${7*7}<%= 7 %>",
    "direction": "gnp.\u202eabc\u2066\u05d0\u05d1\u0627",
    "control": "a\x00b\x1b[2J\r\nc\u2028d\ud800]]>&amp;<!--",
    "long": "x<" * 5000,
    "markdown": "[a](javascript:x)|`b`|**c**|\n# d|<e>@everyone #1 www.f.example http://g.example ![i](http://j.example)",
}


def open_folder(folder):
    """The audit of a folder with what it was made from, as the command line has them."""
    source = open_source(folder, documents={}, aws=AwsAccess())
    located = source.locate()
    evaluation = select(read_documents(located.documents, Settings()), Wanted(), target=str(folder), explicit=False)
    return SimpleNamespace(audit=audit(folder), evaluation=evaluation, source=source, folder=folder)


def edited(audit, name):
    """The audit with a hostile text in every place that other people's files can fill."""
    first, *others = audit.images
    overlaps = tuple(replace(overlap, label=name) for overlap in first.overlaps)
    where = Where(uri=name, line=first.line)
    checks = tuple(
        replace(
            check,
            label=None if check.label is None else name,
            document=name,
            document_kind=name,
            reported=name,
            explanation=f"says {name}",
            verdict=Verdict.MISMATCH if check.kind == "recomputed" else check.verdict,
        )
        for check in audit.checks
    )
    return replace(
        audit,
        model=replace(audit.model, project=name, version=name, region=name, account=name, arn=name),
        target=name,
        signature=f"{audit.signature}|label:{name}",
        checks=checks,
        values=tuple(replace(v, label=None if v.label is None else name) for v in audit.values),
        gates=(Gate(name="recall", label=name, definition=name, minimum=0.5, value=None, passed=False),),
        findings=(
            Finding(rule=name, severity="warning", message=name, label=name, images=(first.uri, name), guide=name),
        ),
        problems=(Problem(code=name, where=where, message=name, severity=Severity.ERROR, count=3, lines=(1, 2)),),
        documents=(DocumentDigest(uri=name, kind=name, sha256="0" * 64, size_bytes=1, etag=name, version_id=name),),
        images=(replace(first, uri=name, document=name, overlaps=overlaps), *others),
    )


@pytest.fixture(params=HOSTILE)
def hostile(request, parts):
    """A hostile text and an audit full of it."""
    text = HOSTILE[request.param]
    return SimpleNamespace(text=text, audit=edited(parts.audit, text))


@pytest.fixture(scope="session")
def parts(tmp_path_factory):
    """A small evaluation with masks in which everything holds."""
    folder = tmp_path_factory.mktemp("parts") / "parts"
    make_evaluation(n_anomaly=12, n_normal=12, seed=3, quality=0.8).write(folder)
    return open_folder(folder)


@pytest.fixture(scope="session")
def tampered(tmp_path_factory):
    """The same kind of evaluation with a reported recall that is not true, ties, and no masks."""
    folder = tmp_path_factory.mktemp("tampered") / "parts"
    evaluation = make_evaluation(n_anomaly=40, n_normal=40, seed=5, with_images=False, confidence_digits=2)
    evaluation.write(folder)
    result = folder / evaluation.result_path
    metrics = result.read_text().partition('"Recall": ')
    digits = metrics[2].partition(",")
    result.write_text(f"{metrics[0]}{metrics[1]}0.99,{digits[2]}")
    opened = open_folder(folder)
    assert opened.audit.outcome == "disagreement"
    return opened


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """4,000 images, as documents only."""
    folder = tmp_path_factory.mktemp("many") / "parts"
    make_evaluation(n_anomaly=2000, n_normal=2000, with_images=False, segmentation=False).write(folder)
    return open_folder(folder)


class Noise:
    """A reader whose every image is noise, which compresses worst."""

    def __init__(self):
        pixels = np.random.default_rng(1).integers(0, 255, (640, 640, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format="JPEG", quality=95)
        self.body = file.getvalue()

    def read(self, uri):
        return self.body

    def read_many(self, uris, stage):
        return (self.body for _ in uris)


@pytest.fixture(scope="session")
def noise():
    return Noise()
