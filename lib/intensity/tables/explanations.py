"""Scores and checks of attribution methods over scenes and seeds, as figures and results take them.

They come from `evaluation.explanations` as `Scored`: a method with a set of arrays for each seed.
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
    from intensity.evaluation.explanations import Scored


def map_scores(scored: Iterable[Scored]) -> pd.DataFrame:
    """Means over scenes, a row for each seed.

    Args:
        scored: methods with their scores.

    Returns:
        Columns task, method, label, group, seed, score, value, scenes (those that have the score).

    Raises:
        InvalidInput: no scene of a seed has a score.
    """
    rows = [
        (one.task, *_method(one), seed, name, *_mean(name, values))
        for one in scored
        for seed, scores in enumerate(one.seeds)
        for name, values in scores.items()
    ]
    columns = ["task", *METHOD, "seed", "score", "value", "scenes"]
    return pd.DataFrame(rows, columns=columns)


METHOD = ("method", "label", "group")
"""Columns that say which method a row is of."""


def _method(one: Scored) -> tuple[str, str, str]:
    return one.method.name, one.method.label, one.method.group


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
        Columns task, method, label, group, score, value, low, high, seeds, scenes (fewest).
    """
    keys = ["task", *METHOD, "score"]
    rows = []
    for names, part in table.groupby(keys, sort=False):
        low, high, value = t_interval(part["value"])
        least, most = _range(str(names[-1]))
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


def weight_checks(scored: Iterable[Scored], order: str) -> pd.DataFrame:
    """Similarity of maps while kernels are shuffled, layer by layer.

    Args:
        scored: methods, for each seed with (n,) correlations by layer, from the logits down.
        order: "cascading" or "independent".

    Returns:
        Columns method, label, group, order, step (1 is the layer of logits), layer, seed, value;
        blank maps count 0.
    """
    rows = [
        (*_method(one), order, step, layer, seed, float(np.nan_to_num(values).mean()))
        for one in scored
        for seed, found in enumerate(one.seeds)
        for step, (layer, values) in enumerate(found.items(), 1)
    ]
    return pd.DataFrame(rows, columns=[*METHOD, "order", "step", "layer", "seed", "value"])


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


def _texts(summary: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Scores in columns of these names, each as "0.31 [0.28, 0.34]"."""
    chosen = summary[summary["score"].isin(columns)]
    text = [
        f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in chosen.itertuples(index=False)
    ]
    table = chosen.assign(text=text).pivot(index="method", columns="score", values="text")
    table = table.reindex(index=list(dict.fromkeys(chosen["method"])), columns=list(columns))
    return table.rename(columns=dict(columns)).rename_axis(columns=None).reset_index()


_CHECKS = {
    "weights": ("all weights\nshuffled", "should differ", "shuffled_weights_agreement"),
    "labels": ("labels\nshuffled", "should differ", "shuffled_labels_agreement"),
    "classes": ("another\nclass", "should differ", "class_map_correlation"),
    "polarity": ("negatives", "should agree", "polarity_agreement"),
    "blank": ("blank", "", "blank_maps"),
}
"""Name, what a good method does, and the quantity; a share of blank maps has no such side."""


def check_table(scored: Iterable[Scored]) -> pd.DataFrame:
    """All checks of all methods.

    Args:
        scored: methods, for each seed with (n,) `weights` (the last layer of the cascade),
            `labels`, `classes` and `polarity`, and (n, 2) `blank`.

    Returns:
        Columns method, label, check, side ("should differ", "should agree", "" for the share of
        blank maps), value, seeds (a list), scenes (fewest), quantity.

    Raises:
        InvalidInput: no scene of a seed has a number, as when every map is blank.
    """
    rows = []
    for one in scored:
        for key, (check, side, quantity) in _CHECKS.items():
            fill = np.nan_to_num if key in ("weights", "polarity") else np.asarray
            found = [_mean(f"{one.method.name}/{key}", fill(seed[key])) for seed in one.seeds]
            values, scenes = zip(*found, strict=True)
            names = one.method.name, one.method.label, check, side
            rows.append((*names, float(np.mean(values)), list(values), min(scenes), quantity))
    columns = ["method", "label", "check", "side", "value", "seeds", "scenes", "quantity"]
    return pd.DataFrame(rows, columns=columns)
