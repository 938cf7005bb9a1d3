"""What networks do with intensity: class-response curves, and monotonicity from layer to layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.analysis.monotonicity import layer_table, unit_table
from intensity.statistics.intervals import t_interval
from intensity.tables.summaries import summarized


def logit_curves(network: str, curves: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Class-response curves of several seeds as means over scenes, with t intervals over seeds.

    Args:
        network: its name.
        curves: for each seed `levels` (k,) and `logits` (scenes, k, classes).

    Returns:
        Columns network, intensity, class, logit, low, high.
    """
    means = np.stack([curve["logits"].mean(axis=0) for curve in curves])
    rows = []
    for k, level in enumerate(curves[0]["levels"]):
        for label in range(means.shape[2]):
            interval = t_interval(means[:, k, label])
            rows.append((network, level, label, interval.value, interval.low, interval.high))
    return pd.DataFrame(rows, columns=["network", "intensity", "class", "logit", "low", "high"])


def monotonicity_by_depth(
    profiles: Mapping[str, Sequence[dict[str, np.ndarray]]],
) -> pd.DataFrame:
    """Mean monotonicity of each rectified layer.

    Args:
        profiles: response profiles, one for each seed, by condition.

    Returns:
        Columns condition, layer, depth (0, 1, ...), seed, monotonicity.
    """
    parts = []
    for condition, group in profiles.items():
        for seed, profile in enumerate(group):
            layers = layer_table(unit_table(profile))
            layers = layers[layers["layer"] != "logits"].reset_index(drop=True)
            layers = layers.assign(condition=condition, seed=seed, depth=layers.index)
            parts.append(layers[["condition", "layer", "depth", "seed", "monotonicity"]])
    return pd.concat(parts, ignore_index=True)


def depth_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of what `monotonicity_by_depth` returns, with t intervals."""
    return summarized(table, ["condition", "layer", "depth"], "monotonicity")


def last_layer(table: pd.DataFrame) -> dict[str, list[float]]:
    """Monotonicity of the last layer by condition, one number a seed."""
    last = table[table["depth"] == table["depth"].max()]
    return {
        str(condition): part.sort_values("seed")["monotonicity"].tolist()
        for condition, part in last.groupby("condition")
    }
