"""What networks answer on sweeps: where the class changes, and planes of intensity and background.

Class boundaries and planes of several seeds become one table, with means over seeds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.analysis.planes import plane_labels
from intensity.data.tasks import Task
from intensity.statistics.intervals import t_interval


def transitions_table(transitions: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Every class boundary as every network sees it.

    Args:
        transitions: what `curves.transitions` returns, one for each seed, by network.

    Returns:
        Columns network, seed, boundary (grey levels), before, after (true classes), place (median
        over scenes, grey levels), width (from the 10 % to the 90 % quantile), missing (share of
        scenes without a crossing); place and width are <NA> where missing is 1.
    """
    parts = [
        table.assign(network=network, seed=seed)
        for network, group in transitions.items()
        for seed, table in enumerate(group)
    ]
    columns = ["network", "seed", "boundary", "before", "after", "place", "width", "missing"]
    return pd.concat(parts, ignore_index=True)[columns]


def transitions_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of `transitions_table`.

    Returns:
        Columns network, boundary, place, its t interval as low and high, width, missing, seeds
        (with a place). Place and width are means over these; <NA> where no seed has a place, and
        low and high where fewer than two have.
    """
    rows = []
    for names, part in table.groupby(["network", "boundary"], sort=False):
        seen = part.dropna(subset="place")
        low, high = _ends(seen["place"].to_numpy(float))
        means = (seen["place"].mean(), low, high, seen["width"].mean())
        rows.append((*names, *means, part["missing"].mean(), len(seen)))
    columns = ["network", "boundary", "place", "low", "high", "width", "missing", "seeds"]
    optional = dict.fromkeys(["place", "low", "high", "width"], "Float64")
    return pd.DataFrame(rows, columns=columns).astype(optional)


def _ends(values: np.ndarray) -> tuple[object, object]:
    """The ends of a t interval, or nothing where there are too few seeds for one."""
    if len(values) < 2:
        return pd.NA, pd.NA
    interval = t_interval(values)
    return interval.low, interval.high


def plane_table(
    planes: Mapping[str, Sequence[Mapping[str, np.ndarray]]], tasks: Mapping[str, Task]
) -> pd.DataFrame:
    """The class that networks name for every pair of intensity and background.

    Args:
        planes: what `planes.class_plane` returns, one for each seed, by network.
        tasks: what each network was trained on; says which class is right.

    Returns:
        Columns network, task (its name), intensity, background (grey levels), class (most often
        named), share (of scenes, mean over seeds, that are given this class), label (true class;
        -1 where no object can be drawn).

    Raises:
        InvalidInput: the class depends on the shape.
    """
    return pd.concat(
        [_plane(group, tasks[name]).assign(network=name) for name, group in planes.items()],
        ignore_index=True,
    )[["network", "task", "intensity", "background", "class", "share", "label"]]


def _plane(group: Sequence[Mapping[str, np.ndarray]], task: Task) -> pd.DataFrame:
    """One network's plane as the mean over its seeds."""
    intensity, background = group[0]["intensity"], group[0]["background"]
    share = np.mean([plane["share"] for plane in group], axis=0)
    return pd.DataFrame(
        {
            "task": task.name,
            "intensity": np.tile(intensity, len(background)),
            "background": np.repeat(background, len(intensity)),
            "class": share.argmax(axis=2).ravel(),
            "share": share.max(axis=2).ravel(),
            "label": plane_labels(task, intensity, background).ravel(),
        }
    )
