"""A figure that answers back: a scene, its maps and class probabilities at the slider's intensity.

Bokeh draws; the controls are the browser's own, so that they work by keyboard. Everything was
computed beforehand and stands in the page, which asks nothing of the network.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import jinja2
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from intensity.data.tasks import LEVELS, Band
from intensity.figures.style import class_color, class_dash, tint
from intensity.values import ROOT

TEMPLATE = ROOT / "report" / "sweep"
"""Folder of the markup, style and script."""


class _Map(NamedTuple):
    """One kind of map.

    name: what the script calls it.
    title: above it.
    scale: what its colors mean.
    color_map: matplotlib's name of these.
    low: value of the first color.
    high: value of the last color.
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


def live_sweep(
    name: str,
    scenes: Mapping[str, int],
    probabilities: Sequence[np.ndarray],
    maps: Mapping[str, np.ndarray],
    bands: Sequence[Band],
) -> str:
    """Several scenes at all 256 levels, as HTML with a slider.

    Args:
        name: of the figure that it stands in, for example "04-12-sweep"; ids begin with it.
        scenes: the object's own intensity in each of n scenes, by how the scene is called.
        probabilities: (n, 256, classes), one array a seed; the maps are of the first.
        maps: as `responses.swept.swept_maps` gives them for n scenes and 256 levels.
        bands: of the task.

    Returns:
        Markup, style, data and script; it is hidden until the script runs.
    """
    kinds = _maps(maps)
    classes = probabilities[0].shape[-1]
    plots = {kind.name: _map_plot(kind) for kind in kinds}
    plots["curves"] = _curve_plot(len(probabilities), classes, bands)
    data = {
        "labels": _labels(bands),
        "shapes": {kind.name: kind.values.shape[2:] for kind in kinds},
        "scales": {kind.name: [kind.low, kind.high, kind.steps] for kind in kinds},
        "scenes": [
            {
                "intensity": int(own),
                "probabilities": [seed[i].T.round(4).tolist() for seed in probabilities],
                "steepest": [float(f"{slope:.3g}") for slope in maps["steepest"][i]],
                "maps": {kind.name: _packed(kind.values[i], kind.steps) for kind in kinds},
            }
            for i, own in enumerate(scenes.values())
        ],
        "plots": {part: _described(plot, f"{name}-{part}") for part, plot in plots.items()},
    }
    return _template().render(
        name=name,
        scenes=list(scenes),
        colors=[class_color(label) for label in range(classes)],
        maps=kinds,
        bokeh=_bokeh_script(),
        data=json.dumps(data, separators=(",", ":")).replace("</", "<\\/"),
    )


def _maps(maps: Mapping[str, np.ndarray]) -> list[_Map]:
    """The kinds of maps that are shown, in their order."""
    lost = maps["occlusion"]
    most = float(np.abs(lost).max()) or 1.0
    slope = "slope as share of the steepest"
    covered = "probability lost under 8 x 8 black pixels"
    grey, steep, share = maps["images"] / 255, maps["saliency"] / 255, (lost / most + 1) / 2
    return [
        _Map("image", "Image", "grey level", "gray", 0, LEVELS - 1, 255, grey),
        _Map("saliency", "Gradient saliency", slope, "magma", 0, 1, 63, steep),
        _Map("occlusion", "Occlusion", covered, "RdBu_r", -most, most, 255, share),
    ]


def _labels(bands: Sequence[Band]) -> list[int | None]:
    """The class of every grey level; none between bands."""
    known = {level: label for low, high, label in bands for level in range(low, high + 1)}
    return [known.get(level) for level in range(LEVELS)]


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
            color = to_hex(tint(class_color(label)))
            box = BoxAnnotation(**place, fill_color=color, fill_alpha=1, line_color=None)
            words = {"text": str(label), "text_align": "center", "text_font_size": "11px"}
            plot.add_layout(box)
            plot.add_layout(Label(x=(low + high) / 2, y=1.03, **words))
    columns = {f"{s}-{c}": np.zeros(LEVELS) for s in range(seeds) for c in range(classes)}
    curves = ColumnDataSource({"level": np.arange(LEVELS), **columns}, name="curves")
    for column in reversed(columns):  # the first seed on top
        seed, label = map(int, column.split("-"))
        thin = {"line_width": 0.7, "line_alpha": 0.6} if seed else {"line_width": 2}
        look = {"color": class_color(label), "line_dash": class_dash(label), **thin}
        plot.line("level", column, source=curves, **look)
    plot.add_layout(Span(location=0, dimension="height", line_color="#222222", name="now"))
    colors = [class_color(label) for label in range(classes)]
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


def _described(plot: Any, place: str) -> Any:
    """A plot as data from which BokehJS draws it into the element `place`."""
    from bokeh.embed import json_item

    return json_item(plot, place)


def _bokeh_script() -> str:
    """BokehJS itself, so that it is not asked for elsewhere."""
    from bokeh.resources import INLINE

    return str(INLINE.js_raw[0])


@cache
def _template() -> jinja2.Template:
    """The markup that holds style and script."""
    loader = jinja2.FileSystemLoader(TEMPLATE)
    return jinja2.Environment(loader=loader, autoescape=True).get_template("sweep.html.j2")
