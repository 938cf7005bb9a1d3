"""Figures of what matters: conditions beside a baseline, network size, hyperparameters."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intensity.figures.forest import named_rows
from intensity.figures.style import (
    NETWORK_COLORS,
    PAGE,
    SEEDS_INTERVAL,
    colors,
    dots,
    estimate,
    interval_handle,
    legend_above,
    line_handle,
    new_figure,
    parts,
    records,
    reference_handle,
    reference_line,
    seed_handle,
    styled,
    tint,
)

_CONDITION_COLOR = "#444444"
"""Color of a condition that has none of its own."""


@styled
def ablation_overview(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    baseline: str,
    chance: float,
    interval: str = SEEDS_INTERVAL,
) -> Figure:
    """Accuracy under every condition, in groups, in front of the baseline's interval.

    Args:
        runs: one row a training: columns group, condition, seed, accuracy.
        summary: one row a condition: columns group, condition, accuracy, low, high.
        baseline: a condition of the summary; its interval is drawn behind all panels.
        chance: accuracy of guessing the most frequent class.
        interval: what low and high are.

    Returns:
        A figure with one panel a group, one below the other; rows in the summary's order.
    """
    groups = parts(summary, "group")
    sizes = [len(rows) for rows in groups.values()]
    fig = new_figure(PAGE, 0.22 * sum(sizes) + 0.3 * len(groups) + 0.75)
    axes = fig.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
    reference, shade = summary[summary["condition"] == baseline].iloc[0], tint(_color(baseline))
    for ax, (group, rows) in zip(axes, groups.items(), strict=True):
        ax.axvspan(reference["low"], reference["high"], color=shade, linewidth=0, zorder=0)
        reference_line(ax, chance)
        _conditions(ax, runs[runs["group"] == group], rows)
        ax.set_title(group)
    axes[-1].set_xlabel("test accuracy (share of images)")
    band = Patch(color=shade, label=f"interval of the first row ({baseline})")
    legend_above(fig, [interval_handle(interval), seed_handle(), band, reference_handle()], 2)
    return fig


def _color(condition: str) -> str:
    """The color of a condition: its own where it has one."""
    return NETWORK_COLORS.get(condition, _CONDITION_COLOR)


def _conditions(ax: Axes, runs: pd.DataFrame, summary: pd.DataFrame) -> None:
    """One group: every condition with its seeds and its interval."""
    named_rows(ax, list(summary["condition"]))
    for y, row in enumerate(records(summary)):
        color = _color(row["condition"])
        estimate(ax, row["accuracy"], y, (row["low"], row["high"]), color)
        values = runs.loc[runs["condition"] == row["condition"], "accuracy"]
        dots(ax, values, [y + 0.25] * len(values), color)


@styled
def accuracy_by_size(
    runs: pd.DataFrame, summary: pd.DataFrame, interval: str = SEEDS_INTERVAL
) -> Figure:
    """Test accuracy against the number of trainable parameters.

    Args:
        runs: one row a training: columns network, parameters, seed, accuracy.
        summary: one row a network: columns network, parameters, accuracy, low, high.
        interval: what low and high are.

    Returns:
        A figure with one axes.
    """
    fig = new_figure(PAGE, 2.6)
    ax = fig.subplots()
    palette = colors(summary["network"])
    for row in records(summary):
        name, x = row["network"], row["parameters"]
        estimate(ax, x, row["accuracy"], (row["low"], row["high"]), palette[name], upright=True)
        values = runs.loc[runs["network"] == name, "accuracy"]
        dots(ax, [x * 0.94] * len(values), values, palette[name])
    ax.set_xscale("log")
    ax.set(xlabel="trainable parameters (logarithmic)", ylabel="test accuracy (share of images)")
    networks = [line_handle(name, color, "none", "o") for name, color in palette.items()]
    legend_above(fig, [*networks, seed_handle(), interval_handle(interval)], 5)
    return fig


@styled
def random_search(
    table: pd.DataFrame, test: tuple[float, float, float], interval: str = SEEDS_INTERVAL
) -> Figure:
    """A random search over learning rate and weight decay, and the accuracy of what it chose.

    Args:
        table: one row a training: columns learning_rate, weight_decay (both positive), seed,
            validation_accuracy, test_accuracy (of the chosen only; else missing), chosen (bool).
        test: the chosen setting's test accuracy: mean, low, high.
        interval: what low and high are.

    Returns:
        A figure: every setting that was tried, colored by its validation accuracy (mean over
        its seeds); beside it the chosen one's seeds.
    """
    fig = new_figure(PAGE, 2.9)
    search, final = fig.subplots(1, 2, width_ratios=(2.6, 1))
    keys = ["learning_rate", "weight_decay"]
    settings = table.groupby(keys, as_index=False)[["validation_accuracy", "chosen"]].mean()
    _search(fig, search, settings)
    _chosen(final, table[table["chosen"]], test)
    ring = line_handle("chosen on validation", "#000000", "none", "o")
    ring.set(markerfacecolor="none", markersize=9)
    legend_above(fig, [ring, seed_handle(), interval_handle(interval)])
    return fig


def _search(fig: Figure, ax: Axes, settings: pd.DataFrame) -> None:
    """The plane of settings, with a ring around the chosen one."""
    import seaborn as sns

    color = settings["validation_accuracy"]
    x, y = settings["learning_rate"], settings["weight_decay"]
    look: dict[str, Any] = {"cmap": sns.color_palette("crest", as_cmap=True), "s": 28, "zorder": 3}
    shown = ax.scatter(x, y, c=color, **look)
    chosen = settings[settings["chosen"] > 0]
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": "black", "s": 90, "zorder": 4}
    ax.scatter(chosen["learning_rate"], chosen["weight_decay"], **ring)
    ax.set(xscale="log", yscale="log")
    ax.set(xlabel="learning rate (logarithmic)", ylabel="weight decay (logarithmic)")
    ax.grid(color="#EEEEEE")
    fig.colorbar(shown, ax=ax, label="validation accuracy")


def _chosen(ax: Axes, runs: pd.DataFrame, test: Sequence[float]) -> None:
    """The chosen setting's seeds on validation and on test."""
    mean, low, high = test
    for x, split in enumerate(("validation_accuracy", "test_accuracy")):
        values = runs[split].dropna()
        dots(ax, [x - 0.12] * len(values), values, _CONDITION_COLOR)
    estimate(ax, 1, mean, (low, high), _CONDITION_COLOR, upright=True)
    ax.set_xticks((0, 1), ("validation", "test"))
    ax.set(xlim=(-0.6, 1.6), ylabel="accuracy (share of images)")
    ax.set_title(f"chosen: test {mean:.3f}\n[{low:.3f}, {high:.3f}]")
