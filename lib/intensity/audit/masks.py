"""Masks: which files and numbers mean an object, and masks made of others.

All are (n, h, w) bool, True on the object, unless something else is said.
"""

import numpy as np
from scipy import ndimage

from intensity.values import InvalidInput

TWO_VALUES = ({0, 1}, {0, 255})
"""What a mask of whole numbers may hold."""
CROSS = ndimage.generate_binary_structure(2, 1)
"""A pixel and its four neighbors."""
TRIES = 200
"""Places that are tried for an object of the same shape."""


def as_masks(
    masks: np.ndarray, images: np.ndarray, names: np.ndarray, chosen: int | None
) -> tuple[np.ndarray, list[str]]:
    """(n, h, w) bool masks, and a note where they were soft.

    Raises:
        InvalidInput: they do not fit the images, are images themselves, or are empty or full.
    """
    masks = masks[..., 0] if masks.ndim == 4 and masks.shape[-1] == 1 else masks
    if masks.shape != images.shape[:3]:
        raise InvalidInput(
            f"masks: shape {masks.shape} is not allowed: {images.shape[:3]}, the first three of "
            f"images {images.shape}, whose channels come last"
        )
    hard, soft = np.zeros(masks.shape, bool), 0
    for i, (mask, image) in enumerate(zip(masks, images, strict=True)):
        hard[i], was_soft = _hard(mask, image, names[i], chosen)
        soft += was_soft
    area = hard.sum(axis=(1, 2))
    for wrong, word in ((area == 0, "empty"), (area == hard[0].size, "full")):
        if wrong.any():
            raise InvalidInput(f"masks: that of {names[wrong.argmax()]} is {word}: an object only")
    return hard, [f"{soft} soft masks were cut at one half."] if soft else []


def _hard(
    mask: np.ndarray, image: np.ndarray, name: str, chosen: int | None
) -> tuple[np.ndarray, bool]:
    """One mask as bool, and whether it was soft."""
    if chosen is not None:
        return mask == chosen, False
    if mask.dtype == bool:
        return mask, False
    values = np.unique(mask)
    if any(set(values.tolist()) <= allowed for allowed in TWO_VALUES):
        return mask > 0, False
    top = float(values[-1])
    as_image = len(values) > 2 and np.allclose(mask / top, image.mean(axis=-1) / image.max())
    if mask.dtype.kind != "f" or not (values >= 0).all() or top > 1 or as_image:
        what = "the image itself" if as_image else f"{values[0]:g}..{top:g}, {len(values)} values"
        raise InvalidInput(
            f"masks: that of {name} ({what}) is not allowed: 0 and 1, 0 and 255, 0..1, or the "
            "number of the object as mask_label"
        )
    return mask >= 0.5, True


def at_border(same: np.ndarray) -> np.ndarray:
    """The parts of a (h, w) bool image that touch its border."""
    parts, _ = ndimage.label(same)
    edge = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    return np.isin(parts, edge[edge > 0])


def inner_halves(masks: np.ndarray) -> np.ndarray:
    """The inner half of each object: of its pixels those that lie deepest, holes left aside."""
    return np.stack([_inner_half(mask) for mask in masks])


def _inner_half(mask: np.ndarray) -> np.ndarray:
    depth = ndimage.distance_transform_edt(np.pad(ndimage.binary_fill_holes(mask), 1))[1:-1, 1:-1]
    pixels = np.flatnonzero(mask)
    place = np.stack(np.unravel_index(pixels, mask.shape))
    middle = ((place - place.mean(axis=1, keepdims=True)) ** 2).sum(axis=0)
    order = np.lexsort((middle, -depth.ravel()[pixels]))
    inner = np.zeros(mask.size, bool)
    inner[pixels[order[: len(pixels) // 2]]] = True
    return inner.reshape(mask.shape)


def near_contour(masks: np.ndarray, width: float) -> np.ndarray:
    """Pixels on either side whose nearest pixel on the other side is at most so far away."""
    return np.stack([np.abs(_signed(mask)) <= width for mask in masks])


def grown(masks: np.ndarray, by: int) -> np.ndarray:
    """Objects with so many more rows of pixels all around; fewer where it is negative."""
    change = ndimage.binary_dilation if by > 0 else ndimage.binary_erosion
    return np.stack([change(mask, CROSS, iterations=abs(by)) for mask in masks])


def feathered(masks: np.ndarray, width: float) -> np.ndarray:
    """(n, h, w) float32 that falls from 1 to 0 across contours, within so many pixels each way."""
    ramps = [np.clip(0.5 + _signed(mask) / (2 * width + 1), 0, 1) for mask in masks]
    return np.stack(ramps).astype(np.float32)


def _signed(mask: np.ndarray) -> np.ndarray:
    """Distance to the contour, which lies half-way between two pixels; positive inside."""
    inside, outside = (ndimage.distance_transform_edt(part) for part in (mask, ~mask))
    return np.where(mask, inside - 0.5, 0.5 - outside)


def elsewhere(mask: np.ndarray, allowed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An object's shape at another place of its (h, w) image; empty where there is none for it.

    Args:
        mask: the object.
        allowed: pixels that it may cover.
        rng: which of the places.
    """
    moved = np.zeros_like(mask)
    rows, columns = np.nonzero(mask)
    rows, columns = rows - rows.min(), columns - columns.min()
    height, width = mask.shape[0] - rows.max(), mask.shape[1] - columns.max()
    for place in rng.integers(0, height * width, TRIES):
        row, column = divmod(int(place), width)
        if allowed[rows + row, columns + column].all():
            moved[rows + row, columns + column] = True
            break
    return moved
