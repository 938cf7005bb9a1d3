"""Edits of the whole image, as another scanner, window or preprocessing would make them.

Values beyond the declared range are cut, as they are there; how many is part of the result.
"""

from __future__ import annotations

import numpy as np

from intensity.audit.base import Edited, Shown

FAR = 0.1
"""Standard deviations of levels beyond those that occur: images are then unlike the data."""


def offset(shown: Shown, share: float) -> Edited:
    """All pixels move by a share of the standard deviation of levels."""
    step = share * shown.cases.spread.step
    return _all_scaled(shown, shown.pixels + np.float32(step), step)


def gain(shown: Shown, factor: float) -> Edited:
    """Distances from the lowest value are multiplied."""
    low = shown.cases.values[0]
    return _all_scaled(shown, low + factor * (shown.pixels - low), factor)


def gamma(shown: Shown, power: float) -> Edited:
    """The declared range is bent by a power."""
    low, high = shown.cases.values
    share = np.clip((shown.pixels - low) / (high - low), 0, 1)
    return _all_scaled(shown, low + (high - low) * share**power, power)


def field(shown: Shown, depth: float) -> Edited:
    """A gain that rises evenly across the image, from 1 - depth to 1 + depth, in any direction."""
    height, width = shown.pixels.shape[1:3]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    angle = [2 * np.pi * shown.rng("field", i).random() for i in range(len(shown.rows))]
    ramp = np.stack([np.cos(a) * x + np.sin(a) * y for a in angle])
    ramp /= np.abs(ramp).max(axis=(1, 2), keepdims=True)
    low = shown.cases.values[0]
    factor = (1 + depth * ramp)[..., None].astype(np.float32)
    return _all_scaled(shown, low + factor * (shown.pixels - low), depth)


def windowed(shown: Shown) -> Edited:
    """Values are cut to a window that holds the 1 % to 99 % quantiles of nearly all images."""
    spread = shown.cases.spread
    low, high = np.quantile(spread.low, 0.01), np.quantile(spread.high, 0.99)
    return _all_scaled(shown, np.clip(shown.pixels, low, high), np.nan)


def eight_bit(shown: Shown) -> Edited:
    """The declared range in 256 steps."""
    low, high = shown.cases.values
    width = (high - low) / 255
    return _all_scaled(shown, low + np.rint((shown.pixels - low) / width) * width, 256)


def polarity(shown: Shown) -> Edited:
    """Dark and bright change places, as in MONOCHROME1."""
    low, high = shown.cases.values
    odd = np.ones(len(shown.rows), bool)
    return shown.edited(low + high - shown.pixels, unusual=odd)


def renormalised(shown: Shown) -> Edited:
    """Every image gets the mean and the standard deviation that images have on average."""
    pixels, weight = shown.pixels, shown.valid[..., None]
    count = np.maximum(weight.sum((1, 2), keepdims=True), 1)
    mean = (pixels * weight).sum((1, 2), keepdims=True) / count
    spread = np.sqrt((((pixels - mean) * weight) ** 2).sum((1, 2), keepdims=True) / count)
    usual = shown.cases.spread
    scaled = (pixels - mean) * (usual.deviation.mean() / np.where(spread, spread, 1))
    scaled += np.float32(usual.mean.mean())
    return _all_scaled(shown, scaled, np.nan)


def padding_moved(shown: Shown) -> Edited:
    """Padding is as bright as the middle of the range."""
    frame = ~shown.valid
    middle = np.float32(sum(shown.cases.values) / 2)
    pixels = np.where(frame[..., None], middle, shown.pixels)
    odd = np.ones(len(frame), bool)
    return shown.edited(pixels, frame, applies=frame.any(axis=(1, 2)), unusual=odd)


def _all_scaled(shown: Shown, pixels: np.ndarray, dose: float) -> Edited:
    """The edited images; unlike the data where the object's level is then far from all others."""
    edited = shown.edited(pixels, dose=np.full(len(pixels), float(dose)))
    channels = pixels.shape[-1] if shown.cases.channel is None else 1
    change = ((edited.pixels - shown.pixels) * shown.mask[..., None]).sum(axis=(1, 2, 3))
    level = shown.of("level") + change / (channels * shown.of("area"))
    spread = shown.cases.spread
    return edited._replace(unusual=~spread.usual("level", level, FAR * spread.step))
