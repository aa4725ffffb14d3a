"""Which documents belong together, and what is refused."""

import numpy as np
import pytest

from lfv_eval.errors import DocumentError, TargetError
from lfv_eval.images import Images
from lfv_eval.records import Claim, DocumentDigest, Evaluation, ModelRef
from lfv_eval.sources.selection import Wanted, select


def one_image():
    return Images(
        uri=["a.jpg"],
        document=["m"],
        line=np.array([1]),
        truth=np.array([1], np.int8),
        predicted=np.array([1], np.int8),
        confidence=np.array([0.9]),
        printed_confidence=["0.9"],
        truth_mask=[None],
        predicted_mask=[None],
        exclusion=np.array([0], np.int8),
    )


def fragment(uri, kind, project=None, version=None, sha256=None):
    model = ModelRef(project=project, version=version)
    return Evaluation(
        claims=(Claim(kind=kind, document=uri, model=model),),
        images=one_image() if kind == "evaluation_manifest" else Images.empty(),
        documents=(DocumentDigest(uri=uri, kind=kind, sha256=sha256 or uri, size_bytes=1),),
    )


def chosen(fragments, *, explicit=False, **wanted):
    joined = select(fragments, Wanted(**wanted), target="folder", explicit=explicit)
    return [document.uri for document in joined.documents]


RESULT_1 = fragment("r1", "evaluation_result", "p", "1")
RESULT_2 = fragment("r2", "evaluation_result", "p", "2")
MANIFEST_1 = fragment("m1", "evaluation_manifest", "p", "1")
MANIFEST_2 = fragment("m2", "evaluation_manifest", "p", "2")


def test_one_model_needs_no_choice():
    assert chosen([RESULT_1, MANIFEST_1]) == ["r1", "m1"]


def test_two_models_are_refused_and_listed():
    with pytest.raises(TargetError, match=r"documents of 2 models are here: p version 1, p version 2"):
        chosen([RESULT_1, MANIFEST_1, RESULT_2, MANIFEST_2])


def test_a_choice_is_followed():
    assert chosen([RESULT_1, MANIFEST_1, RESULT_2, MANIFEST_2], version="2") == ["r2", "m2"]
    assert chosen([RESULT_1, MANIFEST_1], project="p", version="latest") == ["r1", "m1"]


def test_a_wrong_choice_lists_what_is_there():
    with pytest.raises(TargetError, match=r"expected documents of p version 3, found those of p version 1"):
        chosen([RESULT_1], project="p", version="3")


def test_a_manifest_of_another_model_is_refused_unless_named():
    with pytest.raises(DocumentError, match=r"m2: this evaluation manifest is of another model: expected p version 1"):
        chosen([RESULT_1, MANIFEST_2])
    assert chosen([RESULT_1, MANIFEST_2], explicit=True) == ["r1", "m2"]


def test_silent_documents_join_by_file_name_or_the_only_model():
    silent = fragment("some.json", "evaluation_manifest")
    assert chosen([RESULT_1, silent]) == ["r1", "some.json"]
    named = fragment("x/EvaluationManifest-p-2.json", "evaluation_manifest")
    assert chosen([RESULT_1, MANIFEST_1, RESULT_2, named], version="2") == ["r2", "x/EvaluationManifest-p-2.json"]


def test_a_name_without_version_is_no_second_model():
    named = fragment("EvaluationManifest-p.json", "evaluation_manifest")
    assert chosen([RESULT_1, named]) == ["r1", "EvaluationManifest-p.json"]


def test_copies_are_read_once_and_rivals_refused():
    copy = fragment("copy", "evaluation_result", "p", "1", sha256="r1")
    joined = select([RESULT_1, copy], Wanted(), target="folder", explicit=False)
    assert [problem.code for problem in joined.problems] == ["COPY_OF_DOCUMENT"]
    rival = fragment("rival", "evaluation_result", "p", "1")
    with pytest.raises(TargetError, match="2 different documents of kind evaluation_result"):
        chosen([RESULT_1, rival])
