"""Images, measured: planted differences, formulas of other libraries, files in several formats, and hostile files."""

import colorsys
import hashlib
import io
import random
import struct
import tracemalloc
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageFilter
from scipy import ndimage

from lfv_eval.errors import AccessError, LfvEvalError
from lfv_eval.formats import image_pixels
from lfv_eval.formats.image_pixels import read_pixels
from lfv_eval.image_records import GRID_SIDE, STATISTICS, ImageSet, PositionSums
from lfv_eval.images import Exclusion, Images
from lfv_eval.metrics.appearance import color_casts, difference_hash, luminance_moments, saturation, sharpness
from lfv_eval.metrics.similarity import count_bits, hash_array
from lfv_eval.pixels import image_statistics
from lfv_eval.pixels.image_statistics import FIRST_IMAGES, measure_images
from lfv_eval.records import Severity


class Bodies:
    """A reader of what it was given; an error stands for an object that cannot be read."""

    def __init__(self, bodies):
        self.bodies = bodies
        self.n_read = 0

    def read(self, uri):
        raise NotImplementedError

    def read_many(self, uris, stage):
        for uri in uris:
            self.n_read += 1
            body = self.bodies[uri]
            yield body() if callable(body) else body


def rows(uris, truth=None, exclusion=None):
    n = len(uris)
    return Images(
        uri=list(uris),
        document=["train.manifest"] * n,
        line=np.arange(1, n + 1),
        truth=np.array(truth or [0] * n, np.int8),
        predicted=np.full(n, -1, np.int8),
        confidence=np.full(n, np.nan),
        printed_confidence=[""] * n,
        truth_mask=[None] * n,
        predicted_mask=[None] * n,
        exclusion=np.array(exclusion or [0] * n, np.int8),
    )


def measured(**bodies):
    return measure_images(rows(list(bodies)), Bodies(bodies))


def one(body):
    return measured(x=body).images[0]


def saved(image, kind="png", **options):
    file = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(file, kind, **options)
    return file.getvalue()


