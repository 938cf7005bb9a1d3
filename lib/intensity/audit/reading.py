"""Cases from files: a table, an npz, a folder of images and masks, or the layout of nnU-Net.

    cases.csv    image,mask,label[,group][,site][,split], paths from the table's folder; of a split
                 only rows called "test" are audited
    cases.npz    images, masks, label[, group]
    folder/      images/ and masks/ with equal names; classes are folders in images/, or stand in
                 labels.csv: image,label[,group][,site][,split]
    nnU-Net      imagesTs/CASE_0000.*, labelsTs/CASE.* (or imagesTr, labelsTr), labels.csv likewise

Images are PNG, TIFF, JPEG, BMP or npy; volumes (NIfTI, DICOM) are read by `volumes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from intensity.audit.cases import Cases, make_cases, sample
from intensity.audit.preprocessing import one_line
from intensity.values import InvalidInput, shown

NEEDED = ("image", "mask")
ALLOWED = (*NEEDED, "label", "group", "site", "split")
"""Columns of a table."""
ARRAYS = ("images", "masks", "label", "group", "names")
"""Arrays of an npz."""
LABELS = "labels.csv"
"""What says the classes of images in a folder."""
TEST = "test"
"""The split that is audited."""
NNUNET = (("imagesTs", "labelsTs"), ("imagesTr", "labelsTr"))
CHANNEL = re.compile(r"_\d{4}$")
"""How nnU-Net ends the names of a case's channels."""
MODES = ("1", "L", "I;16", "I;16B", "I;16L", "I", "F", "RGB")
"""Kinds of pixels, as Pillow calls them, that are numbers."""


class Picture(NamedTuple):
    """What a file holds.

    pixels: (slices, h, w, c) in the file's type.
    place: where a volume lies, (4, 4); None where the file does not say.
    """

    pixels: np.ndarray
    place: np.ndarray | None = None


def read_cases(
    path: str | Path, *, most: int | None = None, mask_label: int | None = None, **options: Any
) -> Cases:
    """Cases from a table, an npz or a folder.

    Args:
        path: which.
        most: at most so many are read, drawn by class and group.
        mask_label: the number that means the object, in masks of several.
        options: of `make_cases`: values, unit, padding, channel, classes.

    Raises:
        InvalidInput: a file is missing or cannot be used, or as for `make_cases`.
    """
    path = Path(path)
    if not path.exists():
        raise InvalidInput(f"cases: {shown(path)} is not there")
    if path.suffix == ".npz":
        given = _of_npz(path)
    elif path.suffix == ".csv":
        given = _of_table(path.parent, _table(path, NEEDED))
    elif path.is_dir():
        given = _of_table(path, _folder(path))
    else:
        raise InvalidInput(f"cases: {shown(path)} is not allowed: a .csv, an .npz or a folder")
    rows = _drawn(given, most)
    read: Callable[[np.ndarray, int | None], tuple[Any, Any]] = given.pop("read")
    images, masks = read(rows, mask_label)
    columns = {name: column[rows] for name, column in given.items() if column is not None}
    cases = make_cases(images, masks, **columns, mask_label=mask_label, **options)
    return replace(cases, total=len(given["names"]))


def _drawn(given: Mapping[str, Any], most: int | None) -> np.ndarray:
    """Rows to be read."""
    count = len(given["names"])
    if most is None or count <= most:
        return np.arange(count)
    columns = (np.zeros(count) if given[n] is None else given[n] for n in ("label", "group"))
    label, group = (np.unique(c.astype(str), return_inverse=True)[1] for c in columns)
    return sample(label, group, most)


