"""Where a network looks: four panels an image, and feature maps layer by layer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from intensity.data.tasks import LEVELS
from intensity.figures import style


class _Panel(NamedTuple):
    """One column of `four_panels`: what it shows, and the scale of all its pictures, below them."""

    title: str
    maps: Iterable[np.ndarray]
    color_map: str
    limits: tuple[float, float]
    scale: str


_LOST = 3
"""Place of the column of margins, each of which has a scale of its own beside it."""

_GRADIENT, _SIGNED = (f"{text},\nscaled per image" for text in ("|gradient|", "signed gradient"))
_ACTIVATION = "activation,\nscaled per image"
_LEFT = "probability when\nit is covered"


@style.styled
def four_panels(
    images: np.ndarray,
    maps: Mapping[str, np.ndarray],
    classes: Sequence[int],
    figure: style.Into = None,
) -> Figure:
    """Four views of how one network sees images, one row an image; two of them in two manners.

    Args:
        images: (n, h, w) uint8, grey levels.
        maps: as `four_panel_maps` gives them. Drawn are of `saliency` absolute values, scaled from
            the smallest (0) to the largest (1) of each image, and beside them signed values scaled
            likewise, as the published summary has them; of `occlusion` what is gained in blue and
            lost in red, up to the largest magnitude of each image, and beside it `probability`, as
            the summary; of `features` the four channels that vary most over the image, from their
            smallest (0) to their largest (1) value.
        classes: (n,), the true ones, left of the rows with those that are `predicted`.
    """
    gradients = [unit_scale(np.abs(one)) for one in maps["saliency"]]
    signed = [unit_scale(one) for one in maps["saliency"]]
    features = [unit_scale(strongest(one)) for one in maps["features"]]
    panels = (
        _Panel("image", images, "gray", (0, LEVELS - 1), "grey level"),
        _Panel("gradient\nsaliency", gradients, "magma", (0, 1), _GRADIENT),
        _Panel("the summary's\nsaliency", signed, "magma", (0, 1), _SIGNED),
        _Panel("the summary's\nocclusion", maps["probability"], "viridis", (0, 1), _LEFT),
        _Panel("most varied\nfeature maps", features, "gray", (0, 1), _ACTIVATION),
    )
    fig = style.new_figure(style.PAGE, 1.15 * len(images) + 0.9, figure)
    axes = fig.subplots(len(images), len(panels) + 1, squeeze=False)
    _margin_column(fig, list(axes[:, _LOST]), maps["occlusion"])
    for column, panel in zip(np.delete(axes, _LOST, axis=1).T, panels, strict=True):
        _panel_column(fig, list(column), panel)
    for ax, label, predicted in zip(axes[:, 0], classes, maps["predicted"], strict=True):
        words = f"class {label}\npredicted {predicted}"
        ax.set_ylabel(words, rotation=0, ha="right", va="center")
    return fig


def _panel_column(fig: Figure, axes: list[Axes], panel: _Panel) -> None:
    """One kind of map for all images, with one scale below."""
    for ax, values in zip(axes, panel.maps, strict=True):
        shown = style.picture(ax, values, panel.color_map, *panel.limits)
    axes[0].set_title(panel.title, loc="center")
    fig.colorbar(shown, ax=axes, location="bottom", label=panel.scale, aspect=14)


def _margin_column(fig: Figure, axes: list[Axes], margins: Iterable[np.ndarray]) -> None:
    """The margin lost where a window is covered, each image with its own scale beside it."""
    for ax, values in zip(axes, margins, strict=True):
        shown, most = style.signed_picture(ax, values), style.largest(values)
        ax.set_anchor("S")  # as those are that have their scale below
        beside = ax.inset_axes((1.06, 0, 0.07, 1))
        fig.colorbar(shown, cax=beside, ticks=(-most, 0, most), format="%.2g")
    axes[0].set_title("occlusion:\nmargin lost", loc="center")


def unit_scale(values: np.ndarray) -> np.ndarray:
    """Values moved and scaled so that the smallest is 0 and the largest 1; all 0 if they are equal.

    Args:
        values: any shape; missing values stay missing.

    Returns:
        Same shape, 0..1.
    """
    low, high = np.nanmin(values), np.nanmax(values)
    return np.asarray((values - low) / (high - low if high > low else 1))


def strongest(maps: np.ndarray) -> np.ndarray:
    """The four channels that vary most over space as one picture, two by two.

    Args:
        maps: (h, w, c) activations of one layer for one image.

    Returns:
        (2 h + 1, 2 w + 1), with missing values between the channels and for channels that the
        layer does not have.
    """
    height, width, _ = maps.shape
    picture = np.full((2 * height + 1, 2 * width + 1), np.nan)
    for place, channel in enumerate(most_varied(maps, 4)):
        top, left = (place // 2) * (height + 1), (place % 2) * (width + 1)
        picture[top : top + height, left : left + width] = maps[..., channel]
    return picture


def most_varied(maps: np.ndarray, count: int) -> np.ndarray:
    """The channels with the largest variance over space, the largest first.

    Args:
        maps: (h, w, c) activations of one layer for one image.
        count: how many; all of them where the layer has fewer.

    Returns:
        (at most count,) channel numbers.
    """
    return np.argsort(-maps.var(axis=(0, 1)), kind="stable")[:count]


_SHOWN = 8
"""Channels of a layer in `feature_maps_by_layer`."""

_STEP = 1.08
"""From the left side of a map to that of the next, in widths of a map."""


@style.styled
def feature_maps_by_layer(
    image: np.ndarray, layers: Mapping[str, np.ndarray], figure: style.Into = None
) -> Figure:
    """What each layer makes of one image: the eight channels that vary most over it, with numbers.

    Args:
        image: (h, w) uint8, grey levels.
        layers: layer name -> (h', w', c) activations, from the input to the output. All channels
            of a row share one scale, from the layer's smallest shown value to its largest.
    """
    fig = style.new_figure(style.PAGE, 0.78 * (len(layers) + 1) + 0.2, figure)
    axes = fig.subplots(len(layers) + 1, 1)
    _layer_row(fig, axes[0], "image", image[..., None], (0, LEVELS - 1))
    for ax, (name, maps) in zip(axes[1:], layers.items(), strict=True):
        shown = maps[..., most_varied(maps, _SHOWN)]
        low = shown.min() + 0.0  # a rectified -0 is drawn as 0
        _layer_row(fig, ax, name, maps, (low, shown.max()))
    return fig


def picture_row(
    ax: Axes,
    shown: Iterable[np.ndarray],
    color_map: str,
    limits: tuple[float, float],
    places: int,
    step: float,
) -> AxesImage:
    """Show arrays side by side in one axes, on one scale; the last of them, for its bar.

    One axes a row and not one a picture: matplotlib needs seconds to lay out a hundred axes.

    Args:
        ax: to draw into.
        shown: (h, w) numbers each.
        color_map, limits: as for `picture`.
        places: how many the row has room for.
        step: from one left edge to the next, where a picture is 1 wide.
    """
    for place, values in enumerate(shown):
        drawn = style.picture(
            ax, values, color_map, *limits, (place * step, place * step + 1, 0, 1)
        )
    ax.spines[:].set_visible(False)
    ax.set(xlim=(0, (places - 1) * step + 1), ylim=(0, 1))
    return drawn


def _layer_row(
    fig: Figure, ax: Axes, name: str, maps: np.ndarray, limits: tuple[float, float]
) -> None:
    """The channels of one layer that vary most, side by side on one scale."""
    channels = most_varied(maps, _SHOWN)
    shown = picture_row(ax, np.moveaxis(maps[..., channels], -1, 0), "gray", limits, _SHOWN, _STEP)
    for place, channel in enumerate(channels):
        ax.text(place * _STEP + 0.5, 1.04, str(channel), ha="center", va="bottom", fontsize=7)
    height, width, count = maps.shape
    size = f"{name}\n{height} x {width}\n{count} channel{'s' if count > 1 else ''}"
    ax.set_ylabel(size, rotation=0, ha="right", va="center", fontsize=7)
    fig.colorbar(shown, ax=ax, aspect=8, ticks=limits, format="%.3g")
