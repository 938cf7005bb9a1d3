"""One scene while its object's intensity is swept, on paper: a few levels side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intensity.data.tasks import LEVELS, Band
from intensity.figures.style import (
    PAGE,
    class_bands,
    class_color,
    class_dash,
    class_handles,
    intensity_axis,
    legend_above,
    line_handle,
    new_figure,
    picture_row,
    styled,
)


@styled
def intensity_sweep(
    probabilities: Sequence[np.ndarray],
    maps: Mapping[str, np.ndarray],
    bands: Sequence[Band],
) -> Figure:
    """Class probabilities of one scene at every intensity, and pictures at the middle of each band.

    Args:
        probabilities: (256, classes) of every grey level, one array a seed; the maps are of the
            first.
        maps: of the scene, as `responses.swept.swept_maps` gives them for 256 levels: `images` and
            `saliency` (256, h, w), `occlusion` (256, rows, columns).
        bands: of the task; those with a class have a picture.

    Returns:
        A figure: above, a curve a class over the class bands, thin lines for the other seeds;
        below, rows of images, gradient saliency and occlusion sensitivity.
    """
    middles = [(low + high) // 2 for low, high, label in bands if label is not None]
    fig = new_figure(PAGE, 4.2)
    above, *rows = fig.subplots(4, 1, height_ratios=(1.6, 1, 1, 1))
    _curves(above, probabilities, bands)
    above.plot(middles, np.full(len(middles), 1.22), "v", color="#333333", clip_on=False)
    most = float(np.abs(maps["occlusion"]).max()) or 1.0
    _strip(fig, rows[0], maps["images"][middles], "image", "gray", (0, LEVELS - 1), "grey level")
    slopes = maps["saliency"][middles] / 255
    _strip(fig, rows[1], slopes, "gradient\nsaliency", "magma", (0, 1), "scaled\nper image")
    lost = maps["occlusion"][middles]
    _strip(fig, rows[2], lost, "occlusion", "RdBu_r", (-most, most), "probability\nlost")
    handles = [*class_handles(bands), line_handle("first seed, of which the maps are", "#333333")]
    marker = line_handle("levels shown below", "#333333", style="none", marker="v")
    thin = line_handle("other seeds", "#999999")
    legend_above(fig, [*handles, thin, marker], columns=6)
    return fig


def _curves(ax: Axes, probabilities: Sequence[np.ndarray], bands: Sequence[Band]) -> None:
    """A curve a class; the first seed's on top of the others' thin ones."""
    class_bands(ax, bands)
    levels = np.arange(LEVELS)
    for order, seed in enumerate(probabilities):
        width, alpha = (1.4, 1.0) if order == 0 else (0.6, 0.6)
        for column, curve in enumerate(seed.T):
            ax.plot(
                levels, curve, color=class_color(column), linewidth=width, alpha=alpha,
                linestyle=class_dash(column), zorder=5 - order,
            )  # fmt: skip
    for low, high, label in bands:
        if label is not None:
            ax.text((low + high) / 2, 1.1, str(label), ha="center", va="center", fontsize=7)
    intensity_axis(ax)
    ax.set(ylim=(-0.02, 1.18), yticks=(0, 0.5, 1), ylabel="class probability")


def _strip(
    fig: Figure,
    ax: Axes,
    shown: np.ndarray,
    name: str,
    color_map: str,
    limits: tuple[float, float],
    scale: str,
) -> None:
    """Arrays side by side in one axes, on one scale."""
    drawn = picture_row(ax, shown, color_map, limits, len(shown), step=1.06)
    ax.set_ylabel(name, rotation=0, ha="right", va="center")
    fig.colorbar(drawn, ax=ax, aspect=8, label=scale, ticks=limits, format="%.3g")
