"""One scene while its object's intensity is swept: with a slider on a page, and on paper.

Bokeh draws the page; its controls are the browser's own, so that they work by keyboard. All that it
shows was computed beforehand and is part of the page, which never needs the network.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from intensity.data.tasks import LEVELS, Band
from intensity.figures import style
from intensity.figures.visualization import picture_row

TEMPLATE = Path(__file__).with_name("templates")
"""Folder of the markup, style and script."""


@style.styled
def intensity_sweep(
    probabilities: Sequence[np.ndarray],
    maps: Mapping[str, np.ndarray],
    bands: Sequence[Band],
    figure: style.Into = None,
) -> Figure:
    """Class probabilities of one scene at every intensity, above pictures of each band's middle.

    Args:
        probabilities: (256, classes) of every grey level, one array a seed; the maps are of the
            first.
        maps: of the scene, as `swept_maps` gives them for 256 levels: `images` and `saliency`
            (256, h, w), `occlusion` (256, rows, columns).
        bands: of the task; those with a class have a picture.
    """
    middles = [(low + high) // 2 for low, high, label in bands if label is not None]
    fig = style.new_figure(style.PAGE, 4.2, figure)
    above, *rows = fig.subplots(4, 1, height_ratios=(1.6, 1, 1, 1))
    _draw_curves(above, probabilities, bands)
    above.plot(middles, np.full(len(middles), 1.22), "v", color="#333333", clip_on=False)
    most = style.largest(maps["occlusion"])
    scales: dict[str, tuple[str, str, tuple[float, float], str]] = {
        "images": ("image", "gray", (0, LEVELS - 1), "grey level"),
        "saliency": ("gradient\nsaliency", "magma", (0, 1), "scaled\nper image"),
        "occlusion": ("occlusion", "RdBu_r", (-most, most), "margin\nlost"),
    }
    for ax, (kind, (name, color_map, limits, scale)) in zip(rows, scales.items(), strict=True):
        shown = maps[kind][middles] / (255 if kind == "saliency" else 1)
        drawn = picture_row(ax, shown, color_map, limits, len(shown), step=1.06)
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
        fig.colorbar(drawn, ax=ax, aspect=8, label=scale, ticks=limits, format="%.3g")
    handles = [
        *style.class_handles(bands),
        style.line_handle("first seed, of which the maps are", "#333333"),
    ]
    marker = style.line_handle("levels shown below", "#333333", style="none", marker="v")
    style.legend_above(
        fig, [*handles, style.line_handle("other seeds", "#999999"), marker], columns=6
    )
    return fig


def _draw_curves(ax: Axes, probabilities: Sequence[np.ndarray], bands: Sequence[Band]) -> None:
    """A curve a class; the first seed's on top of the others' thin ones."""
    style.class_bands(ax, bands)
    for order, seed in enumerate(probabilities):
        width, alpha = (0.6, 0.6) if order else (1.4, 1.0)
        for label, curve in enumerate(seed.T):
            ax.plot(
                np.arange(LEVELS), curve, color=style.class_color(label),
                linestyle=style.class_dash(label), linewidth=width, alpha=alpha, zorder=5 - order,
            )  # fmt: skip
    for low, high, band in bands:
        if band is not None:
            ax.text((low + high) / 2, 1.1, str(band), ha="center", va="center", fontsize=7)
    style.intensity_axis(ax)
    ax.set(ylim=(-0.02, 1.18), yticks=(0, 0.5, 1), ylabel="class probability")


class _Map(NamedTuple):
    """One kind of map on the page.

    name: in the script.
    title: above it.
    scale: what its colors mean.
    color_map: matplotlib's name of these.
    low, high: values of the first and the last color.
    steps: from low to high; few are enough for the eye, and pack better.
    values: (n, 256, rows, columns) shares of the way from low to high.
    """

    name: str
    title: str
    scale: str
    color_map: str
    low: float
    high: float
    steps: int
    values: np.ndarray

    @property
    def palette(self) -> list[str]:
        """256 colors as #rrggbb."""
        return [to_hex(color) for color in colormaps[self.color_map](np.linspace(0, 1, 256))]

    @property
    def gradient(self) -> str:
        """The colors as CSS draws them."""
        return f"linear-gradient(to right, {', '.join(self.palette[::15])})"