def part(seed=0, size=(240, 320)):
    """A textured part on a plain background."""
    rng = np.random.default_rng(seed)
    picture = np.full((*size, 3), 190, np.uint8)
    noise = rng.integers(60, 200, (size[0] // 8, size[1] // 8, 3), np.uint8)
    picture[size[0] // 4 : -size[0] // 4, size[1] // 4 : -size[1] // 4] = np.kron(noise, np.ones((4, 4, 1), np.uint8))[
        : size[0] // 2, : size[1] // 2
    ]
    return picture


# the measures


def test_gray_levels_are_known():
    black, white = one(saved(np.zeros((9, 9, 3), np.uint8))), one(saved(np.full((9, 9), 255, np.uint8)))
    assert [getattr(black, name) for name in STATISTICS] == [0] * 6
    assert [getattr(white, name) for name in STATISTICS] == [1, 0, 0, 0, 0, 0]
    half = np.zeros((8, 8), np.uint8)
    half[:4] = 255
    assert (one(saved(half)).luminance, one(saved(half)).contrast) == (0.5, 0.5)


@settings(max_examples=40)
@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_measures_are_their_formulas(rgb):
    gray = np.asarray(Image.fromarray(rgb).convert("L"))
    fractions = gray / 255
    assert luminance_moments(gray) == pytest.approx((fractions.mean(), fractions.std()), abs=1e-9)
    hsv = [colorsys.rgb_to_hsv(*pixel)[1] for pixel in (rgb / 255).reshape(-1, 3)]
    assert saturation(rgb) == pytest.approx(np.mean(hsv), abs=1e-12)
    means = (rgb / 255).reshape(-1, 3).mean(axis=0)
    assert color_casts(rgb) == pytest.approx((means[0] - means[1], means[2] - means[1]), abs=1e-12)
    inner = ndimage.laplace(fractions)[1:-1, 1:-1]
    assert sharpness(gray) == pytest.approx(inner.var() if min(gray.shape) > 2 else 0, abs=1e-9)


def test_luminance_weighs_the_colours():
    colors = np.array([[[255, 0, 0]], [[0, 255, 0]], [[0, 0, 255]]], np.uint8)
    for color, weight in zip(colors, (0.299, 0.587, 0.114), strict=True):
        assert one(saved(color[None])).luminance == pytest.approx(weight, abs=0.003)


def test_the_difference_hash_is_its_definition():
    blocks = np.random.default_rng(5).integers(0, 256, (8, 9), np.uint8)
    picture = np.kron(blocks, np.ones((10, 12), np.uint8))
    expected = sum(1 << (8 * r + c) for r in range(8) for c in range(8) if blocks[r, c] < blocks[r, c + 1])
    assert int(one(saved(picture)).dhash, 16) == expected
    assert difference_hash(blocks.astype(np.int64)) == one(saved(picture)).dhash


# planted differences


def test_a_dark_a_blurred_and_a_tinted_image_stand_out():
    usual = Image.fromarray(part())
    dark = usual.point(lambda value: value // 3)
    blurred = usual.filter(ImageFilter.GaussianBlur(4))
    tint = np.clip(np.add(usual, [30, 0, -30]), 0, 255).astype(np.uint8)
    found = {s.uri: s for s in measured(u=saved(usual), d=saved(dark), b=saved(blurred), t=saved(tint)).images}
    assert found["d"].luminance < 0.4 * found["u"].luminance
    assert found["b"].sharpness < 0.2 * found["u"].sharpness
    assert found["b"].luminance == pytest.approx(found["u"].luminance, abs=0.01)
    assert found["t"].red_green - found["u"].red_green == pytest.approx(30 / 255, abs=0.01)
    assert found["t"].blue_green - found["u"].blue_green == pytest.approx(-30 / 255, abs=0.01)


def test_large_images_are_measured_like_their_reductions():
    picture = Image.fromarray(part(size=(960, 1280))).filter(ImageFilter.GaussianBlur(2))
    large, small = one(saved(picture)), one(saved(picture.resize((512, 384), Image.Resampling.BOX)))
    for name in STATISTICS:
        assert getattr(large, name) == getattr(small, name)
    drafted = one(saved(picture, "jpeg", quality=95))
    assert (drafted.width_px, drafted.height_px) == (1280, 960)
    assert drafted.pixel_sha256 is None
    for name in STATISTICS[:3] + STATISTICS[4:]:
        assert getattr(drafted, name) == pytest.approx(getattr(large, name), abs=0.01)
    assert drafted.sharpness == pytest.approx(large.sharpness, rel=0.5)


def test_sizes_are_those_of_the_file():
    body = saved(np.zeros((40, 70, 3), np.uint8))
    found = one(body)
    assert (found.width_px, found.height_px, found.size_bytes, found.format) == (70, 40, len(body), "PNG")
    assert found.file_sha256 == hashlib.sha256(body).hexdigest()


# duplicates


def test_equal_pixels_in_any_format_are_equal():
    jpeg = saved(part(), "jpeg")
    decoded = Image.open(io.BytesIO(jpeg)).convert("RGB")
    palette = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16), "P")
    palette.putpalette(np.random.default_rng(0).integers(0, 256, 768).tolist())
    gray = Image.fromarray(part()).convert("L")
    opaque = decoded.convert("RGBA")
    for same in (
        [jpeg, saved(decoded), saved(decoded, optimize=True), saved(opaque)],
        [saved(palette), saved(palette.convert("RGB"))],
        [saved(gray), saved(gray.convert("RGB")), saved(gray.convert("LA"))],
    ):
        found = [one(body) for body in same]
        assert len({s.identity for s in found}) == 1
        assert len({s.dhash for s in found}) == 1


def test_near_duplicates_are_near_but_never_identical():
    rng = np.random.default_rng(2)
    usual = part()
    pixel, noisy = usual.copy(), np.clip(usual.astype(int) + rng.integers(-3, 4, usual.shape), 0, 255).astype(np.uint8)
    pixel[5, 5, 0] ^= 1
    transparent = np.dstack([usual, np.full(usual.shape[:2], 254, np.uint8)])
    narrow = usual[:, :-1]
    turned = usual.reshape(320, 240, 3)
    variants = [usual, pixel, noisy, transparent, narrow, turned]
    found = [one(saved(variant)) for variant in variants] + [one(saved(usual, "jpeg", quality=90))]
    assert len({s.identity for s in found}) == len(found)
    distances = count_bits(hash_array(s.dhash for s in found) ^ hash_array([found[0].dhash]))
    assert max(distances[[1, 2, 3, 6]]) <= 4
    other = one(saved(np.random.default_rng(9).integers(0, 256, (240, 320, 3), np.uint8)))
    assert count_bits(hash_array([other.dhash]) ^ hash_array([found[0].dhash]))[0] > 10


def test_files_known_by_reduced_pixels_only_are_identical_by_file():
    first = np.kron(part(), np.ones((5, 5, 1), np.uint8))
    second = first.copy()
    second[::16, ::16] ^= 1
    bodies = [saved(picture, "jpeg", quality=70) for picture in (first, first, second)]
    identities = [one(body).identity for body in bodies]
    assert identities[0] == identities[1] == f"file:{hashlib.sha256(bodies[0]).hexdigest()}"
    assert identities[2] != identities[0]


def test_deep_samples_are_not_identical_by_their_high_bytes():
    low = np.full((4, 4), 0x1200, np.uint16)
    deep = [one(saved(Image.fromarray(samples))) for samples in (low, low + 1)]
    assert [s.pixel_sha256 for s in deep] == [None, None]
    assert deep[0].identity != deep[1].identity
    assert deep[0].luminance == pytest.approx(0x12 / 255)


def test_deep_colours_are_not_identical_by_their_high_bytes():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" + bytes([1, 2, 3, 4, 5, 6]))
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    assert one(body).pixel_sha256 is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png(mode):
    size = (21, 13)
    picture = Image.new(mode, size)
    found = one(saved(picture))
    assert (found.width_px, found.height_px) == size
    assert found.luminance == 0


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_mode_of_jpeg(mode):
    found = one(saved(Image.new(mode, (1100, 30)), "jpeg"))
    assert (found.width_px, found.format) == (1100, "JPEG")


def test_a_transparent_palette():
    picture = Image.new("P", (10, 10))
    assert one(saved(picture, transparency=b"\x10\xff")).luminance == 0


# damage


def refused(body, message):
    with pytest.raises(LfvEvalError, match=message) as caught:
        read_pixels(body, grid_side=GRID_SIDE, where="s3://b/x.png")
    assert caught.value.where == "s3://b/x.png"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x89PNG", saved(Image.new("RGB", (4, 4)), "gif")])
def test_what_is_no_png_or_jpeg_is_refused_unread(body):
    refused(body, "expected a PNG or JPEG image")


@pytest.mark.parametrize("side", [2**31 - 1, 5793])
def test_bombs_are_refused_before_they_are_decoded(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b""))
    )
    tracemalloc.start()
    refused(b"\x89PNG\r\n\x1a\n" + chunks, f"{side} x {side} px, expected at most")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


