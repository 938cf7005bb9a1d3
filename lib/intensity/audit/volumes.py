"""Volumes: NIfTI by nibabel and DICOM by pydicom, which the extra `volumes` installs.

Slope and intercept are applied, MONOCHROME1 is inverted; slices come first, rows are y.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from intensity.audit.reading import Picture
from intensity.values import InvalidInput, shown

GREY = ("MONOCHROME1", "MONOCHROME2")


def _needed(package: str, path: Path) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError:
        raise InvalidInput(
            f"cases: {shown(path)} needs {package}: install nibabel and pydicom (extra 'volumes')"
        ) from None


def read_nifti(path: Path) -> Picture:
    """A volume, (z, y, x, 1); nibabel applies slope and intercept by itself."""
    file = _needed("nibabel", path).load(path)
    pixels = np.asanyarray(file.dataobj)
    if pixels.ndim not in (2, 3):
        raise InvalidInput(f"cases: {shown(path)} of shape {pixels.shape} is not allowed: 2-D, 3-D")
    turned = pixels.T
    return Picture((turned if pixels.ndim == 3 else turned[None])[..., None], file.affine)


def read_dicom(path: Path) -> Picture:
    """An image, or the series of a folder in the order of its slices, in the units of the file.

    Raises:
        InvalidInput: it is no grey image, or a CT without slope and intercept.
    """
    series = _series(path)
    return Picture(np.stack([_pixels(one, path) for one in series])[..., None])


def _series(path: Path) -> list[Any]:
    """The data sets of a file or folder, by place along the axis of the first."""
    dcmread = _needed("pydicom", path).dcmread
    if not path.is_dir():
        return [dcmread(path)]
    found = [dcmread(one) for one in sorted(path.iterdir()) if one.is_file()]
    if not found:
        raise InvalidInput(f"cases: {shown(path)} holds no image")
    axes = np.array(found[0].get("ImageOrientationPatient", [1, 0, 0, 0, 1, 0]), float)
    normal = np.cross(axes[:3], axes[3:])
    places = [np.array(one.get("ImagePositionPatient", [0, 0, 0]), float) @ normal for one in found]
    return [found[i] for i in np.argsort(places, kind="stable")]


def _pixels(data: Any, path: Path) -> np.ndarray:
    """(h, w) numbers of one image, inverted and rescaled as its header says."""
    kind = data.get("PhotometricInterpretation")
    if kind not in GREY:
        raise InvalidInput(f"cases: {shown(path)} is {kind}: {' or '.join(GREY)} are allowed")
    if data.get("Modality") == "CT" and not ("RescaleSlope" in data and "RescaleIntercept" in data):
        raise InvalidInput(
            f"cases: {shown(path)} is a CT without slope and intercept: its levels have no unit"
        )
    pixels = data.pixel_array
    if pixels.ndim != 2:
        raise InvalidInput(f"cases: {shown(path)} of shape {pixels.shape} is not allowed: 2-D")
    if kind == "MONOCHROME1":
        pixels = 2 ** int(data.BitsStored) - 1 - pixels.astype(np.int64)
        if data.PixelRepresentation:
            pixels -= 2 ** int(data.BitsStored)
    slope, intercept = (
        float(data.get(f"Rescale{n}", d)) for n, d in (("Slope", 1), ("Intercept", 0))
    )
    return (pixels * slope + intercept).astype(np.float32)


def read_segments(path: Path, image: Path, chosen: int | None) -> Picture:
    """A DICOM segmentation on the slices of its series, by the numbers of its segments.

    Args:
        path: the segmentation, a file of many frames.
        image: the image or the folder of the series that it belongs to.
        chosen: the number of a segment; all others are left aside.

    Raises:
        InvalidInput: it is no segmentation, or belongs to another series.
    """
    data = _needed("pydicom", path).dcmread(path)
    if data.get("Modality") != "SEG":
        pixels = _pixels(data, path)
        return Picture(pixels[None, ..., None])
    place = {one.SOPInstanceUID: number for number, one in enumerate(_series(image))}
    frames = np.atleast_3d(data.pixel_array).reshape(-1, data.Rows, data.Columns)
    masks = np.zeros((len(place), data.Rows, data.Columns), np.uint8)
    for frame, about in zip(frames, data.PerFrameFunctionalGroupsSequence, strict=True):
        source = about.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        segment = int(about.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        if source not in place:
            raise InvalidInput(
                f"masks: {shown(path)} belongs to another series than {shown(image)}"
            )
        if chosen in (None, segment):
            masks[place[source]][frame > 0] = segment if chosen is not None else 1
    return Picture(masks[..., None])
