"""What two of our methods cost by a pass of a whole image for every change, as others do it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import ours

from intensity.attribution import changes
from intensity.attribution.methods.pca_direction import WINDOW_SIDES, leading_component
from intensity.models.inference import logits

STEP = 1.0
"""Grey levels along a direction of length 1."""


class Peer(ours.Peer):
    """The exported network under our methods without their algorithms."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the network; no model has known stages from here on."""
        super().__init__(folder, threads)
        changes.stages_of = lambda model: None

    def pca_direction(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w), by one pass for every window of every side."""
        maps = []
        for image, label in zip(images.astype(np.float32), classes, strict=True):
            before = logits(self.model, image[None])[0, label]
            slopes = [
                (logits(self.model, shown, batch)[:, label] - before) / STEP
                for side in WINDOW_SIDES
                for shown in _pushed(image, leading_component(image, side), batch)
            ]
            found = np.concatenate(slopes).reshape(len(WINDOW_SIDES), *image.shape)
            best = np.abs(found).argmax(axis=0)[None]
            maps.append(np.take_along_axis(found, best, axis=0)[0])
        return np.stack(maps)


def _pushed(image: np.ndarray, direction: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    """The image pushed along a direction at every place, some places at a time."""
    half = len(direction) // 2
    height, width = image.shape
    room = np.pad(image, half)
    places = np.arange(image.size)
    for at in range(0, len(places), batch):
        rows, columns = np.divmod(places[at : at + batch], width)
        shown = np.repeat(room[None], len(rows), axis=0)
        for k, (row, column) in enumerate(zip(rows, columns, strict=True)):
            shown[k, row : row + len(direction), column : column + len(direction)] += (
                STEP * direction
            )
        yield shown[:, half : half + height, half : half + width]
