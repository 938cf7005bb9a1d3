"""At which intensities a network is wrong, from its table of test predictions.

The table has columns intensity, label, predicted and count, one row a kind of test scene. Nothing
here needs a network.
"""

import numpy as np
import pandas as pd

from intensity.data.tasks import Task
from intensity.values import InvalidInput

NEAR_EDGE = 3
"""Scenes at most this many grey levels from a class boundary are near it."""
COUNTED = ("intensity", "label", "predicted", "count")


def accuracy_by_intensity(predictions: pd.DataFrame) -> pd.DataFrame:
    """Accuracy at every intensity that occurs.

    Returns:
        Columns intensity, scenes, correct, accuracy, by increasing intensity.

    Raises:
        InvalidInput: columns are missing or no scene is counted.
    """
    table = _counted(predictions)
    table["correct"] = table["count"] * (table["label"] == table["predicted"])
    sums = table.groupby("intensity", as_index=False)[["count", "correct"]].sum()
    sums = sums.rename(columns={"count": "scenes"})
    return sums.assign(accuracy=sums["correct"] / sums["scenes"])


def confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """How often each class is taken for each.

    Returns:
        Columns label, predicted, count, share (of the label's scenes), one row a pair of a
        label that occurs and a class that occurs as label or prediction, zeros included.

    Raises:
        InvalidInput: columns are missing or no scene is counted.
    """
    table = _counted(predictions)
    classes = np.union1d(table["label"], table["predicted"])
    pairs = pd.MultiIndex.from_product(
        [np.unique(table["label"]), classes], names=["label", "predicted"]
    )
    counts = table.groupby(["label", "predicted"])["count"].sum()
    result = counts.reindex(pairs, fill_value=0).reset_index()
    return result.assign(share=result["count"] / result.groupby("label")["count"].transform("sum"))


def least_recall(label: np.ndarray, predicted: np.ndarray) -> float:
    """The smallest share of a class's scenes that are classified correctly, over all classes.

    Args:
        label: (n,) true classes, n >= 1.
        predicted: (n,) classes.
    """
    right = np.asarray(predicted) == label
    return float(min(right[label == one].mean() for one in np.unique(label)))


def boundary_distance(intensity: np.ndarray, task: Task) -> np.ndarray:
    """How far levels lie from the nearest class boundary, a value of `task.edges`, in grey levels.

    Args:
        intensity: (n,) grey levels.
    """
    distance: np.ndarray = np.abs(np.asarray(intensity, float)[:, None] - task.edges).min(axis=1)
    return distance


def boundary_error_share(predictions: pd.DataFrame, task: Task) -> float:
    """The share of all errors on scenes within 3 levels of a class boundary.

    Around a boundary at 30.5, levels 28..33 are near.

    Raises:
        InvalidInput: columns are missing, or there is no error.
    """
    table = _counted(predictions)
    wrong = table[table["label"] != table["predicted"]]
    if wrong.empty:
        raise InvalidInput("predictions: no scene is an error; at least one is needed")
    distance = boundary_distance(wrong["intensity"].to_numpy(), task)
    return float(wrong.loc[distance <= NEAR_EDGE, "count"].sum() / wrong["count"].sum())


def _counted(predictions: pd.DataFrame) -> pd.DataFrame:
    """A copy of the rows that count at least one scene."""
    missing = [name for name in COUNTED if name not in predictions]
    if missing:
        raise InvalidInput(f"predictions: has no column {missing[0]}; needs {', '.join(COUNTED)}")
    table = predictions.loc[predictions["count"] > 0, list(COUNTED)]
    if table.empty:
        raise InvalidInput("predictions: counts no scene; at least one is needed")
    return table.copy()