def test_the_limit_itself_is_decoded(monkeypatch):
    body = saved(np.zeros((30, 40, 3), np.uint8))
    monkeypatch.setattr(image_pixels, "MAX_PIXELS", 1200)
    assert one(body).width_px == 40
    monkeypatch.setattr(image_pixels, "MAX_PIXELS", 1199)
    refused(body, "40 x 30 px")


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_damaged_files_never_raise_another_error(kind):
    options = {"quality": 80, "progressive": True} if kind == "jpeg" else {}
    sound = saved(part(size=(64, 96)), kind, **options)
    rng = random.Random(kind)
    n_refused = 0
    for _ in range(400):
        body = bytearray(sound[: rng.choice([len(sound), rng.randrange(len(sound))])])
        for _ in range(rng.randrange(1, 4)):
            if body:
                body[rng.randrange(min(len(body), rng.choice([40, 10**6])))] = rng.randrange(256)
        try:
            read_pixels(bytes(body), grid_side=GRID_SIDE)
        except LfvEvalError:
            n_refused += 1
    assert n_refused > 100


# the pass over many


def test_rows_keep_their_order_and_duplicates_are_left_out():
    bodies = {str(i): saved(np.full((8, 8 + i, 3), i, np.uint8)) for i in range(40)}
    exclusion = [Exclusion.USED, Exclusion.UNLABELLED, Exclusion.DUPLICATE, Exclusion.FAILED_PREDICTION] * 10
    truth = [0, -1, 1, 1] * 10
    found = measure_images(rows(list(bodies), truth, exclusion), Bodies(bodies))
    assert [s.uri for s in found.images] == [str(i) for i in range(40) if i % 4 != 2]
    assert [s.class_name for s in found.images[:3]] == ["normal", None, "anomaly"]
    assert [s.width_px for s in found.images[:3]] == [8, 9, 11]
    assert {name: sums.n_images for name, sums in found.positions.items()} == dict.fromkeys(
        ("normal", "unlabelled", "anomaly"), 10
    )
    assert (found.n_images, found.n_unmeasured, found.problems) == (30, 0, ())


