"""What matters: conditions beside a reference, network size, the recipe, what training shows."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.typing import LineStyleType

from intensity.figures import style
from intensity.figures.forest import forest

_CONDITION_COLOR = "#444444"
"""Color of a condition that is no network."""

_REFERENCE_COLOR = "#0077BB"
"""Color of the condition that others are compared with."""

_RECIPE_LOOKS: tuple[tuple[str, LineStyleType], ...] = (
    (_REFERENCE_COLOR, "-"),
    ("#CC3311", (0, (5, 2))),
    ("#009988", (0, (1, 1.5))),
    ("#EE7733", (0, (6, 2, 1, 2))),
    ("#AA4499", (0, (3, 1, 1, 1, 1, 1))),
    ("#777777", (0, (8, 2))),
)
"""Color and line of curves in order of appearance."""


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
def error_by_size(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Test error against the number of trainable parameters, with the shape cue and without.

    Args:
        table: one row a network and cue: columns network, parameters, cue, accuracy, low, high,
            authors (their accuracy; missing where none is recorded).
    """
    ax = style.new_axes(style.PAGE, 3.0, ax)
    errors = 1 - table[["accuracy", "low", "high"]].to_numpy()
    handles, least = [], errors[errors > 0].min(initial=1.0) / 2  # an error of 0 has no logarithm
    parts = style.parts(table, "cue").items()
    for (cue, rows), (color, line), marker, aside in zip(
        parts, _RECIPE_LOOKS, "os", (0.96, 1.04), strict=False
    ):
        x, error = rows["parameters"] * aside, (1 - rows["accuracy"]).clip(least)
        low, high = (1 - rows["high"]).clip(least), (1 - rows["low"]).clip(least)
        ends = error - low, high - error
        ax.errorbar(x, error, yerr=ends, color=color, linestyle=line, marker=marker, capsize=2)
        handles.append(style.line_handle(cue, color, line, marker))
        recorded = rows[rows["authors"].notna()]
        if len(recorded):
            at = recorded["parameters"] * aside, 1 - recorded["authors"]
            ax.plot(*at, "D", color=color, markerfacecolor="white", markersize=6)
            label = f"the authors' record, {cue}"
            handles.append(style.line_handle(label, color, "none", "$\\diamond$"))
    for row in style.records(table.drop_duplicates("network")):
        ax.annotate(
            row["network"], (row["parameters"], 1), (0, 3), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", fontsize=7,
        )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="trainable parameters (logarithmic)")
    ax.set_ylabel("test error (share, logarithmic)")
    ax.grid(axis="y", which="both", color="#EEEEEE")
    style.legend_above(ax, handles, 3)
    return style.figure_of(ax)


@style.styled
def recipe_errors(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Error against images shown, a color a recipe: thin lines are seeds, the thick one their mean.

    Args:
        table: columns condition, seed, images (training images seen), error (share of validation
            scenes).
    """
    ax = style.new_axes(style.PAGE, 3.0, ax)
    looks = zip(table["condition"].unique(), _RECIPE_LOOKS, strict=False)
    handles = []
    for condition, (color, line) in looks:
        rows = table[table["condition"] == condition]
        for _, part in rows.groupby("seed"):
            ax.plot(part["images"] / 1000, part["error"], color=color, linewidth=0.5, alpha=0.6)
        mean = rows.groupby("images")["error"].mean()
        ax.plot(mean.index / 1000, mean, color=color, linestyle=line, linewidth=1.8)
        style.dots(ax, mean.index[-1:] / 1000, mean[-1:], color)
        handles.append(style.line_handle(condition, color, line))
    ax.set(yscale="log", xlabel="training images seen (thousands)")
    ax.set_ylabel("validation error (share, logarithmic)")
    ax.grid(axis="y", which="both", color="#EEEEEE")
    style.legend_above(ax, handles, 2)
    return style.figure_of(ax)


@style.styled
def training_effects(
    cured: pd.DataFrame, blurred: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """What a share of random backgrounds and a jitter of brightness in training do.

    Args:
        cured: columns dose (percent of training scenes off black), place (of the test scenes),
            seed, value (accuracy).
        blurred: columns dose (jitter, grey levels), place, seed, value (width of transitions,
            grey levels).
    """
    fig = style.new_figure(style.PAGE, 2.6, figure)
    left, right = fig.subplots(1, 2)
    _doses(left, cured, "training scenes with a random background (%)", "accuracy (share)")
    left.set_ylim(0, 1.03)
    _doses(right, blurred, "jitter of brightness in training (± levels)", "width (levels)")
    right.set_ylim(bottom=0)
    left.legend(title="tested on", loc="lower right")
    return fig


def _doses(ax: Axes, table: pd.DataFrame, xlabel: str, ylabel: str) -> None:
    """Seeds as dots and their means as a line, at evenly spaced doses."""
    doses = sorted(table["dose"].unique())
    places = style.parts(table, "place").items()
    for (place, rows), (color, line) in zip(places, _RECIPE_LOOKS, strict=False):
        x = rows["dose"].map(doses.index)
        ax.plot(x, rows["value"], "o", color=color, markersize=3, alpha=0.6)
        mean = rows.groupby("dose")["value"].mean()
        ax.plot(range(len(mean)), mean, color=color, linestyle=line, label=place)
    ax.set_xticks(range(len(doses)), [f"{dose:g}" for dose in doses])
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(axis="y", color="#EEEEEE")
