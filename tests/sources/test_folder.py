"""References resolve to files below the folder, by the longest matching suffix, and never outside it."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from lfv_eval.errors import AccessError, TargetError
from lfv_eval.sources import folder as module
from lfv_eval.sources.folder import FolderSource


def always(uri, head):
    return True


def folder(tmp_path, *names):
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return FolderSource(tmp_path, lambda uri, head: uri.endswith(".json"))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("s3://bucket/any/prefix/masks/a.png", "masks/a.png"),
        ("s3://bucket/run/masks/a.png", "run/masks/a.png"),  # two share "masks/a.png"; the longer suffix wins
        ("masks/b c.png", "masks/b c.png"),
        ("s3://bucket/masks/b%20c.png", "masks/b c.png"),
        ("s3://bucket/masks/b+c.png", "masks/b c.png"),
        ("s3://bucket/masks/21:16:30.png", "masks/21_16_30.png"),
        ("file:///aws_dda/results/a-1.jpg", "copied/results/a-1.jpg"),
        ("/aws_dda/results/a-1.jpg", "copied/results/a-1.jpg"),
        ("a-1.jpg", "copied/results/a-1.jpg"),
        ("s3://bucket/a-1.jpg", "copied/results/a-1.jpg"),
        ("s3://bucket/any/where/top.png", "top.png"),
        ("s3://s3://bucket//masks//x.png", "masks/x.png"),
    ],
)
def test_longest_suffix_wins(tmp_path, reference, expected):
    source = folder(
        tmp_path,
        "masks/a.png",
        "run/masks/a.png",
        "masks/b c.png",
        "masks/21_16_30.png",
        "copied/results/a-1.jpg",
        "top.png",
        "masks/x.png",
        "other/x.png",
    )
    assert source.read(reference) == expected.encode()


def test_equal_suffixes_are_refused(tmp_path):
    source = folder(tmp_path, "one/masks/a.png", "two/masks/a.png")
    with pytest.raises(AccessError, match=r"2 files match equally well: one/masks/a.png, two/masks/a.png"):
        source.read("s3://bucket/three/masks/a.png")


def test_a_name_alone_is_no_match_in_another_folder(tmp_path):
    """Else a missing predicted mask would be replaced by the truth mask of the same name."""
    source = folder(tmp_path, "masks/a.png")
    with pytest.raises(AccessError, match="no file below the folder"):
        source.read("s3://bucket/run/predicted-masks/a.png")


@pytest.mark.parametrize("reference", ["../secret.txt", "s3://b/../../secret.txt", "/etc/../secret.txt", "secret.txt"])
def test_nothing_outside_is_read(tmp_path, reference):
    (tmp_path / "secret.txt").write_text("outside")
    source = folder(tmp_path / "inside", "a.png")
    with pytest.raises(AccessError, match="no file below the folder"):
        source.read(reference)


def test_links_that_leave_the_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.txt").write_text("outside")
    source = folder(tmp_path / "inside", "a.png")
    (tmp_path / "inside" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "inside" / "folder-link").symlink_to(tmp_path)
    with pytest.raises(AccessError):
        source.read("s3://b/link.txt")
    with pytest.raises(AccessError):
        source.read("s3://b/folder-link/secret.txt")


def test_documents_are_found_by_content_in_any_depth(tmp_path):
    source = folder(tmp_path, "z/one.json", "a/b/c/two.json", "image.png", ".hidden/three.json")
    located = source.locate()
    assert [document.uri for document in located.documents] == ["a/b/c/two.json", "z/one.json"]
    assert located.documents[0].sha256 == hashlib.sha256(b"a/b/c/two.json").hexdigest()
    assert located.n_seen == 3
    assert not located.explicit


def test_a_directory_named_like_a_file(tmp_path):
    (tmp_path / "EvaluationManifest-p-1.json").mkdir()
    assert FolderSource(tmp_path, always).locate().documents == ()
    with pytest.raises(TargetError, match="expected a file, got a folder"):
        named = [tmp_path / "EvaluationManifest-p-1.json"]
        FolderSource(tmp_path, always, named=named).locate()


def test_missing_target(tmp_path):
    with pytest.raises(TargetError, match="no such file or folder"):
        FolderSource(tmp_path / "nowhere", always).locate()


def test_a_file_that_only_has_the_name_is_reported(tmp_path):
    source = folder(tmp_path, "good.json")
    (tmp_path / "EvaluationResult-p-1.jsonx").write_text("other ending")
    (tmp_path / "EvaluationManifest-p-1.json").write_text("[")
    source = FolderSource(tmp_path, lambda uri, head: uri == "good.json")
    (problem,) = source.locate().problems
    assert (problem.code, problem.where.uri) == ("NOT_A_DOCUMENT", "EvaluationManifest-p-1.json")


def test_what_cannot_be_opened_is_reported(tmp_path, monkeypatch):
    folder(tmp_path, "open.json", "closed/inner.json")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    located = FolderSource(tmp_path, always).locate()
    assert [document.uri for document in located.documents] == ["open.json"]
    assert [(problem.code, problem.where.uri) for problem in located.problems] == [("NOT_READABLE", "closed")]


@pytest.mark.parametrize("call", ["stat", "read_bytes"])
def test_a_file_that_fails_to_be_read_is_an_error_in_its_place(tmp_path, monkeypatch, call):
    source = folder(tmp_path, "masks/a.png", "masks/b.png")
    real = getattr(Path, call)

    def refuse(path, *arguments, **named):
        if path.name == "a.png" and source.ready:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **named)

    source.ready = False
    monkeypatch.setattr(Path, call, refuse)
    assert source.read("masks/b.png") == b"masks/b.png"
    source.ready = True
    first, second = source.read_many(["masks/a.png", "masks/b.png"], "reading")
    assert isinstance(first, AccessError)
    assert (first.where, first.message) == ("masks/a.png", "cannot be read: Permission denied")
    assert second == b"masks/b.png"


@pytest.mark.parametrize("target", ["n" * 5000, "with\0nul"])
def test_a_path_that_cannot_be_one(tmp_path, target):
    with pytest.raises(TargetError):
        FolderSource(tmp_path / target, always).locate()
    with pytest.raises(TargetError):
        FolderSource(tmp_path, always, named=[tmp_path / target]).locate()


@pytest.mark.parametrize("call", ["is_file", "is_dir"])
def test_a_target_below_a_closed_folder(tmp_path, monkeypatch, call):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, call, refuse)
    with pytest.raises(TargetError, match="Permission denied"):
        FolderSource(tmp_path, always)
    with pytest.raises(TargetError, match="Permission denied"):
        FolderSource(tmp_path, always, named=[tmp_path / "a.json"]).locate()


def test_names_that_are_not_utf_8(tmp_path):
    root = tmp_path / os.fsdecode(b"f\xfc")
    try:
        root.mkdir()
    except OSError:
        pytest.skip("this file system refuses such names")
    for name in (b"good-\xe4.json", b"EvaluationResult-p-1.json"):
        (root / os.fsdecode(name)).write_bytes(b"x")
    source = FolderSource(root, lambda uri, head: uri.startswith("good"))
    located = source.locate()
    assert [document.uri for document in located.documents] == ["good-\\xe4.json"]
    assert source.name == "f\\xfc"
    texts = [source.name, source.target, *(problem.where.uri for problem in located.problems)]
    json.dumps([*texts, *(document.uri for document in located.documents)], ensure_ascii=False).encode()
    named = FolderSource(root, always, named=[root / os.fsdecode(b"good-\xe4.json")]).locate()
    assert [document.uri for document in named.documents] == ["good-\\xe4.json"]


def test_too_many_files_are_walked_once(tmp_path, monkeypatch):
    source = folder(tmp_path, *(f"{n}.png" for n in range(5)))
    walks = []
    walk = os.walk
    monkeypatch.setattr("os.walk", lambda *arguments, **named: walks.append(1) or walk(*arguments, **named))
    monkeypatch.setattr(module, "MAX_FILES", 4)
    outcomes = list(source.read_many(["0.png", "1.png", "2.png"], "reading"))
    assert [type(outcome) for outcome in outcomes] == [TargetError] * 3
    assert len(walks) == 1
    assert str(tmp_path.parent) not in str(outcomes[0])


def test_errors_of_reading_are_the_same_for_a_moved_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_OBJECT_BYTES", 20)
    told = []
    for place in ("here", "there"):
        source = folder(tmp_path / place / "run", "a/masks/a.png", "b/masks/a.png", "masks/large-large-large.png")
        references = ["s3://b/none.png", "s3://b/c/masks/a.png", "s3://b/masks/large-large-large.png"]
        outcomes = list(source.read_many(references, "reading"))
        told.append([(error.message, error.where, error.hint) for error in outcomes])
    assert told[0] == told[1]
    assert told[0][0][2] == "copy it to a path below the audited folder that ends the same way"


def test_many_documents_are_told_from_misnamed_files_at_once(tmp_path, monkeypatch):
    """Comparing each path with each document took minutes for folders of documents."""
    compared = []
    equal = Path.__eq__
    source = folder(tmp_path, *(f"{n}.json" for n in range(200)))
    monkeypatch.setattr(Path, "__eq__", lambda one, other: compared.append(1) or equal(one, other), raising=False)
    assert len(source.locate().documents) == 200
    assert len(compared) < 2000
