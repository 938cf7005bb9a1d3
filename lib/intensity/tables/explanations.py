"""Scores and checks of attribution methods, summarized over seeds.

Tables of scores, from `evaluation.scores`, have a row for each method, score and seed: columns
task, method, label, group, score, unit, seed, value, error, scenes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from intensity.attribution.registry import find_method
from intensity.evaluation.registry import CHECKS, SCORES
from intensity.statistics.intervals import seed_interval
from intensity.units import PLAIN, find_unit


def score_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds with 95 % t intervals, cut at what the unit allows.

    Args:
        scores: a table of scores.

    Returns:
        Columns task, method, label, group, score, value, low, high, seeds, scenes (fewest), oracle
        (bool: its baseline contains the answer).
    """
    keys = ["task", "method", "label", "group", "score"]
    rows = []
    for (*names, unit), part in scores.groupby([*keys, "unit"], sort=False):
        scenes, known = int(part["scenes"].min()), find_unit(str(unit))
        interval, _ = seed_interval(part["value"], known, scenes)
        oracle = find_method(str(names[1])).is_oracle
        rows.append((*names, *interval.row(known), len(part), scenes, oracle))
    columns = [*keys, "value", "low", "high", "seeds", "scenes", "oracle"]
    return pd.DataFrame(rows, columns=columns)


_OFTEN = 0.05
"""The share of all scenes from which on a bin of distances is shown."""

_COLUMNS = {name: score.label for name, score in SCORES.items() if score.label}
"""What a column of `score_table` is called, by the score."""


def score_table(summary: pd.DataFrame, task: str) -> pd.DataFrame:
    """Scores of all methods on one task, each as text with its interval: "0.31 [0.28, 0.34]".

    Args:
        summary: from `score_summary`.
        task: the task's name.

    Returns:
        A row a method: method, the shares of |relevance| by region, rank, pointing, and the
        agreement with the model truth, absolute and signed.
    """
    chosen = summary[(summary["task"] == task) & summary["score"].isin(_COLUMNS)]
    ends = chosen[["value", "low", "high"]].to_numpy()
    text = [PLAIN.estimate(value, low, high, 2) for value, low, high in ends]
    table = chosen.assign(text=text).pivot(index="method", columns="score", values="text")
    table = table.reindex(index=chosen["method"].unique(), columns=list(_COLUMNS))
    return table.rename(columns=_COLUMNS).rename_axis(columns=None).reset_index()


def score_spread(scores: pd.DataFrame) -> pd.DataFrame:
    """How far scores of several seeds lie apart, beside what so few scenes would do alone.

    Args:
        scores: a table of scores.

    Returns:
        A row a task, score and method: columns task, score, label, value (mean over seeds), spread
        (standard deviation over seeds), sampling (standard error over scenes, root mean square over
        seeds), scenes (fewest).
    """
    squared = scores.assign(sampling=scores["error"] ** 2)
    table = squared.groupby(["task", "score", "label"], sort=False, as_index=False).agg(
        value=("value", "mean"),
        spread=("value", "std"),
        sampling=("sampling", "mean"),
        scenes=("scenes", "min"),
    )
    return table.assign(sampling=table["sampling"] ** 0.5)


def magnitude_table(maps: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """How large the numbers of maps are.

    Args:
        maps: for each image (h, w) maps by the method's label.

    Returns:
        Columns method, largest magnitude (over all images).
    """
    largest = pd.DataFrame(
        [{label: float(np.abs(one).max()) for label, one in image.items()} for image in maps]
    )
    return largest.max().rename_axis("method").reset_index(name="largest magnitude")


def margin_table(relevance: pd.DataFrame) -> pd.DataFrame:
    """Spearman's correlation over scenes of relevance with the distance to the class boundary.

    Args:
        relevance: from `object_relevance`; scenes whose relevance is NaN are left out.

    Returns:
        Columns method, seed, unit, value (0 where nothing varies), scenes.
    """
    from intensity.statistics.correlation import rank_correlation  # loads scipy.stats, 1.5 s

    rows = []
    for names, part in relevance.groupby(["method", "seed"], sort=False):
        known = part.dropna(subset="relevance")
        one = rank_correlation(*known[["relevance", "distance"]].to_numpy().T[:, None])
        rows.append((*names, "rank correlation", float(np.nan_to_num(one)[0]), len(known)))
    return pd.DataFrame(rows, columns=["method", "seed", "unit", "value", "scenes"])


def relevance_table(relevance: pd.DataFrame, width: int) -> pd.DataFrame:
    """Means over scenes that lie equally far from a class boundary, and over seeds.

    Args:
        relevance: from `object_relevance`.
        width: of the bins of distance, grey levels.

    Returns:
        Columns name, distance (the middle of the bin), value (1 on average over all scenes), low
        and high (of the seeds), scenes. Bins with few of a name's scenes are left out.
    """
    tables = []
    for name, part in relevance.groupby("label", sort=False):
        overall = part.groupby("seed")["relevance"].transform("mean").replace(0, 1)
        bins = part["distance"] // width
        seeds = (part["relevance"] / overall).groupby([bins, part["seed"]]).mean().unstack()
        table = pd.DataFrame({
            "name": name,
            "distance": seeds.index * width + width / 2,
            "value": seeds.mean(axis=1),
            "low": seeds.min(axis=1),
            "high": seeds.max(axis=1),
            "scenes": bins.value_counts() // part["seed"].nunique(),
        })  # fmt: skip
        tables.append(table[table["scenes"] >= _OFTEN * table["scenes"].sum()].dropna())
    return pd.concat(tables, ignore_index=True)


def check_table(checks: pd.DataFrame) -> pd.DataFrame:
    """All checks of all methods.

    Args:
        checks: a table of scores, from `method_checks`.

    Returns:
        Columns method, label, check, side ("should differ", "should agree", "" for the share of
        blank maps), value (mean over seeds), worth (0..1: 1 where maps that should agree have a
        correlation of 1, or maps that should differ one of 0 or less; missing without a side),
        scenes (fewest).
    """
    rows = []
    for (method, label, score), part in checks.groupby(["method", "label", "score"], sort=False):
        check, value = CHECKS[str(score)], float(part["value"].mean())
        agreed = min(max(value, 0.0), 1.0)
        worth = {"should agree": agreed, "should differ": 1 - agreed}.get(check.side, np.nan)
        fewest = part["scenes"].min()
        rows.append((method, label, check.label, check.side, value, worth, fewest))
    columns = ["method", "label", "check", "side", "value", "worth", "scenes"]
    return pd.DataFrame(rows, columns=columns)
