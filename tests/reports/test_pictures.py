"""Pictures: bounded, scaled, aligned with their masks, and safe with files that lie."""

import io
import shutil
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lfv_eval.errors import AccessError, ReportError, UsageError
from lfv_eval.records import Where
from lfv_eval.reports.interest import by_interest
from lfv_eval.reports.overlays import any_below, outlined, overlay
from lfv_eval.reports.pictures import PictureLimits, choose_pictures

from .conftest import open_folder


def png(array, **how):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format="PNG", **how)
    return file.getvalue()


def decoded(body):
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        return image.copy()


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_pixel_is_set_where_any_pixel_below_it_is(rows, columns, height, width, seed):
    pixels = np.random.default_rng(seed).random((rows, columns)) < 0.05
    scaled = any_below(pixels, width, height)
    assert scaled.shape == (height, width)
    for y in range(height):
        for x in range(width):
            top, left = y * rows // height, x * columns // width
            bottom, right = max(top + 1, (y + 1) * rows // height), max(left + 1, (x + 1) * columns // width)
            assert scaled[y, x] == pixels[top:bottom, left:right].any()


def test_a_scratch_of_one_pixel_survives_in_its_place():
    mask = np.full((3000, 4000, 3), 255, np.uint8)
    mask[1500, 500:3500] = (0x23, 0xA4, 0x36)
    body = png(mask)
    layer = overlay(body, {"#23a436": "Scratch"}, (320, 240), "ignore", Where(uri="m"), filled=True)
    image = decoded(layer)
    assert image.size == (320, 240)
    assert image.mode == "P"
    shown = np.array(image.convert("RGBA"))
    assert (shown[120, 40:280] == (0x23, 0xA4, 0x36, 255)).all()
    assert shown[..., 3].sum() == 255 * 240


def test_outlines_lie_inside_and_leave_gaps():
    pixels = np.zeros((60, 60), bool)
    pixels[10:50, 10:50] = True
    drawn = outlined(pixels)
    assert not (drawn & ~pixels).any()
    assert drawn[10, 10:50].all()
    assert 0.1 < drawn[15:45, 15:45].mean() < 0.5


def test_pictures_show_photo_and_masks_in_one_size(parts):
    chosen = choose_pictures(parts.audit, parts.evaluation, parts.source, PictureLimits(side_px=160)).pictures
    assert len(chosen) == 24
    assert {(p.width, p.height) for p in chosen} == {(160, 120)}
    for picture in chosen:
        image = parts.audit.images[picture.position]
        photo = decoded(picture.photo)
        assert (photo.format is None, photo.size) == (True, (160, 120))
        assert (picture.truth is not None) == any(o.truth_px for o in image.overlaps)
        assert (picture.predicted is not None) == any(o.predicted_px for o in image.overlaps)
        for layer in filter(None, (picture.truth, picture.predicted)):
            assert decoded(layer).size == (160, 120)
        assert {o.label for o in image.overlaps} <= set(picture.colors)
        assert picture.note == ""
    assert not Image.open(io.BytesIO(chosen[0].photo)).getexif()


def test_the_most_telling_images_come_first(parts):
    chosen = choose_pictures(parts.audit, parts.evaluation, parts.source, PictureLimits(max_images=10)).pictures
    outcomes = [parts.audit.images[p.position].outcome for p in chosen]
    wrong = sum(image.outcome in ("FP", "FN") for image in parts.audit.images)
    assert wrong
    assert len(outcomes) == 10
    assert sum(outcome in ("FP", "FN") for outcome in outcomes) >= min(wrong, 3)


def test_order_of_interest_holds_every_image_once(tampered):
    order = by_interest(tampered.audit, 20)
    assert sorted(order) == list(range(len(tampered.audit.images)))
    assert tampered.audit.images[order[0]].outcome == "FN"  # the reported recall is wrong


def test_pictures_stop_at_the_byte_budget(parts):
    limits = PictureLimits(max_bytes=60_000)
    chosen = choose_pictures(parts.audit, parts.evaluation, parts.source, limits).pictures
    assert 0 < len(chosen) < 24
    assert sum(picture.size_bytes for picture in chosen) <= 60_000


def bomb():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def large():
    return png(np.zeros((8100, 8100), np.uint8))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (bomb(), "cannot be decoded: DecompressionBomb"),
        (large(), "more than 64000000 px"),
        (b"<svg onload=alert(1)>", "no JPEG, PNG, BMP or WebP"),
        (b"", "no JPEG, PNG, BMP or WebP"),
        (None, "no file below the folder"),
        ("cut", "cannot be decoded"),
    ],
    ids=["bomb", "large", "no-image", "empty", "missing", "cut-short"],
)
def test_a_file_that_cannot_be_shown_becomes_a_note(parts, tmp_path, content, expected):
    shutil.copytree(parts.folder, tmp_path / "parts")
    path = tmp_path / "parts" / "images" / "anomaly-01.jpg"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:4000] if content == "cut" else content)
    opened = open_folder(tmp_path / "parts")
    chosen = choose_pictures(opened.audit, opened.evaluation, opened.source).pictures
    (broken,) = [p for p in chosen if p.photo is None]
    assert opened.audit.images[broken.position].uri.endswith("anomaly-01.jpg")
    assert expected in broken.note
    assert len(chosen) == 24


def test_a_broken_mask_leaves_the_photo(parts, tmp_path):
    shutil.copytree(parts.folder, tmp_path / "parts")
    mask = tmp_path / "parts" / "mask-images" / "anomaly-01.png"
    mask.write_bytes(mask.read_bytes()[:60])
    opened = open_folder(tmp_path / "parts")
    chosen = choose_pictures(opened.audit, opened.evaluation, opened.source).pictures
    (broken,) = [p for p in chosen if p.note]
    assert broken.photo
    assert broken.truth is None
    assert "truth mask cannot be shown" in broken.note


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK", "I;16", "LA"])
def test_images_of_every_mode_are_shown(parts, tmp_path, mode):
    shutil.copytree(parts.folder, tmp_path / "parts")
    grey = np.tile(np.linspace(0, 255, 320).astype(np.uint8), (240, 1))
    image = Image.fromarray(grey.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    file = tmp_path / "parts" / "images" / "anomaly-01.jpg"
    image.save(file, format="JPEG" if mode == "CMYK" else "PNG")
    opened = open_folder(tmp_path / "parts")
    chosen = choose_pictures(opened.audit, opened.evaluation, opened.source).pictures
    (picture,) = [p for p in chosen if opened.audit.images[p.position].uri.endswith("anomaly-01.jpg")]
    shown = np.array(decoded(picture.photo).convert("L"))
    assert shown[:, :10].mean() < 60
    assert shown[:, -10:].mean() > 195


def test_another_evaluation_is_refused(parts, tampered):
    with pytest.raises(ReportError, match="the evaluation that was audited"):
        choose_pictures(parts.audit, tampered.evaluation, tampered.source)


@pytest.mark.parametrize("limits", [{"max_images": -1}, {"max_bytes": -1}, {"side_px": 5000}])
def test_limits_that_make_no_sense_are_refused(limits):
    with pytest.raises(UsageError):
        PictureLimits(**limits)


def test_a_source_that_goes_away_gives_notes_not_errors(parts):
    class Gone:
        def read(self, uri):
            raise AccessError("gone", where=uri)

        def read_many(self, uris, stage):
            return iter([AccessError("gone", where=uri) for uri in uris])

    chosen = choose_pictures(parts.audit, parts.evaluation, Gone()).pictures
    assert {picture.note for picture in chosen} == {"The image cannot be shown: gone"}
