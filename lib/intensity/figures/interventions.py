"""Figures of what interventions do to answers.

Tables come from `tables.interventions`; labels and groups are those of their rows.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intensity.figures import style
from intensity.figures.forest import forest
from intensity.tables.names import title_of

_NAMED = "#0077BB"
"""The baseline that a network is nearest to."""


@style.styled
def fingerprint_distances(
    seeds: pd.DataFrame, table: pd.DataFrame, figure: style.Into = None
) -> Figure:
    """How far every network's effects are from those of each baseline of its task, a panel each.

    The title says which baseline is named, if any, and in which intervention the network is least
    like it; its row is blue.

    Args:
        seeds: columns task, name, baseline, seed, distance.
        table: columns task, name, baseline, distance, low, high, nearest (bool: named), unlike (the
            intervention in which the two differ most), own, other (shares changed of both).
    """
    groups = dict(iter(table.groupby(["task", "name"], sort=False)))
    sizes = [len(rows) for rows in groups.values()]
    fig = style.new_figure(style.PAGE, 0.2 * sum(sizes) + 0.45 * len(groups) + 0.8, figure)
    axes = fig.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
    for ax, ((task, name), rows) in zip(axes, groups.items(), strict=True):
        own = seeds[(seeds["task"] == task) & (seeds["name"] == name)]
        color = rows["nearest"].map({True: _NAMED, False: style.BASELINE_COLOR})
        shown = rows.assign(kind="baseline", color=color)
        forest(ax, shown, own, name="baseline", value="distance")
        named = [_nearest(row) for row in style.records(rows[rows["nearest"]])]
        ax.set_title(f"{name} on {title_of(task)}: {', '.join(named) or 'like none of these'}")
    axes[-1].set_xlabel("distance of effects (root mean square over groups of interventions)")
    axes[-1].set_xlim(left=0)
    nearest = style.line_handle("baseline that is named", _NAMED, "-", "D")
    other = style.line_handle(f"mean, {style.SEEDS_INTERVAL}", style.BASELINE_COLOR, "-", "D")
    style.legend_above(fig, [nearest, other, style.seed_handle()], 3)
    return fig


def _nearest(row: dict[str, Any]) -> str:
    """A baseline that is named, and what speaks against it."""
    own, other = (f"{100 * row[name]:.0f} %" for name in ("own", "other"))
    shares = f"{own} of its answers change, {other} of the baseline's"
    return f"nearest {title_of(row['baseline'])},\nunlike it in: {row['unlike']} ({shares})"


@style.styled
def cue_conflicts(
    table: pd.DataFrame, summary: pd.DataFrame, effects: Sequence[str], figure: style.Into = None
) -> Figure:
    """Chosen effects of networks and baselines, one panel an effect, those of a unit on one scale.

    Args:
        table: columns task, name, kind, effect, seed, value.
        summary: columns task, name, kind, effect, label, unit, parity, value, low, high.
        effects: in the order of the panels.
    """
    shown, table = (
        rows[rows["effect"].isin(effects)].assign(
            row=rows["name"].map(title_of) + " (" + rows["task"] + ")"
        )
        for rows in (summary, table[table["kind"] == "network"])
    )
    shown["color"] = shown["name"].map(style.colors(shown["name"]))
    shown.loc[shown["kind"] == "baseline", "color"] = style.BASELINE_COLOR
    names = list(dict.fromkeys(shown["row"]))
    fig = style.new_figure(style.PAGE, 0.2 * len(names) + 1.2, figure)
    axes = fig.subplots(1, len(effects), sharey=True, squeeze=False)[0]
    units: dict[str, list[Axes]] = {}
    for ax, effect in zip(axes, effects, strict=True):
        own = shown[shown["effect"] == effect]
        seeds, about = table[table["effect"] == effect], own.iloc[0]
        forest(ax, own, seeds, name="row", names=names, reference=about["parity"])
        units.setdefault(about["unit"], []).append(ax)
        ax.xaxis.set_major_formatter("{x:g}")  # short, so that labels of narrow panels do not meet
        ax.set_title(about["label"].replace(", ", ",\n", 1))
    for alike in units.values():
        _one_scale(alike)
    fig.supxlabel("share of answers, or difference of accuracies; losses have one scale")
    network = style.interval_handle(what="network: mean")
    style.legend_above(fig, [network, style.baseline_handle(), style.seed_handle()], 2)
    return fig


def _one_scale(axes: Sequence[Axes]) -> None:
    limits = [ax.get_xlim() for ax in axes]
    for ax in axes:
        ax.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))
