"""What matters: conditions beside a reference, network size, the recipe, what training shows."""

import itertools
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.figures import style
from intensity.figures.errors import drawn_errors, error_axis, none_handles, noted_errors
from intensity.figures.forest import forest
from intensity.tables.training import as_errors

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
    """Error under every condition, in groups, in front of the interval of one of them.

    Args:
        seeds: one row a training: columns group, condition, error, scenes.
        summary: one row a condition: columns group, condition, error, low, high, scenes.
        reference: a condition of the summary; its interval is drawn behind all rows.
        chance: accuracy of guessing the most frequent class.
    """
    special = {**style.NETWORK_COLORS, reference: _REFERENCE_COLOR}
    color = summary["condition"].map(special).fillna(_CONDITION_COLOR)
    shown = noted_errors(summary, color=color)
    behind = shown[shown["condition"] == reference].iloc[0]
    rows = len(summary) + summary["group"].nunique()
    ax = style.new_axes(style.PAGE, 0.22 * rows + 0.8, ax)
    band = Patch(color=style.tint(_REFERENCE_COLOR), label=f"interval of {reference}")
    ax.axvspan(behind["low"], behind["high"], color=band.get_facecolor(), linewidth=0, zorder=0)
    columns = {"name": "condition", "value": "error", "group": "group", "note": "note"}
    forest(ax, shown, drawn_errors(seeds), **columns, reference=1 - chance)
    error_axis(ax, "x", "test error")
    handles = [style.interval_handle(), style.seed_handle(), band, style.reference_handle()]
    style.legend_above(ax, [*handles, *none_handles(summary, "x")], 2)
    return style.figure_of(ax)


@style.styled
def screens_by_size(seeds: pd.DataFrame, summary: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Test errors of screened networks against their number of trainable parameters.

    Args:
        seeds: one row a training: columns network, parameters, error, scenes.
        summary: one row a network: columns network, parameters, error, low, high, scenes.
    """
    ax = style.new_axes(style.PAGE, 2.6, ax)
    palette, seeds = style.colors(summary["network"]), drawn_errors(seeds)
    rows = style.records(drawn_errors(summary).sort_values("parameters"))
    for row, beside in zip(rows, itertools.cycle((-7, 7)), strict=False):
        name, x, ends = row["network"], row["parameters"], (row["low"], row["high"])
        style.estimate(ax, x, row["error"], ends, palette[name], upright=True)
        values = seeds.loc[seeds["network"] == name, "error"]
        style.dots(ax, [x * 0.97] * len(values), values, palette[name])
        place: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 7}
        ax.annotate(name, (x, row["error"]), (5, beside), color=palette[name], **place)
    ax.set(xscale="log", xlabel="trainable parameters (logarithmic)")
    low, high = summary["parameters"].min(), summary["parameters"].max()
    ax.set_xlim(low / 1.3, high * 2)  # room for the last name
    error_axis(ax, "y", "test error")
    style.legend_above(ax, [style.seed_handle(), style.interval_handle()])
    return style.figure_of(ax)


@style.styled
def error_by_size(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Test error against the number of trainable parameters, with the shape cue and without.

    Args:
        table: one row a network and cue: columns network, parameters, cue, accuracy, low, high,
            scenes, authors (their accuracy; missing where none is recorded).
    """
    ax = style.new_axes(style.PAGE, 3.0, ax)
    cues, handles = style.lines(table["cue"]), []
    shown = style.parts(drawn_errors(as_errors(table)), "cue")
    for (cue, rows), aside in zip(shown.items(), (0.96, 1.04), strict=False):
        color, line, marker = cues[cue]
        x, error = rows["parameters"] * aside, rows["error"]
        ends = error - rows["low"], rows["high"] - error
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
    ax.set(xscale="log", xlabel="trainable parameters (logarithmic)")
    error_axis(ax, "y", "test error")
    style.legend_above(ax, handles, 3)
    return style.figure_of(ax)


@style.styled
def recipe_errors(table: pd.DataFrame, ax: Axes | None = None) -> Figure:
    """Error against images shown, a color a recipe: thin lines are seeds, the thick one their mean.

    Args:
        table: columns condition, seed, images (training images seen), error (share of validation
            scenes), scenes.
    """
    ax = style.new_axes(style.PAGE, 3.0, ax)
    looks, table = style.lines(table["condition"]), drawn_errors(table)
    for condition, rows in style.parts(table, "condition").items():
        color, line, _ = looks[condition]
        for _, part in rows.groupby("seed"):
            ax.plot(part["images"] / 1000, part["error"], color=color, linewidth=0.5, alpha=0.6)
        mean = rows.groupby("images")["error"].mean()
        ax.plot(mean.index / 1000, mean, color=color, linestyle=line, linewidth=1.8)
        style.dots(ax, mean.index[-1:] / 1000, mean[-1:], color)
    ax.set_xlabel("training images seen (thousands)")
    error_axis(ax, "y", "validation error")
    handles = [style.line_handle(name, color, line) for name, (color, line, _) in looks.items()]
    style.legend_above(ax, handles, 2)
    return style.figure_of(ax)


@style.styled
def training_effects(
    cured: pd.DataFrame, blurred: pd.DataFrame, chance: float, figure: style.Into = None
) -> Figure:
    """What a share of random backgrounds and a jitter of brightness in training do.

    Args:
        cured: columns dose (percent of training scenes off black), place (of the test scenes),
            seed, value (accuracy).
        blurred: columns dose (jitter, grey levels), place, seed, value (width of transitions,
            grey levels).
        chance: accuracy of guessing the most frequent class.
    """
    fig = style.new_figure(style.PAGE, 2.8, figure)
    left, right = fig.subplots(1, 2)
    _doses(left, cured)
    left.axhline(chance, color="#777777", linestyle=":", linewidth=1.0)
    left.set(ylim=(0, 1.03), ylabel="accuracy (share of scenes)")
    left.set_xlabel("training scenes with a random background (%)")
    _doses(right, blurred)
    right.set(ylim=(0, None), ylabel="mean width of transitions\n(grey levels)")
    right.set_xlabel("jitter of brightness in training (± grey levels)")
    places = style.lines(cured["place"])
    handles = [
        style.line_handle(f"tested on {name} background", *look) for name, look in places.items()
    ]
    mean = style.line_handle("filled: mean over seeds", "none")
    chosen = [style.seed_handle(), style.reference_handle()]
    style.legend_above(fig, [*handles, mean, *chosen], 3)
    return fig


def _doses(ax: Axes, table: pd.DataFrame) -> None:
    """Seeds as open dots and their means as a line, at evenly spaced doses."""
    doses = sorted(table["dose"].unique())
    looks = style.lines(table["place"])
    for place, rows in style.parts(table, "place").items():
        color, line, marker = looks[place]
        style.dots(ax, rows["dose"].map(doses.index) + 0.04, rows["value"], color)
        mean = rows.groupby("dose")["value"].mean()
        ax.plot(range(len(mean)), mean, color=color, linestyle=line, marker=marker)
    ax.set_xticks(range(len(doses)), [f"{dose:g}" for dose in doses])
    ax.set_xlim(-0.3, len(doses) - 0.7)
    ax.grid(axis="y", color="#EEEEEE")