def intensity_slider(
    name: str,
    scenes: Mapping[str, int],
    probabilities: Sequence[np.ndarray],
    maps: Mapping[str, np.ndarray],
    bands: Sequence[Band],
) -> str:
    """Several scenes at all 256 levels, as HTML with a slider.

    Args:
        name: of the figure that it stands in, for example "sweep"; ids begin with it.
        scenes: the object's own intensity in each of n scenes, by the scene's title.
        probabilities: (n, 256, classes), one array a seed; the maps are of the first.
        maps: as `swept_maps` gives them for n scenes and 256 levels.
        bands: of the task.

    Returns:
        Markup, style, data and script; it is hidden until the script runs.
    """
    from bokeh.embed import json_item
    from bokeh.resources import INLINE

    kinds = _maps(maps)
    classes = probabilities[0].shape[-1]
    plots = {kind.name: _map_plot(kind) for kind in kinds}
    plots["curves"] = _curve_plot(len(probabilities), classes, bands)
    known = {level: label for low, high, label in bands for level in range(low, high + 1)}
    data = {
        "labels": [known.get(level) for level in range(LEVELS)],
        "shapes": {kind.name: kind.values.shape[2:] for kind in kinds},
        "scales": {kind.name: [kind.low, kind.high, kind.steps] for kind in kinds},
        "scenes": [
            {
                "intensity": int(own),
                "probabilities": [seed[i].T.round(4).tolist() for seed in probabilities],
                "steepest": [float(f"{largest:.3g}") for largest in maps["steepest"][i]],
                "maps": {kind.name: _packed(kind.values[i], kind.steps) for kind in kinds},
            }
            for i, own in enumerate(scenes.values())
        ],
        "plots": {part: json_item(plot, f"{name}-{part}") for part, plot in plots.items()},
    }
    loader = jinja2.FileSystemLoader(TEMPLATE)
    template = jinja2.Environment(loader=loader, autoescape=True).get_template("sweep.html.j2")
    return template.render(
        name=name,
        scenes=list(scenes),
        colors=[style.class_color(label) for label in range(classes)],
        maps=kinds,
        bokeh=INLINE.js_raw[0],  # in the page, so that no other host is needed
        data=json.dumps(data, separators=(",", ":")).replace("</", "<\\/"),
    )


def _maps(maps: Mapping[str, np.ndarray]) -> list[_Map]:
    """The kinds of maps that are shown, in their order."""
    most = style.largest(maps["occlusion"])
    steep = "gradient as share of the steepest"
    covered = "margin lost under 8 x 8 black pixels"
    grey, share = maps["images"] / 255, (maps["occlusion"] / most + 1) / 2
    return [
        _Map("image", "Image", "grey level", "gray", 0, LEVELS - 1, 255, grey),
        _Map("saliency", "Gradient saliency", steep, "magma", 0, 1, 63, maps["saliency"] / 255),
        _Map("occlusion", "Occlusion", covered, "RdBu_r", -most, most, 255, share),
    ]


def _packed(stack: np.ndarray, steps: int) -> str:
    """(k, h, w) shares as text: a byte each, compressed, in base 64.

    The levels of a pixel stand together, for they are alike; the last row of pixels comes first, as
    Bokeh draws.
    """
    data = np.rint(stack[:, ::-1] * steps).astype(np.uint8).transpose(1, 2, 0)
    return base64.b64encode(zlib.compress(data.tobytes(), 9)).decode()


def _curve_plot(seeds: int, classes: int, bands: Sequence[Band]) -> Any:
    """Curves of class probabilities over the class bands, a line at the slider's level."""
    from bokeh.models import BoxAnnotation, ColumnDataSource, Label, Span
    from bokeh.plotting import figure

    plot = figure(
        height=230, sizing_mode="stretch_width", toolbar_location=None, tools="",
        x_range=(-0.5, LEVELS - 0.5), y_range=(-0.03, 1.15), outline_line_color=None,
        x_axis_label="object intensity (grey level)", y_axis_label="class probability",
    )  # fmt: skip
    plot.axis.axis_label_text_font_style = "normal"
    plot.grid.visible = False
    for low, high, label in bands:
        if label is not None:
            place = {"left": low - 0.5, "right": high + 0.5, "level": "image"}
            color = to_hex(style.tint(style.class_color(label)))
            box = BoxAnnotation(**place, fill_color=color, fill_alpha=1, line_color=None)
            words = {"text": str(label), "text_align": "center", "text_font_size": "11px"}
            plot.add_layout(box)
            plot.add_layout(Label(x=(low + high) / 2, y=1.03, **words))
    columns = {f"{s}-{c}": np.zeros(LEVELS) for s in range(seeds) for c in range(classes)}
    curves = ColumnDataSource({"level": np.arange(LEVELS), **columns}, name="curves")
    for column in reversed(columns):  # the first seed on top
        seed, label = map(int, column.split("-"))
        thin = {"line_width": 0.7, "line_alpha": 0.6} if seed else {"line_width": 2}
        look = {"color": style.class_color(label), "line_dash": style.class_dash(label), **thin}
        plot.line("level", column, source=curves, **look)
    plot.add_layout(Span(location=0, dimension="height", line_color=style.INK, name="now"))
    colors = [style.class_color(label) for label in range(classes)]
    now = {"level": np.zeros(classes), "value": np.zeros(classes), "color": colors}
    points = ColumnDataSource(now, name="points")
    plot.scatter("level", "value", color="color", line_color="white", size=10, source=points)
    return plot


def _map_plot(kind: _Map) -> Any:
    """An image that fills its panel."""
    from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper
    from bokeh.plotting import figure

    rows, columns = kind.values.shape[2:]
    plot = figure(
        width=200, height=200 * rows // columns, sizing_mode="scale_width", min_border=0,
        toolbar_location=None, tools="", x_range=(0, columns), y_range=(0, rows),
        outline_line_color="#cccccc",
    )  # fmt: skip
    plot.axis.visible = False
    plot.grid.visible = False
    source = ColumnDataSource({"image": [np.zeros((rows, columns), np.float32)]}, name="map")
    colors = LinearColorMapper(palette=kind.palette, low=kind.low, high=kind.high)
    plot.image("image", source=source, x=0, y=0, dw=columns, dh=rows, color_mapper=colors)
    plot.add_tools(HoverTool(tooltips=[(kind.title.lower(), "@image{0.00}")]))
    return plot
