"""What maps are worth: scores of methods over scenes and seeds, as figures and results take them.

Measured scores come from `responses.scores`, a set of arrays for each seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from intensity.statistics.intervals import t_interval
from intensity.values import InvalidInput

if TYPE_CHECKING:
    from intensity.evaluation.scores import Scored


def map_scores(scored: Iterable[Scored]) -> pd.DataFrame:
    """Means over scenes, a row for each seed.

    Args:
        scored: methods with their scores.

    Returns:
        Columns task, method, kind (method, baseline), seed, score, value, scenes (those that have
        the score).

    Raises:
        InvalidInput: no scene of a seed has a score.
    """
    rows = [
        (one.task, one.method, one.kind, seed, name, *_mean(name, values))
        for one in scored
        for seed, scores in enumerate(one.seeds)
        for name, values in scores.items()
    ]
    columns = ["task", "method", "kind", "seed", "score", "value", "scenes"]
    return pd.DataFrame(rows, columns=columns)


def _mean(name: str, values: np.ndarray) -> tuple[float, int]:
    """Mean over the scenes that have a score, and how many these are."""
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        raise InvalidInput(f"{name}: no scene has this score; give more scenes")
    return float(known.mean()), known.size


def score_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds with 95 % t intervals, cut at what a score can be.

    Args:
        table: from `map_scores`.

    Returns:
        Columns task, method, kind, score, value, low, high, seeds, scenes (fewest).
    """
    keys = ["task", "method", "kind", "score"]
    rows = []
    for names, part in table.groupby(keys, sort=False):
        low, high, value = t_interval(part["value"])
        least, most = _range(str(names[3]))
        ends = max(low, least), min(high, most)
        rows.append((*names, value, *ends, len(part), part["scenes"].min()))
    return pd.DataFrame(rows, columns=[*keys, "value", "low", "high", "seeds", "scenes"])


def _range(score: str) -> tuple[float, float]:
    """The least and the largest value of a score."""
    if score == "strength":
        return 0.0, math.inf
    signed = score.startswith("signed") or score.endswith("agreement")
    return -1.0 if signed else 0.0, 1.0


def by_seed(table: pd.DataFrame, task: str, method: str, score: str) -> tuple[np.ndarray, int]:
    """One score of one method.

    Args:
        table: from `map_scores`.
        task: the task's name.
        method: the method's name.
        score: the score's name.

    Returns:
        (seeds,) values, and the fewest scenes that one rests on.

    Raises:
        InvalidInput: it was not measured.
    """
    chosen = (table["task"] == task) & (table["method"] == method) & (table["score"] == score)
    if not chosen.any():
        raise InvalidInput(f"score: {score} of {method} on {task} was not measured")
    return table.loc[chosen, "value"].to_numpy(), int(table.loc[chosen, "scenes"].min())


def margin_correlations(
    strengths: Sequence[np.ndarray], distances: Sequence[np.ndarray]
) -> tuple[list[float], int]:
    """Rank correlation over scenes of something with the distance to the class boundary.

    Args:
        strengths: for each seed (n,), NaN where a scene does not have it.
        distances: for each seed (n,), grey levels.

    Returns:
        Spearman's correlation of each seed, 0 where nothing varies, and the fewest scenes.
    """
    from intensity.statistics.correlation import rank_correlation  # loads scipy.stats, 1.5 s

    found, fewest = [], len(strengths[0])
    for strength, distance in zip(strengths, distances, strict=True):
        known = np.isfinite(strength)
        one = rank_correlation(strength[known][None], distance[known][None])
        found.append(float(np.nan_to_num(one)[0]))
        fewest = min(fewest, int(known.sum()))
    return found, fewest


def relevance_by_intensity(
    relevance: Mapping[str, Sequence[np.ndarray]], intensity: np.ndarray, width: int
) -> pd.DataFrame:
    """Means over scenes of like intensity, and over seeds.

    Args:
        relevance: by name for each seed (n,), NaN where a scene does not have it.
        intensity: (n,) grey levels.
        width: of the bins, grey levels.

    Returns:
        Columns name, intensity (the middle of the bin), value (divided by the mean over all bins),
        low and high (of the seeds), scenes. Bins without a scene are left out.
    """
    bins = intensity.astype(int) // width
    rows = []
    for name, seeds in relevance.items():
        relative = [values / (np.nanmean(values) or 1.0) for values in seeds]
        for number in np.unique(bins):
            inside = bins == number
            means = [np.nanmean(values[inside]) for values in relative if _any(values[inside])]
            if means:
                middle = number * width + (width - 1) / 2
                rows.append((name, middle, np.mean(means), min(means), max(means), inside.sum()))
    return pd.DataFrame(rows, columns=["name", "intensity", "value", "low", "high", "scenes"])


def _any(values: np.ndarray) -> bool:
    """Whether some are known."""
    return bool(np.isfinite(values).any())


