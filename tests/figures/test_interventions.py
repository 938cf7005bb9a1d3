"""Figures of interventions show the numbers, seeds and marks of their tables."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from intensity import figures
from intensity.figures.style import BASELINE_COLOR
from intensity.interventions.effects import EFFECTS
from intensity.interventions.registry import INTERVENTIONS

Dots = Callable[[Axes], list[tuple[float, float]]]
Ends = Callable[[Axes], list[tuple[float, float]]]


def test_the_matrix_has_numbers_hatching_and_a_sign_for_what_does_not_apply() -> None:
    matrix = pd.DataFrame(
        {
            "task": "hard",
            "name": ["flat_patch"] * 2 + ["net"] * 2,
            "kind": ["baseline"] * 2 + ["network"] * 2,
            "group": ["level", "edges"] * 2,
            "intervention": ["recolor", "blurred"] * 2,
            "label": ["recolored, any level", "blurred"] * 2,
            "value": [1.0, 0.25, 0.5, np.nan],
            "unusual": [False, True] * 2,
        }
    )
    ax, scale = figures.effect_matrix(matrix).axes
    assert scale.get_xlabel() == "share of changed answers (%)"
    assert ax.get_title(loc="left") == "trained and tested on hard"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["net", "largest flat patch"]
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        *("recolored, any level", "blurred")
    ]
    assert [text.get_text() for text in ax.texts] == ["50", "-", "100", "25"]
    hatched = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    assert [(patch.get_x(), patch.get_y()) for patch in hatched] == [(0.5, 0.5)]
    assert [label.get_fontstyle() for label in ax.get_yticklabels()] == ["normal", "italic"]


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
        "net on hard: nearest patches; unlike it: other background (66 against 0 %)"
    )
    assert none.get_title(loc="left") == "other on hard: none of these"
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


def test_an_intervention_that_applies_nowhere_has_no_column() -> None:
    matrix = pd.DataFrame(
        {
            "task": "hard",
            "name": "net",
            "kind": "network",
            "group": ["level", "shape, place"],
            "intervention": ["recolor", "resized"],
            "label": ["recolored, any level", "other size"],
            "value": [0.5, np.nan],
            "unusual": False,
        }
    )
    ax = figures.effect_matrix(matrix).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["recolored, any level"]


def test_columns_stand_in_groups_with_headings_and_readers_apart() -> None:
    changes = ["recolor", "pieces_8", "pieces_4", "moved", "blurred"]
    matrix = pd.DataFrame(
        [
            ("hard", name, kind, INTERVENTIONS[change].group, change, change, 0.5, False)
            for name, kind in (("net", "network"), ("edges", "baseline"))
            for change in changes
        ],
        columns=["task", "name", "kind", "group", "intervention", "label", "value", "unusual"],
    )
    ax = figures.effect_matrix(matrix).axes[0]
    (above,) = (child for child in ax.child_axes)
    headings = [label.get_text() for label in above.get_xticklabels()]
    assert headings == ["level", "pieces", "shape, place", "edges"]
    assert above.get_xticks().tolist() == [0, 1.5, 3, 4]
    upright = [line.get_xdata()[0] for line in ax.lines if line.get_color() != "white"]
    assert upright == [0.5, 2.5, 3.5]
    assert [line.get_ydata()[0] for line in ax.lines if line.get_color() == "white"] == [0.5]


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


def test_the_matrix_can_be_drawn_by_groups_and_into_a_figure() -> None:
    matrix = pd.DataFrame(
        {
            "task": "hard",
            "name": "net",
            "kind": "network",
            "group": ["level", "edges"],
            "intervention": ["recolor", "blurred"],
            "label": ["recolored", "blurred"],
            "value": 0.5,
            "unusual": False,
        }
    )
    own = Figure()
    assert figures.effect_matrix(matrix, figure=own) is own
    assert [label.get_text() for label in own.axes[0].get_xticklabels()] == ["recolored", "blurred"]
