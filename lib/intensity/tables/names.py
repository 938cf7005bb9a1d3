"""How people call what results name: tasks, networks, baselines and interventions."""

from typing import Any

import pandas as pd

from intensity.baselines.registry import BASELINES
from intensity.interventions.registry import INTERVENTIONS
from intensity.training.presets import NETWORKS, TASKS

_TITLES = {
    **{row.name: row.label for row in (*BASELINES.values(), *INTERVENTIONS.values())},
    **{name: preset.title for name, preset in [*TASKS.items(), *NETWORKS.items()]},
}

_NAMED = ("task", "network", "name", "baseline", "condition", "intervention")
"""Columns whose values are such names."""


def title_of(name: Any) -> str:
    """The title or label of a row or preset; any other name is its own."""
    return _TITLES.get(name) or str(name)


def titled(table: pd.DataFrame) -> pd.DataFrame:
    """A table for people, in which names are titles."""
    named = {column: table[column].map(title_of) for column in _NAMED if column in table}
    return table.assign(**named)