def weight_checks(seeds: Sequence[Mapping[str, np.ndarray]], order: str) -> pd.DataFrame:
    """How alike maps stay, layer by layer.

    Args:
        seeds: for each seed (n,) correlations by "<method>/<layer>", from the logits down.
        order: "cascading" or "independent".

    Returns:
        Columns method, order, step (1 is the layer of logits), layer, seed, value; blank maps
        count 0.
    """
    rows = [
        (*name.split("/"), order, seed, float(np.nan_to_num(values).mean()))
        for seed, found in enumerate(seeds)
        for name, values in found.items()
    ]
    table = pd.DataFrame(rows, columns=["method", "layer", "order", "seed", "value"])
    layers = list(dict.fromkeys(table["layer"]))
    return table.assign(step=table["layer"].map({layer: k for k, layer in enumerate(layers, 1)}))


REGIONS = ("core", "edge", "noise_on_object", "noise_elsewhere", "background")
"""Where relevance may lie on a task with one object."""


def score_table(summary: pd.DataFrame, task: str) -> pd.DataFrame:
    """Scores of all methods on one task, as text with intervals.

    Args:
        summary: from `score_summary`.
        task: the task's name.

    Returns:
        A row a method: method, the shares of |relevance| by region, rank, pointing, and the
        agreement with the model truth, absolute and signed.
    """
    columns = {
        **{f"absolute/mass_{region}": region.replace("_", " ") for region in REGIONS},
        "absolute/rank": "rank",
        "absolute/pointing": "pointing",
        "absolute/agreement": "agreement",
        "signed/agreement": "agreement, signed",
    }
    return _texts(summary[summary["task"] == task], columns)


def removal_table(summary: pd.DataFrame) -> pd.DataFrame:
    """Deletion and insertion of all methods, as text with intervals.

    Args:
        summary: from `score_summary`.

    Returns:
        Columns method, deletion, insertion.
    """
    return _texts(summary, {"deletion": "deletion", "insertion": "insertion"})


def _texts(summary: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Scores in columns of these names, each as "0.31 [0.28, 0.34]"."""
    chosen = summary[summary["score"].isin(columns)]
    text = [
        f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in chosen.itertuples(index=False)
    ]
    table = chosen.assign(text=text).pivot(index="method", columns="score", values="text")
    table = table.reindex(index=list(dict.fromkeys(chosen["method"])), columns=list(columns))
    return table.rename(columns=dict(columns)).rename_axis(columns=None).reset_index()


_DIFFER, _AGREE = "should differ", "should agree"
_CHECKS = {
    "all weights\nshuffled": (_DIFFER, "shuffled_weights_agreement"),
    "labels\nshuffled": (_DIFFER, "shuffled_labels_agreement"),
    "another\nclass": (_DIFFER, "class_map_correlation"),
    "negatives": (_AGREE, "polarity_agreement"),
    "blank": ("", "blank_maps"),
}
"""What is checked: what is asked of it, and its quantity; a share of blank maps asks nothing."""


def check_table(
    checks: Mapping[str, Sequence[Mapping[str, np.ndarray]]],
    weights: pd.DataFrame,
    labels: Sequence[Mapping[str, np.ndarray]],
) -> pd.DataFrame:
    """All checks of all methods.

    Args:
        checks: by method for each seed `polarity`, `classes` and `blank`.
        weights: from `weight_checks`; the last step of the cascade is taken.
        labels: for each seed (n,) correlations by method.

    Returns:
        Columns method, check, group (what is asked; "" for the share of blank maps), value, seeds
        (a list), scenes (fewest), quantity.

    Raises:
        InvalidInput: no scene of a seed has a number, as when every map is blank.
    """
    last = weights[(weights["order"] == "cascading") & (weights["step"] == weights["step"].max())]
    rows = []
    for method, seeds in checks.items():
        found = {
            "labels\nshuffled": [_mean(method, one[method]) for one in labels],
            "another\nclass": [_mean(method, one["classes"]) for one in seeds],
            "negatives": [_mean(method, np.nan_to_num(one["polarity"])) for one in seeds],
            "blank": [_mean(method, one["blank"]) for one in seeds],
        }
        own = last.loc[last["method"] == method, "value"]
        found["all weights\nshuffled"] = [(value, len(labels[0][method])) for value in own]
        rows += [_check_row(method, check, found[check]) for check in _CHECKS]
    columns = ["method", "check", "group", "value", "seeds", "scenes", "quantity"]
    return pd.DataFrame(rows, columns=columns)


def _check_row(method: str, check: str, means: Sequence[tuple[float, int]]) -> tuple[object, ...]:
    """One check of one method over seeds."""
    group, quantity = _CHECKS[check]
    values, scenes = zip(*means, strict=True)
    return method, check, group, float(np.mean(values)), list(values), min(scenes), quantity
