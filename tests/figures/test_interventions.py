"""Figures of interventions show the numbers, seeds and marks of their tables."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from intensity import figures
from intensity.figures.style import BASELINE_COLOR
from intensity.interventions.effects import EFFECTS

Dots = Callable[[Axes], list[tuple[float, float]]]
Ends = Callable[[Axes], list[tuple[float, float]]]


def test_fingerprints_mark_the_reader_that_is_named_and_show_every_seed(
    intervals: Ends, seed_dots: Dots
) -> None:
    table = pd.DataFrame(
        {
            "task": "hard",
            "name": ["net", "net", "other", "other"],
            "baseline": ["edges", "patches"] * 2,
            "distance": [0.4, 0.2] * 2,
            "low": [0.3, 0.1] * 2,
            "high": [0.5, 0.3] * 2,
            "nearest": [False, True, False, False],
            "unlike": "other background",
            "own": 0.66,
            "other": 0.0,
        }
    )
    seeds = pd.DataFrame(
        {
            "task": "hard",
            "name": "net",
            "baseline": ["edges", "edges", "patches"],
            "seed": [0, 1, 0],
            "distance": [0.41, 0.39, 0.2],
        }
    )
    ax, none = figures.fingerprint_distances(seeds, table).axes
    assert ax.get_title(loc="left") == (
        "net on hard: nearest patches,\n"
        "unlike it in: other background (66 % of its answers change, 0 % of the baseline's)"
    )
    assert none.get_title(loc="left") == "other on hard: like none of these"
    assert intervals(ax) == [(0.3, 0.5), (0.1, 0.3)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["edges", "patches"]
    assert (
        none.get_xlabel() == "distance of effects (root mean square over groups of interventions)"
    )
    marks = [line for line in ax.lines if line.get_marker() == "D"]
    assert [float(line.get_xdata()[0]) for line in marks] == [0.4, 0.2]
    assert [line.get_color() for line in marks] == [BASELINE_COLOR, "#0077BB"]
    assert [x for x, _ in seed_dots(ax)] == [0.41, 0.39, 0.2]
    assert seed_dots(none) == []


def rows_of(summary: pd.DataFrame) -> pd.DataFrame:
    """A summary with what the rows of its effects say."""
    about = {
        name: [getattr(EFFECTS[effect], name) for effect in summary["effect"]]
        for name in ("label", "unit", "parity")
    }
    return summary.assign(**about)


def test_conflicts_have_a_row_for_each_network_and_reader(seed_dots: Dots, intervals: Ends) -> None:
    summary = pd.DataFrame(
        {
            "task": "hard",
            "name": ["net", "net", "edges"],
            "kind": ["network", "network", "baseline"],
            "effect": ["core_share", "loss_core", "core_share"],
            "value": [0.8, 0.1, 0.0],
            "low": [0.7, 0.0, 0.0],
            "high": [0.9, 0.2, 0.1],
        }
    )
    seeds = pd.DataFrame(
        {
            "task": "hard",
            "name": "net",
            "kind": "network",
            "effect": "core_share",
            "seed": [0, 1],
            "value": [0.7, 0.9],
        }
    )
    shown = ["core_share", "loss_core"]
    fig = figures.cue_conflicts(seeds, rows_of(summary), shown)
    label = "share of answers, or difference of accuracies; losses have one scale"
    assert fig.get_supxlabel() == label
    share, lost = fig.axes
    assert share.get_title(loc="left") == "core,\nof core or ring"
    assert [label.get_text() for label in share.get_yticklabels()] == ["net (hard)", "edges (hard)"]
    assert intervals(share) == [(0.7, 0.9), (0.0, 0.1)]
    assert [x for x, _ in seed_dots(share)] == [0.7, 0.9]
    assert intervals(lost) == [(0.0, 0.2)]


def test_losses_have_one_scale_and_shares_their_own() -> None:
    effects = ["core_share", "loss_core", "loss_edge", "loss_core_edge"]
    summary = pd.DataFrame(
        {
            **{"task": "hard", "name": "edges", "kind": "baseline", "effect": effects},
            "value": [0.8, 0.5, 0.1, 0.4],
            "low": [0.7, 0.4, 0.0, 0.3],
            "high": [0.9, 0.6, 0.2, 0.5],
        }
    )
    seeds = pd.DataFrame(columns=["task", "name", "kind", "effect", "seed", "value"])
    share, *losses = figures.cue_conflicts(seeds, rows_of(summary), effects).axes
    assert len({ax.get_xlim() for ax in losses}) == 1
    assert share.get_xlim() != losses[0].get_xlim()
    low, high = losses[0].get_xlim()
    assert low <= 0 <= 0.6 <= high


def test_a_dash_stands_where_a_name_has_no_such_effect() -> None:
    summary = pd.DataFrame(
        {
            "task": ["hard", "shape"],
            "name": "edges",
            "kind": "baseline",
            "effect": ["core_share", "loss_core"],
            "value": 0.5,
            "low": 0.4,
            "high": 0.6,
        }
    )
    seeds = pd.DataFrame(columns=["task", "name", "kind", "effect", "seed", "value"])
    shown = ["core_share", "loss_core"]
    share, lost = figures.cue_conflicts(seeds, rows_of(summary), shown).axes
    assert [(text.get_text(), text.get_position()[1]) for text in share.texts] == [("$-$", 1)]
    assert [(text.get_text(), text.get_position()[1]) for text in lost.texts] == [("$-$", 0)]
