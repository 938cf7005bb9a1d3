"""How monotone response profiles are: unit by unit, and layer by layer.

And how far responses go by classes instead. Nothing here needs a network; profiles and responses
come from `profiles`.
"""

import numpy as np
import pandas as pd

from intensity.values import InvalidInput

SILENT = 0.01
"""A unit is silent when its range is less than this share of the largest in its layer."""
TOLERANCE = 0.02
"""A profile turns where it goes back by more than this share of its range."""


def monotonicity(profile: np.ndarray) -> np.ndarray:
    """M = |f(last) - f(first)| / sum |df|: 1 for a monotone profile, 0 for one that comes back.

    Args:
        profile: (..., k) responses over increasing levels.

    Returns:
        (...) float64 in 0..1; a constant profile counts as monotone.
    """
    values = np.asarray(profile, np.float64)
    way = np.abs(np.diff(values)).sum(axis=-1)
    net = np.abs(values[..., -1] - values[..., 0])
    share: np.ndarray = np.divide(net, way, out=np.ones_like(way), where=way > 0)
    return share.clip(0, 1)


def turning_points(profile: np.ndarray, tolerance: float = TOLERANCE) -> int:
    """How often a profile turns: rises after it fell, or falls after it rose.

    Args:
        profile: (k,) responses over increasing levels.
        tolerance: a way back counts once it exceeds this share of the profile's range.
    """
    values = np.asarray(profile, np.float64)
    least, turns, direction = tolerance * np.ptp(values), 0, 0
    low = high = values[0]
    for value in values[1:]:
        low, high = min(low, value), max(high, value)
        if direction <= 0 and value - low > least:
            turns, direction, high = turns + (direction < 0), 1, value
        elif direction >= 0 and high - value > least:
            turns, direction, low = turns + (direction > 0), -1, value
    return int(turns)


def unit_table(profiles: dict[str, np.ndarray], over: str = "space") -> pd.DataFrame:
    """One row a unit: how it responds on the sweep.

    Args:
        profiles: from `response_profiles`.
        over: "space" or "object", which mean is described.

    Returns:
        Columns layer, unit, range (of activation), silent (range under 1 % of the layer's largest),
        monotonicity (0..1), turning_points.
    """
    values = profiles[over]
    table = pd.DataFrame({"layer": profiles["layer"], "unit": profiles["unit"]})
    table["range"] = np.ptp(values, axis=1)
    largest = table.groupby("layer")["range"].transform("max")
    table["silent"] = (table["range"] < SILENT * largest) | (largest == 0)
    table["monotonicity"] = monotonicity(values)
    table["turning_points"] = [turning_points(row) for row in values]
    return table


def layer_table(units: pd.DataFrame) -> pd.DataFrame:
    """One row a layer, in the network's order: means over its units that are not silent.

    Args:
        units: from `unit_table`.

    Returns:
        Columns layer, units, silent (both counts), monotonicity, turning_points (means).

    Raises:
        InvalidInput: all units of a layer are silent, so that there is nothing to average.
    """
    layers = units.groupby("layer", sort=False)
    table = layers.agg(units=("unit", "size"), silent=("silent", "sum"))
    dead = table.index[table["units"] == table["silent"]]
    if len(dead):
        raise InvalidInput(f"layers: no unit of {dead[0]} responds to intensity; leave it out")
    active = units[~units["silent"]].groupby("layer", sort=False)
    means = active[["monotonicity", "turning_points"]].mean()
    return table.join(means).reset_index()


def rectified(units: pd.DataFrame) -> list[str]:
    """The names of the layers before the logits, from input to output.

    Args:
        units: from `unit_table`.
    """
    return [str(layer) for layer in dict.fromkeys(units["layer"]) if layer != "logits"]


def turning_share(units: pd.DataFrame, layer: str) -> float:
    """Share of a layer's units with two or more turning points, each weighted by its range.

    A thermometer does not turn, a single bump or dip turns once. A unit that answers alike to
    several bands of intensity and otherwise in between has to turn twice or more. Silent units are
    left out; they had next to no weight.

    Args:
        units: from `unit_table`.
        layer: its name.

    Returns:
        0..1.

    Raises:
        InvalidInput: there is no such layer, or all of its units are silent.
    """
    active = units[(units["layer"] == layer) & ~units["silent"]]
    if active.empty:
        names = ", ".join(units.loc[~units["silent"], "layer"].unique())
        raise InvalidInput(f"layer: {layer!r} is not allowed: with units that respond are {names}")
    return float(np.average(active["turning_points"] >= 2, weights=active["range"]))


def class_selectivity(responses: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far a unit's responses go by classes: the share of their variance between classes.

    eta^2 = sum n_c (mean_c - mean)^2 / sum (x - mean)^2 over scenes: 0 where all classes have the
    same mean, 1 where a class has one response. `chance_selectivity` is its mean for labels that
    have nothing to do with the responses.

    Args:
        responses: (..., n) of units to scenes, for example `space` of `response_scatter`.
        labels: (n,) classes of the scenes.

    Returns:
        (...) float64 in 0..1; a constant response goes by nothing, 0.

    Raises:
        InvalidInput: not one label for each scene, or fewer than two classes.

    Reference: Pearson (1905), On the general theory of skew correlation and non-linear regression.
    """
    values = np.asarray(responses, np.float64)
    if np.shape(labels) != values.shape[-1:]:
        raise InvalidInput(
            f"labels: shape {np.shape(labels)} is not allowed: {values.shape[-1:]}, one a scene"
        )
    place, count = _classes(labels)
    values = values - values.mean(axis=-1, keepdims=True)
    means = values @ (np.eye(len(count))[place] / count)
    share: np.ndarray = np.divide(
        means**2 @ count,
        (values**2).sum(axis=-1),
        out=np.zeros(values.shape[:-1]),
        where=np.ptp(responses, axis=-1) > 0,
    )
    return share.clip(0, 1)


def chance_selectivity(labels: np.ndarray) -> float:
    """What `class_selectivity` is on average where labels are shuffled: (classes - 1) / (n - 1).

    Args:
        labels: (n,) classes of the scenes.

    Raises:
        InvalidInput: fewer than two classes.
    """
    _, count = _classes(labels)
    return (len(count) - 1) / (len(labels) - 1)


def _classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the classes that occur each scene has, and how many scenes each of them has."""
    classes, place, count = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InvalidInput(f"labels: {classes.tolist()} is not allowed: at least two classes")
    return place, count
