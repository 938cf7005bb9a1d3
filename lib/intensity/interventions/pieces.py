"""Objects cut by a grid and scattered; histograms are kept exactly."""

from collections.abc import Sequence

import numpy as np

from intensity.data.rendering import masks, render
from intensity.data.scenes import Scenes
from intensity.interventions.base import Changed, choose
from intensity.values import InvalidInput


def scattered(scenes: Scenes, side: int, sides: Sequence[int], key: int) -> Changed:
    """Objects in pieces of one side, of scenes where pieces of all sides fit."""
    fits = np.ones(len(scenes), bool)
    for other in sides:
        piece, free = _blocks(scenes, other)
        pieces = piece.any(axis=2).sum(axis=1)
        fits &= (pieces > 0) & (pieces <= free.sum(axis=1))
    # Scenes that are left out keep their place, and with it the random numbers of the others.
    gone = scenes.replace(area=np.where(fits, scenes.area, 0))
    rows = np.flatnonzero(fits)
    return Changed(rows, in_pieces(gone, side, key)[rows], scenes.label[rows])


def in_pieces(scenes: Scenes, side: int, key: int) -> np.ndarray:
    """Images with objects cut by a grid and scattered.

    The visible object pixels of every block of the grid change places with the pixels at the same
    places of another block, which shows no object and is used once.

    Args:
        scenes: n scenes.
        side: of the grid's blocks, pixels.
        key: of the random numbers.

    Returns:
        (n, height, width) uint8, grey levels.

    Raises:
        InvalidInput: an image has too few blocks without an object.
    """
    piece, free = _blocks(scenes, side)
    pieces, room = piece.any(axis=2).sum(axis=1), free.sum(axis=1)
    if (pieces > room).any():
        first = (pieces > room).argmax()
        raise InvalidInput(
            f"side: {side} is not allowed: {pieces[first]} pieces do not fit into "
            f"{room[first]} other blocks of scene {first}; give another side or smaller objects"
        )
    images = _cut(render(scenes), side)
    most = max(1, int(pieces.max(initial=0)))
    source = np.argsort(~piece.any(axis=2), axis=1, kind="stable")
    scene, number = np.nonzero(np.arange(most) < pieces[:, None])
    here = scene, source[scene, number]
    there = scene, choose(free, most, key)[scene, number]
    moved, old, new = piece[here], images[here], images[there]
    images[here], images[there] = np.where(moved, new, old), np.where(moved, old, new)
    return _joined(images, side, scenes.options.size)


def _blocks(scenes: Scenes, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Visible object pixels by block, (n, blocks, side * side), and blocks that pieces can go to.

    Blocks that the border of the image cuts may hold pieces but not get any.
    """
    seen = masks(scenes)
    inside = _cut(np.ones_like(seen.object), side)
    free: np.ndarray = (inside & ~_cut(seen.object | seen.distractor, side)).all(axis=2)
    return _cut(seen.object, side), free


def _cut(images: np.ndarray, side: int) -> np.ndarray:
    """(n, size, size) -> (n, blocks, side * side), padded with 0 at the lower and right border."""
    n, size, _ = images.shape
    lines = -(-size // side)
    border = (0, lines * side - size)
    grid = np.pad(images, ((0, 0), border, border)).reshape(n, lines, side, lines, side)
    return grid.swapaxes(2, 3).reshape(n, lines**2, side**2)


def _joined(blocks: np.ndarray, side: int, size: int) -> np.ndarray:
    lines = -(-size // side)
    grid = blocks.reshape(-1, lines, lines, side, side).swapaxes(2, 3)
    return grid.reshape(-1, lines * side, lines * side)[:, :size, :size]