def test_unusable_images_are_problems():
    sound = saved(part())
    half = sound[: len(sound) // 2]
    found = measured(a=sound, b=b"no image", c=AccessError("denied", where="c"), d=half, e=sound)
    assert [s.uri for s in found.images] == ["a", "e"]
    assert (found.n_images, found.n_unmeasured) == (5, 3)
    unusable, unread = found.problems
    assert (unusable.code, unusable.severity, unusable.count, unusable.lines) == (
        "IMAGE_UNUSABLE",
        Severity.WARNING,
        2,
        (2, 4),
    )
    assert (unread.code, unread.severity, unread.lines) == ("IMAGE_NOT_READ", Severity.NOTE, (3,))
    assert "denied" in unread.message


def test_images_out_of_reach_are_given_up():
    gone = {str(i): AccessError("no such file") for i in range(500)}
    reader = Bodies(gone)
    found = measure_images(rows(list(gone)), reader)
    assert reader.n_read < FIRST_IMAGES + 4 * image_statistics.MAX_WORKERS
    assert [problem.code for problem in found.problems] == ["IMAGE_NOT_READ", "IMAGES_OUT_OF_REACH"]
    assert "other 480 were not tried" in found.problems[1].message
    assert (found.images, found.n_unmeasured) == ((), 500)


def test_nothing_to_measure():
    assert measure_images(rows([]), Bodies({})) == ImageSet()


def test_only_a_few_images_are_in_memory():
    """The bodies of 60 images would take 30 MB."""
    sound = saved(np.zeros((8, 8), np.uint8))
    bodies = {str(i): lambda: sound + bytes(500_000) for i in range(60)}
    tracemalloc.start()
    found = measure_images(rows(list(bodies)), Bodies(bodies))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found.images) == 60
    assert peak < (2 * image_statistics.MAX_WORKERS + 4) * 1_000_000


def test_shards_join_to_the_same_set_and_survive_storage():
    bodies = {str(i): saved(part(i, (64, 96))) for i in range(9)}
    uris, truth = list(bodies), [0, 1, -1] * 3
    whole = measure_images(rows(uris, truth), Bodies(bodies))
    shards = [measure_images(rows(uris[a:b], truth[a:b]), Bodies(bodies)) for a, b in ((0, 1), (1, 6), (6, 9))]
    joined = shards[0] + shards[1] + shards[2]
    assert joined == whole
    assert shards[0] + (shards[1] + shards[2]) == whole
    assert whole + ImageSet() == ImageSet() + whole == whole
    assert msgspec.json.decode(msgspec.json.encode(whole), type=ImageSet) == whole


# positions


@given(st.lists(arrays(np.uint8, GRID_SIDE**2), min_size=2, max_size=5))
@settings(max_examples=20)
def test_deviations_are_numpys(images):
    sums = sum((PositionSums.of_image(cells.tolist()) for cells in images), PositionSums())
    assert sums.deviations() == pytest.approx(np.stack(images).std(axis=0) / 255, abs=1e-12)
    grid = (np.stack(images) / 255).std(axis=0).reshape(GRID_SIDE, GRID_SIDE)
    centre = np.zeros_like(grid, bool)
    centre[2:-2, 2:-2] = True
    if grid[centre].any():
        assert sums.border_to_centre() == pytest.approx(grid[~centre].mean() / grid[centre].mean())


def test_one_image_or_a_still_object_say_nothing():
    assert PositionSums().border_to_centre() is None
    still = PositionSums.of_image([7] * GRID_SIDE**2)
    assert still.border_to_centre() is None
    assert (still + still).border_to_centre() is None


@pytest.mark.parametrize("moving", ["background", "object"])
def test_what_varies_is_told_from_what_stands_still(moving):
    rng = np.random.default_rng(4)
    bodies = {}
    for i in range(12):
        picture = np.full((200, 300), 128, np.uint8)
        inner = (slice(40, 160), slice(60, 240))
        if moving == "object":
            picture[inner] = np.kron(rng.integers(0, 256, (6, 9), np.uint8), np.ones((20, 20), np.uint8))
        else:
            background = np.kron(rng.integers(0, 256, (10, 15), np.uint8), np.ones((20, 20), np.uint8))
            background[inner] = picture[inner]
            picture = background
        bodies[str(i)] = saved(picture)
    ratio = measured(**bodies).positions["normal"].border_to_centre()
    assert ratio > 1 if moving == "background" else ratio < 0.1


def test_the_public_images(public_folder):
    from lfv_eval.sources.folder import FolderSource

    folder = sorted(
        path for path in public_folder.rglob("*") if path.suffix in (".jpg", ".png") and "mask" not in str(path)
    )[:4]
    found = measure_images(rows([path.name for path in folder]), FolderSource(folder[0].parent, lambda *_: False))
    assert len(found.images) == 4
    for statistics, path in zip(found.images, folder, strict=True):
        picture = Image.open(path)
        assert (statistics.width_px, statistics.height_px) == picture.size
        gray = np.asarray(picture.convert("L")) / 255
        assert statistics.luminance == pytest.approx(gray.mean(), abs=0.005)
        assert statistics.contrast == pytest.approx(gray.std(), abs=0.03)
