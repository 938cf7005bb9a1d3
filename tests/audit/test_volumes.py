"""NIfTI and DICOM, where nibabel and pydicom are installed: units, places, polarity."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from intensity.audit import volumes
from intensity.audit.reading import read_cases, read_picture
from intensity.values import InvalidInput

SHAPE = (12, 16, 3)
"""Of a volume as NIfTI has it: x, y, z."""


def refused(path: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(InvalidInput) as caught:
        read_picture(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> None:
        """No package is there."""
        raise ImportError(package)

    monkeypatch.setattr(volumes.importlib, "import_module", missing)
    assert "needs nibabel: install nibabel and pydicom" in refused(tmp_path / "a.nii.gz")
    assert "needs pydicom" in refused(tmp_path / "a.dcm")


def nifti(path: Path, pixels: np.ndarray, shift: float = 0.0) -> None:
    """A NIfTI file of 1 mm."""
    nibabel = pytest.importorskip("nibabel")
    affine = np.eye(4)
    affine[0, 3] = shift
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(pixels, affine), path)


def test_a_nifti_has_its_units_and_slices_first(tmp_path: Path) -> None:
    stored = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
    nifti(tmp_path / "a.nii", stored)
    content = bytearray((tmp_path / "a.nii").read_bytes())
    content[112:120] = np.array([2, -1024], "<f4").tobytes()  # slope and intercept of the format
    (tmp_path / "a.nii").write_bytes(content)
    found = read_picture(tmp_path / "a.nii").pixels
    assert found.shape == (3, 16, 12, 1)
    assert found[2, 5, 7, 0] == 2 * stored[7, 5, 2] - 1024


def nnunet(root: Path, shift: float = 0.0) -> None:
    """Volumes in the layout of nnU-Net; the object is largest in the last slice."""
    rng = np.random.default_rng(0)
    for i in range(4):
        pixels = rng.normal(-50 + 60 * (i % 2), 5, SHAPE).astype(np.float32)
        masks = np.zeros(SHAPE, np.uint8)
        masks[2:4, 2:4, 0] = 1
        masks[2:8, 2:8, 2] = 1
        nifti(root / "imagesTs" / f"p{i}_0000.nii.gz", pixels)
        nifti(root / "labelsTs" / f"p{i}.nii.gz", masks, shift)
    labels = pd.DataFrame({"image": [f"p{i}" for i in range(4)], "label": [0, 1, 0, 1]})
    labels.to_csv(root / "labels.csv", index=False)


def test_volumes_of_nnunet_become_slices(tmp_path: Path) -> None:
    nnunet(tmp_path)
    cases = read_cases(tmp_path, values=(-1024, 3071), unit="HU")
    assert cases.images.shape == (4, 16, 12, 1)
    assert cases.spread.area.tolist() == [36] * 4
    assert cases.label.tolist() == [0, 1, 0, 1]


def test_a_mask_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    nnunet(tmp_path, shift=3.0)
    with pytest.raises(InvalidInput, match="lies elsewhere than"):
        read_cases(tmp_path, values=(-1024, 3071), unit="HU")


def dicom(path: Path, pixels: np.ndarray, **changed: Any) -> Any:
    """A DICOM file of 16 bits with a header of the least that it needs; None drops a field."""
    dataset, uid = (pytest.importorskip(f"pydicom.{name}") for name in ("dataset", "uid"))
    data = dataset.Dataset()
    data.file_meta = dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    fields = {
        "SOPInstanceUID": uid.generate_uid(), "Modality": "CT", "BitsAllocated": 16,
        "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0, "SamplesPerPixel": 1,
        "Rows": pixels.shape[-2], "Columns": pixels.shape[-1],
        "PhotometricInterpretation": "MONOCHROME2",
        "RescaleSlope": 1, "RescaleIntercept": -1024, "PixelData": pixels.tobytes(), **changed,
    }  # fmt: skip
    for name, value in fields.items():
        if value is not None:
            setattr(data, name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return data


STORED = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300


def test_a_dicom_is_rescaled_and_monochrome1_inverted(tmp_path: Path) -> None:
    dicom(tmp_path / "a.dcm", STORED, RescaleSlope=2)
    np.testing.assert_array_equal(
        read_picture(tmp_path / "a.dcm").pixels[0, ..., 0], 2.0 * STORED - 1024
    )
    dicom(tmp_path / "b.dcm", STORED, PhotometricInterpretation="MONOCHROME1", Modality="CR",
          RescaleSlope=None, RescaleIntercept=None)  # fmt: skip
    np.testing.assert_array_equal(
        read_picture(tmp_path / "b.dcm").pixels[0, ..., 0], 4095 - STORED.astype(int)
    )


def test_a_ct_without_units_and_pixels_that_are_no_levels_are_refused(tmp_path: Path) -> None:
    dicom(tmp_path / "a.dcm", STORED, RescaleIntercept=None)
    assert "a CT without slope and intercept" in refused(tmp_path / "a.dcm")
    dicom(tmp_path / "b.dcm", STORED, PhotometricInterpretation="PALETTE COLOR")
    assert "is PALETTE COLOR: MONOCHROME1 or MONOCHROME2" in refused(tmp_path / "b.dcm")


def series(root: Path) -> list[Any]:
    """A series of three slices whose files are not in their order; by place."""
    return [
        dicom(root / f"{name}.dcm", STORED + 10 * z, ImagePositionPatient=[0, 0, 2.0 * z],
              ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
        for z, name in enumerate("cab")
    ]  # fmt: skip


def test_a_series_is_in_the_order_of_its_slices(tmp_path: Path) -> None:
    series(tmp_path / "ct")
    found = read_picture(tmp_path / "ct").pixels[..., 0]
    np.testing.assert_array_equal(found[:, 0, 0], [-1024, -1014, -1004])


def segmentation(path: Path, slices: list[Any], frames: dict[int, int]) -> None:
    """A SEG whose frames have segments of slices, a pixel more from one frame to the next."""
    dataset = pytest.importorskip("pydicom.dataset")

    def item(**fields: Any) -> Any:
        """A data set of a few fields."""
        made = dataset.Dataset()
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    pixels = np.zeros((len(frames), 3, 4), np.uint8)
    about = []
    for number, (place, segment) in enumerate(frames.items()):
        pixels[number].flat[: number + 1] = 1
        source = item(ReferencedSOPInstanceUID=slices[place].SOPInstanceUID)
        about.append(item(
            DerivationImageSequence=[item(SourceImageSequence=[source])],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=segment)],
        ))  # fmt: skip
    dicom(path, pixels, Modality="SEG", BitsAllocated=8, BitsStored=8, HighBit=7,
          NumberOfFrames=len(frames), PerFrameFunctionalGroupsSequence=about)  # fmt: skip


def test_segments_lie_on_the_slices_that_they_name(tmp_path: Path) -> None:
    slices = series(tmp_path / "ct")
    segmentation(tmp_path / "seg.dcm", slices, {2: 1, 0: 2})
    both = volumes.read_segments(tmp_path / "seg.dcm", tmp_path / "ct", None).pixels
    assert (both > 0).sum(axis=(1, 2, 3)).tolist() == [2, 0, 1]
    second = volumes.read_segments(tmp_path / "seg.dcm", tmp_path / "ct", 2).pixels
    assert (second == 2).sum(axis=(1, 2, 3)).tolist() == [2, 0, 0]
    others = series(tmp_path / "other")
    segmentation(tmp_path / "no.dcm", others, {0: 1})
    with pytest.raises(InvalidInput, match="belongs to another series"):
        volumes.read_segments(tmp_path / "no.dcm", tmp_path / "ct", None)


def test_files_that_come_with_pydicom_are_read() -> None:
    data = pytest.importorskip("pydicom.data")
    path = Path(data.get_testdata_file("CT_small.dcm", download=False))
    found = read_picture(path).pixels
    assert found.shape == (1, 128, 128, 1)
    assert -1024 <= found.min() < -500
