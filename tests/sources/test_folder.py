"""References resolve to files below the folder, by the longest matching suffix, and never outside it."""

import hashlib
import os

import pytest

from lfv_eval.errors import AccessError, TargetError
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
