"""Figures of ablations show seeds, intervals, the baseline and what a search chose."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from intensity.figures import ablation_overview, accuracy_by_size, random_search

Dots = Callable[[Axes], list[tuple[float, float]]]
Intervals = Callable[[Axes], list[tuple[float, float]]]
Spans = Callable[[Axes], list[tuple[float, float, str]]]


def test_the_reference_lies_behind_every_group(
    seed_dots: Dots, intervals: Intervals, spans: Spans
) -> None:
    summary = pd.DataFrame(
        {
            "group": ["shape cue", "shape cue", "noise"],
            "condition": ["bn_compact", "permuted", "none"],
            "accuracy": [0.9, 0.5, 0.95],
            "low": [0.88, 0.45, 0.94],
            "high": [0.92, 0.55, 0.96],
        }
    )
    runs = pd.concat([summary.assign(seed=seed) for seed in range(3)])
    fig = ablation_overview(runs, summary, "bn_compact", 0.36)
    (ax,) = fig.axes
    assert [text.get_text() for text in ax.texts] == ["shape cue", "noise"]
    assert [span[:2] for span in spans(ax)] == [(0.88, 0.92)]
    assert len(seed_dots(ax)) == 9
    assert intervals(ax) == [(0.88, 0.92), (0.45, 0.55), (0.94, 0.96)]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["bn_compact", "permuted", "none"]
    assert ax.get_xlabel() == "test accuracy (share of images)"
    legend = [text.get_text() for text in fig.legends[0].get_texts()]
    assert legend[::2] == [
        *("mean, 95 % interval over seeds (Student t)", "interval of bn_compact")
    ]


def test_accuracy_lies_over_the_number_of_parameters(seed_dots: Dots) -> None:
    summary = pd.DataFrame(
        {
            "network": ["bn_tiny", "large"],
            "parameters": [825, 596595],
            "accuracy": [0.7, 0.9],
            "low": [0.6, 0.8],
            "high": [0.8, 1.0],
        }
    )
    (ax,) = accuracy_by_size(pd.concat([summary, summary]), summary).axes
    means = [line.get_xdata()[0] for line in ax.lines if line.get_markerfacecolor() != "white"]
    assert set(means) == {825, 596595}
    assert len(seed_dots(ax)) == 4
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "trainable parameters (logarithmic)"
    assert ax.get_ylabel() == "test accuracy (share of images)"


def test_a_search_shows_each_setting_once_and_rings_the_chosen_one(seed_dots: Dots) -> None:
    table = pd.DataFrame(
        {
            "learning_rate": [1e-3, 1e-2, 1e-2],
            "weight_decay": [1e-5, 1e-4, 1e-4],
            "seed": [0, 0, 1],
            "validation_accuracy": [0.8, 0.9, 0.94],
            "test_accuracy": [np.nan, 0.91, 0.93],
            "chosen": [False, True, True],
        }
    )
    search, final = random_search(table, (0.92, 0.8, 0.99)).axes[:2]
    tried, ring = search.collections
    assert tried.get_offsets().tolist() == [[1e-3, 1e-5], [1e-2, 1e-4]]
    np.testing.assert_allclose(tried.get_array(), [0.8, 0.92])
    assert ring.get_offsets().tolist() == [[1e-2, 1e-4]]
    assert (search.get_xscale(), search.get_yscale()) == ("log", "log")
    assert search.get_xlabel() == "learning rate (logarithmic)"
    assert search.get_ylabel() == "weight decay (logarithmic)"
    assert final.get_ylabel() == "accuracy (share of images)"
    assert [y for _, y in seed_dots(final)] == [0.9, 0.94, 0.91, 0.93]
    assert final.get_title(loc="left") == "chosen: test 0.920\n[0.800, 0.990]"