def _of_npz(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.atleast_1d(file[name]) for name in file.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise InvalidInput(f"cases: {shown(path)} cannot be read: {one_line(error)}") from None
    _check_names(path, list(arrays), ("images", "masks"), ARRAYS)
    images, masks = arrays["images"], arrays["masks"]
    count = len(images)
    for name, array in arrays.items():
        if len(array) != count:
            raise InvalidInput(f"{name}: {len(array)} are not allowed: one for each of {count}")
    names = arrays.get("names", np.array([f"image {i}" for i in range(count)]))
    return {
        "label": arrays.get("label"), "group": arrays.get("group"), "names": names,
        "read": lambda rows, _: (images[rows], masks[rows]),
    }  # fmt: skip


def _check_names(
    path: Path, names: Sequence[str], needed: Sequence[str], allowed: Sequence[str]
) -> None:
    """Refuse columns or arrays that are missing, or that nothing would read."""
    wrong = [n for n in names if n not in allowed] or [n for n in needed if n not in names]
    if wrong:
        kind = "missing" if wrong[0] in needed else "not allowed"
        raise InvalidInput(f"cases: {wrong[0]!r} of {shown(path)} is {kind}: {', '.join(allowed)}")


def _table(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """A table of texts with known columns, of which only the split "test" is kept."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (ValueError, OSError) as error:
        raise InvalidInput(f"cases: {shown(path)} cannot be read: {one_line(error)}") from None
    _check_names(path, table.columns.tolist(), needed, ALLOWED)
    if "split" in table:
        table = table[table["split"] == TEST]
    if not len(table):
        raise InvalidInput(
            f"cases: {shown(path)} has no row{' of split test' * ('split' in table)}"
        )
    for name in table.columns[table.isin(["", np.nan]).any()]:
        raise InvalidInput(f"cases: {name} of {shown(path)} is empty in a row: fill or drop it")
    return table


def _of_table(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """Columns of a table, and what reads the images and masks of some of its rows."""
    pairs = [
        ([folder / name for name in str(image).split("|")], folder / str(mask))
        for image, mask in zip(table["image"], table["mask"], strict=True)
    ]
    absent = [path for images, mask in pairs for path in (*images, mask) if not path.exists()]
    if absent:
        raise InvalidInput(f"cases: {shown(absent[0])} is not there")

    def read(rows: np.ndarray, chosen: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Images and masks of rows, all of one size."""
        found = [_case(pairs[row][0], pairs[row][1], chosen) for row in rows]
        for row, (image, _) in zip(rows, found, strict=True):
            if image.shape != found[0][0].shape:
                raise InvalidInput(
                    f"images: {shown(pairs[row][0][0])} is {_size(image)}, the first "
                    f"{_size(found[0][0])}: images of one size are allowed; crop or pad them"
                )
        images, masks = zip(*found, strict=True)
        return np.stack(images), np.stack(masks)

    columns = {
        name: _numbers(table[name]) if name in table else None for name in ("label", "group")
    }
    site = table["site"].to_numpy(str) if "site" in table else None
    return {**columns, "site": site, "names": table["image"].to_numpy(str), "read": read}


def _numbers(column: pd.Series) -> np.ndarray:
    """Whole numbers where all texts are some, else the texts."""
    texts = column.to_numpy(str)
    whole = all(re.fullmatch(r"\d+", text) for text in texts)
    return texts.astype(np.int64) if whole else texts


def _folder(folder: Path) -> pd.DataFrame:
    """The table that a folder stands for."""
    for images, masks in (("images", "masks"), *NNUNET):
        if (folder / images).is_dir() and (folder / masks).is_dir():
            channels = images != "images"
            table = _listed(folder, images, masks, channels)
            break
    else:
        raise InvalidInput(
            f"cases: {shown(folder)} is not allowed: a folder with images/ and masks/, or "
            "imagesTs/ and labelsTs/"
        )
    if not (folder / LABELS).exists():
        return table
    said = _table(folder / LABELS, ("image", "label")).set_index("image")
    if len(twice := said.index[said.index.duplicated()]):
        raise InvalidInput(f"cases: image {twice[0]!r} is in {LABELS} more than once")
    names = table["image"].map(lambda name: Path(name.split("|")[0]).name)
    stems = names.map(lambda name: _stem(Path(name), channels))
    keys = stems.where(stems.isin(said.index), names)
    if absent := set(said.index) - set(keys):
        raise InvalidInput(f"cases: image {min(absent)!r} of {LABELS} is not in the folder")
    table = table.drop(columns="label", errors="ignore").assign(key=keys)
    return table.merge(said, left_on="key", right_index=True, suffixes=("", " again"))


def _listed(folder: Path, images: str, masks: str, channels: bool) -> pd.DataFrame:
    """Images with the masks of their names; classes by folder where there are folders."""
    files, there = _by_stem(folder / images, channels), _by_stem(folder / masks, False)
    if absent := files.keys() - there.keys():
        raise InvalidInput(f"cases: {shown(folder / masks)} has no mask of {min(absent)}")
    if not files:
        raise InvalidInput(f"cases: {shown(folder / images)} holds no image")
    rows = [
        ["|".join(str(path.relative_to(folder)) for path in paths) for paths in (own, there[stem])]
        for stem, own in files.items()
    ]
    table = pd.DataFrame(rows, columns=list(NEEDED))
    parents = [str(Path(stem).parent) for stem in files]
    return table if set(parents) == {"."} else table.assign(label=parents)


def _by_stem(folder: Path, channels: bool) -> dict[str, list[Path]]:
    """Files of a folder and those in it by the names of their cases; one each, but for channels."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name[0] != ".":
            found.setdefault(_stem(path.relative_to(folder), channels), []).append(path)
    if twice := [paths for paths in found.values() if len(paths) > 1 and not channels]:
        raise InvalidInput(f"cases: {shown(twice[0][1])} is not allowed: one file of its name")
    return found


def _stem(path: Path, channels: bool) -> str:
    """The name of a case: without ending, and without nnU-Net's number of a channel."""
    name = path.name.removesuffix(".gz")
    stem = name.removesuffix(Path(name).suffix)
    return str(path.with_name(CHANNEL.sub("", stem) if channels else stem))


def _case(images: Sequence[Path], mask: Path, chosen: int | None) -> tuple[np.ndarray, np.ndarray]:
    """An image (h, w, c) and its mask (h, w); of a volume the slice where the mask is largest."""
    pictures = [read_picture(path) for path in images]
    object_ = _mask_of(mask, images[0], chosen)
    first = pictures[0]
    for path, other in zip((*images, mask), (*pictures, object_), strict=True):
        if other.pixels.shape[:3] != first.pixels.shape[:3]:
            raise InvalidInput(
                f"masks: {shown(path)} is {_size(other.pixels)}, {shown(images[0])} is "
                f"{_size(first.pixels)}: of one size are allowed"
            )
        if not _same_place(first, other):
            raise InvalidInput(
                f"masks: {shown(path)} lies elsewhere than {shown(images[0])}: origin, spacing and "
                "axes have to be the same"
            )
    pixels = np.concatenate([picture.pixels for picture in pictures], axis=-1)
    masks = object_.pixels[..., 0]
    if (object_.pixels != masks[..., None]).any():
        raise InvalidInput(f"masks: {shown(mask)} with colors is not allowed: a number a pixel")
    means = masks == chosen if chosen is not None else masks > 0
    number = int(means.sum(axis=(1, 2)).argmax())
    return pixels[number].copy(), masks[number].copy()  # a view would keep the whole volume


def _same_place(one: Picture, other: Picture) -> bool:
    """Whether two volumes lie on each other, as far as their files say."""
    if one.place is None or other.place is None:
        return True
    return bool(np.allclose(one.place, other.place, atol=1e-3))


def _mask_of(mask: Path, image: Path, chosen: int | None) -> Picture:
    if mask.suffix == ".dcm":
        from intensity.audit.volumes import read_segments

        return read_segments(mask, image, chosen)
    return read_picture(mask)


def read_picture(path: Path) -> Picture:
    """What a file, or the folder of a DICOM series, holds.

    Raises:
        InvalidInput: it cannot be read, or its pixels are no plain numbers.
    """
    name = path.name.lower()
    try:
        if name.endswith((".nii", ".nii.gz")):
            from intensity.audit.volumes import read_nifti

            return read_nifti(path)
        if name.endswith(".dcm") or path.is_dir():
            from intensity.audit.volumes import read_dicom

            return read_dicom(path)
        if name.endswith(".npy"):
            return Picture(_with_axes(np.load(path, allow_pickle=False)))
        return _of_pillow(path)
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(f"cases: {shown(path)} cannot be read: {one_line(error)}") from None


def _of_pillow(path: Path) -> Picture:
    from PIL import Image, ImageSequence

    with Image.open(path) as image:
        if image.mode not in MODES:
            kind = "a palette" if image.mode in ("P", "PA") else f"mode {image.mode}"
            raise InvalidInput(
                f"cases: {shown(path)} with {kind} is not allowed: grey of 8 or 16 bits, whole "
                "numbers, floats, or RGB"
            )
        frames = [np.array(frame) for frame in ImageSequence.Iterator(image)]
    return Picture(_with_axes(frames[0] if len(frames) == 1 else np.stack(frames)))


def _with_axes(pixels: np.ndarray) -> np.ndarray:
    """(h, w), (h, w, 3) or (slices, h, w) as (slices, h, w, c)."""
    if pixels.ndim == 2:
        return pixels[None, ..., None]
    if pixels.ndim == 3:
        return pixels[None] if pixels.shape[-1] <= 4 else pixels[..., None]
    raise InvalidInput(f"cases: shape {pixels.shape} is not allowed: (h, w), (h, w, c), (d, h, w)")


def _size(pixels: np.ndarray) -> str:
    """Slices, where there are several, height and width of (slices, h, w, c) or (h, w, c)."""
    sides = pixels.shape[:-1]
    return " x ".join(map(str, sides[sides[0] == 1 and len(sides) == 3 :]))
