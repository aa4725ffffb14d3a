"""The regions of truth masks, against scipy's labelling of the same pixels."""

import io

import numpy as np
from PIL import Image
from scipy import ndimage

from lfv_eval.advice.case import Region
from lfv_eval.errors import AccessError
from lfv_eval.formats import evaluation_manifest
from lfv_eval.images import MaskRef
from lfv_eval.pixels.mask_regions import MAX_IMAGES, measure_regions
from lfv_eval.records import Document
from lfv_eval.settings import Settings
from lfv_eval.testing import make_evaluation
from lfv_eval.testing.advice_cases import rows


class Files:
    def __init__(self, by_uri):
        self.by_uri = by_uri

    def read_many(self, uris, stage):
        return (self.by_uri.get(uri, AccessError("gone", where=uri)) for uri in uris)


def png(pixels):
    image = Image.fromarray(pixels.astype(np.uint8))
    image.putpalette([255, 255, 255, 0x23, 0xA4, 0x36])
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def of_mask(body):
    ref = MaskRef(uri="m.png", label_by_color={"#ffffff": "background", "#23a436": "Dent"})
    return measure_regions(rows(np.array([True]), uris=["a.jpg"], masks=[ref]), Files({"m.png": body}), Settings())


def test_regions_by_hand():
    pixels = np.zeros((40, 60))
    pixels[2:5, 3:9] = 1
    pixels[5, 9] = 1  # touches at a corner
    pixels[20, 10:50] = 1
    assert of_mask(png(pixels)) == (
        Region(image="a.jpg", label="dent", area_px=19, extent_px=7, width_px=60, height_px=40),
        Region(image="a.jpg", label="dent", area_px=40, extent_px=40, width_px=60, height_px=40),
    )


def test_what_cannot_be_read_is_left_out():
    assert of_mask(b"no picture") == ()
    ref = MaskRef(uri="gone.png", label_by_color={"#23a436": "dent"})
    assert measure_regions(rows(np.array([True]), masks=[ref]), Files({}), Settings()) == ()


def test_a_bounded_number_of_masks_is_looked_at():
    n = MAX_IMAGES * 2 + 7
    ref = MaskRef(uri="m.png", label_by_color={"#23a436": "dent"})
    one = np.zeros((8, 8))
    one[1, 1] = 1
    images = rows(np.ones(n, bool), masks=[ref] * n)
    found = measure_regions(images, Files({"m.png": png(one)}), Settings())
    assert len(found) <= MAX_IMAGES
    assert found[-1].image >= images.uri[n - 3]  # evenly spread to the end


def test_drawn_masks_against_scipy():
    evaluation = make_evaluation(seed=2, n_anomaly=8, n_normal=2, size=(160, 120))
    body = evaluation.files[evaluation.manifest_path]
    document = Document(uri="m.json", body=body, size_bytes=len(body), sha256="")
    images = evaluation_manifest.parse(document, Settings()).images
    files = {evaluation.scenario.uri(path): content for path, content in evaluation.files.items()}
    found = measure_regions(images, Files(files), Settings())
    naive = []
    for uri, mask in zip(images.uri, images.truth_mask, strict=True):
        if mask is None:
            continue
        codes = np.array(Image.open(io.BytesIO(files[mask.uri])))
        for position, label in enumerate(evaluation.scenario.labels):
            numbered, n = ndimage.label(codes == position + 1, np.ones((3, 3)))
            naive += [(uri, label, int((numbered == number + 1).sum())) for number in range(n)]
    assert sorted((one.image, one.label, one.area_px) for one in found) == sorted(naive)
    assert len(found) >= 8
