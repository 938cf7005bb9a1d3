"""The scene around the object: no object, no noise, another background, other grey levels, blur."""

import numpy as np
from scipy.ndimage import gaussian_filter

from intensity.data.levels import contrasting
from intensity.data.rendering import render
from intensity.data.scenes import GaussianNoise, Scenes
from intensity.data.tasks import LEVELS
from intensity.interventions.base import Changed, choose, hollow_again, rendered


def object_removed(scenes: Scenes) -> Changed:
    """No object, so no class."""
    images = render(scenes.replace(area=0))
    return Changed(np.arange(len(scenes)), images, np.full(len(scenes), -1))


def noise_removed(scenes: Scenes) -> Changed:
    """No noise, where there was any."""
    noisy = (scenes.noise_squares[..., 2] > 0).any(axis=1)
    rows = np.flatnonzero(noisy | isinstance(scenes.options.noise, GaussianNoise))
    return rendered(rows, scenes[rows].without_noise())


def random_background(scenes: Scenes, key: int) -> Changed:
    """Another background at random, far enough from the objects' levels."""
    allowed = contrasting(scenes.intensity)
    allowed &= contrasting(scenes.distractor_intensity) | (scenes.distractor_area == 0)[:, None]
    allowed &= np.arange(LEVELS) != scenes.background[:, None]
    levels = choose(allowed, 1, key)[:, 0]
    return rendered(np.arange(len(scenes)), hollow_again(scenes.replace(background=levels)))


def rescaled(scenes: Scenes, gain: float, offset: int) -> Changed:
    """All grey levels of images times a gain, plus an offset, where none leaves 0..255."""
    levels, images = np.rint(gain * np.arange(LEVELS) + offset), render(scenes)
    rows = np.flatnonzero(levels[images.max(axis=(1, 2))] < LEVELS)
    table, some = np.minimum(levels, LEVELS - 1).astype(np.uint8), scenes[rows]
    changed = some.replace(intensity=table[some.intensity], background=table[some.background])
    return Changed(rows, table[images[rows]], changed.label)


def with_room(scenes: Scenes, offset: int) -> Scenes:
    """The scenes in which nothing is so bright that an offset would clip it.

    Levels alone decide, those of what is hidden too, so no image is rendered.
    Gaussian noise is no level; images that it makes too bright are left out by the intervention.

    Args:
        scenes: n scenes.
        offset: grey levels.

    Returns:
        Those whose object, background, distractor and noise squares are at most 255 - offset.
    """
    squares = np.where(scenes.noise_squares[..., 2] > 0, scenes.noise_squares[..., 3], 0)
    second = np.where(scenes.distractor_area > 0, scenes.distractor_intensity, 0)
    single = (scenes.intensity, scenes.background, second)
    brightest = np.maximum(squares.max(axis=1, initial=0), np.max(single, axis=0))
    return scenes[brightest < LEVELS - offset]


def blurred(scenes: Scenes, width: float) -> Changed:
    """The image blurred by a Gaussian of a standard deviation in pixels; border pixels go on."""
    images = render(scenes).astype(np.float32)
    smooth = gaussian_filter(images, (0, width, width), mode="nearest")
    return Changed(np.arange(len(scenes)), np.rint(smooth).astype(np.uint8), scenes.label)
