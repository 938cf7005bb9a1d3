"""What matters: conditions beside a reference, network size, hyperparameters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.figures import style
from intensity.figures.forest import forest

_CONDITION_COLOR = "#444444"
"""Color of a condition that is no network."""

_REFERENCE_COLOR = "#0077BB"
"""Color of the condition that others are compared with."""


@style.styled
def ablation_overview(
    seeds: pd.DataFrame,
    summary: pd.DataFrame,
    reference: str,
    chance: float,
    ax: Axes | None = None,
) -> Figure:
    """Accuracy under every condition, in groups, in front of the interval of one of them.

    Args:
        seeds: one row a training: columns group, condition, accuracy.
        summary: one row a condition: columns group, condition, accuracy, low, high.
        reference: a condition of the summary; its interval is drawn behind all rows.
        chance: accuracy of guessing the most frequent class.
    """
    special = {**style.NETWORK_COLORS, reference: _REFERENCE_COLOR}
    color = summary["condition"].map(special).fillna(_CONDITION_COLOR)
    behind = summary[summary["condition"] == reference].iloc[0]
    rows = len(summary) + summary["group"].nunique()
    ax = style.new_axes(style.PAGE, 0.22 * rows + 0.8, ax)
    band = Patch(color=style.tint(_REFERENCE_COLOR), label=f"interval of {reference}")
    ax.axvspan(behind["low"], behind["high"], color=band.get_facecolor(), linewidth=0, zorder=0)
    columns: dict[str, Any] = {"name": "condition", "value": "accuracy", "group": "group"}
    forest(ax, summary.assign(color=color), seeds, **columns, reference=chance)
    ax.set_xlabel("test accuracy (share of images)")
    handles = [style.interval_handle(), style.seed_handle(), band, style.reference_handle()]
    style.legend_above(ax, handles, 2)
    return style.figure_of(ax)


@style.styled
def accuracy_by_size(seeds: pd.DataFrame, summary: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Test accuracy against the number of trainable parameters.

    Args:
        seeds: one row a training: columns network, parameters, accuracy.
        summary: one row a network: columns network, parameters, accuracy, low, high.
    """
    ax = style.new_axes(style.PAGE, 2.6, ax)
    palette = style.colors(summary["network"])
    for row in style.records(summary):
        name, x, ends = row["network"], row["parameters"], (row["low"], row["high"])
        style.estimate(ax, x, row["accuracy"], ends, palette[name], upright=True)
        values = seeds.loc[seeds["network"] == name, "accuracy"]
        style.dots(ax, [x * 0.94] * len(values), values, palette[name])
    ax.set_xscale("log")
    ax.set(xlabel="trainable parameters (logarithmic)", ylabel="test accuracy (share of images)")
    networks = [style.line_handle(name, color, "none", "o") for name, color in palette.items()]
    style.legend_above(ax, [*networks, style.seed_handle(), style.interval_handle()], 5)
    return style.figure_of(ax)


@style.styled
def random_search(
    table: pd.DataFrame, test: tuple[float, float, float], figure: style.Into = None
) -> Figure:
    """A random search over learning rate and weight decay, and the accuracy of what it chose.

    Every setting that was tried is colored by its validation accuracy, the mean over its seeds;
    beside it are the seeds of the chosen one.

    Args:
        table: one row a training: columns learning_rate, weight_decay (both positive), seed,
            validation_accuracy, test_accuracy (of the chosen only; else missing), chosen (bool).
        test: the chosen setting's test accuracy: mean, low, high.
    """
    fig = style.new_figure(style.PAGE, 2.9, figure)
    search, final = fig.subplots(1, 2, width_ratios=(2.6, 1))
    keys = ["learning_rate", "weight_decay"]
    settings = table.groupby(keys, as_index=False)[["validation_accuracy", "chosen"]].mean()
    _search(fig, search, settings)
    _chosen(final, table[table["chosen"]], test)
    ring = style.line_handle("chosen on validation", "#000000", "none", "o")
    ring.set(markerfacecolor="none", markersize=9)
    style.legend_above(fig, [ring, style.seed_handle(), style.interval_handle()])
    return fig


def _search(fig: Figure, ax: Axes, settings: pd.DataFrame) -> None:
    """The plane of settings, with a ring around the chosen one."""
    import seaborn as sns

    color, crest = settings["validation_accuracy"], sns.color_palette("crest", as_cmap=True)
    x, y = settings["learning_rate"], settings["weight_decay"]
    shown = ax.scatter(x, y, c=color, cmap=crest, s=28, zorder=3)
    chosen = settings[settings["chosen"] > 0]
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": "black", "s": 90, "zorder": 4}
    ax.scatter(chosen["learning_rate"], chosen["weight_decay"], **ring)
    ax.set(xscale="log", yscale="log", xlim=_decades(x), ylim=_decades(y))
    ax.set(xlabel="learning rate (logarithmic)", ylabel="weight decay (logarithmic)")
    ax.tick_params(which="minor", labelbottom=False, labelleft=False)
    ax.grid(color="#EEEEEE")
    fig.colorbar(shown, ax=ax, label="validation accuracy")


def _decades(values: pd.Series) -> tuple[float, float]:
    """The whole powers of ten around positive numbers, so that the axis has two labels or more."""
    exponents = np.log10(values)
    return 10 ** float(np.floor(exponents.min())), 10 ** float(np.ceil(exponents.max()))


def _chosen(ax: Axes, runs: pd.DataFrame, test: Sequence[float]) -> None:
    """The chosen setting's seeds on validation and on test."""
    mean, low, high = test
    for x, split in enumerate(("validation_accuracy", "test_accuracy")):
        values = runs[split].dropna()
        style.dots(ax, [x - 0.12] * len(values), values, _CONDITION_COLOR)
    style.estimate(ax, 1, mean, (low, high), _CONDITION_COLOR, upright=True)
    ax.set_xticks((0, 1), ("validation", "test"))
    ax.set(xlim=(-0.6, 1.6), ylabel="accuracy (share of images)")
    ax.set_title(f"chosen: test {mean:.3f}\n[{low:.3f}, {high:.3f}]")
