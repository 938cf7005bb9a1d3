"""What a notebook holds: its parameters, its runs, its measurements, its figures and tables."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from intensity.baselines.base import correct_scenes
from intensity.baselines.registry import applicable_baselines
from intensity.claims.results import save_part
from intensity.data.scenes import SceneOptions
from intensity.data.tasks import Task
from intensity.environment import Layout
from intensity.figures import display
from intensity.report.captions import Words, load_captions
from intensity.runner.profiles import load_profile
from intensity.runner.sections import Training
from intensity.statistics.measurements import Results
from intensity.storage.store import Store
from intensity.tables.names import titled
from intensity.training.runs import Run
from intensity.training.sweep import train_all
from intensity.training.tissue import TissueTraining
from intensity.training.tissue_runs import train_tissues
from intensity.values import InvalidInput


class Book(Results):
    """The measurements of one notebook, and all that it takes to make and to show them.

    Args:
        notebook: the notebook's name without its ending, for example "01_data".
        profile: the name of a file in params/; results go to runs/<profile>/.

    Raises:
        InvalidInput: the profile or the captions beside the notebook are not what they should be.
    """

    def __init__(self, notebook: str, profile: str) -> None:
        layout = Layout()
        super().__init__(notebook, layout.run(profile))
        self.parameters: Any = load_profile(layout, profile)[notebook]
        self.captions = load_captions(layout.captions(notebook))
        self.store = Store()
        logging.getLogger("tensorflow").addFilter(_is_error)

    def train(self, trainings: Mapping[str, Training]) -> dict[str, list[Run]]:
        """Finished runs of trainings; those that the store lacks are trained first.

        Args:
            trainings: by name, from the parameters.

        Returns:
            By name, one run for each seed.
        """
        configured = self.parameters.configured
        return train_all({n: configured(t) for n, t in trainings.items()}, self.store)

    def train_tissues(
        self, trainings: Mapping[str, Sequence[TissueTraining]]
    ) -> dict[str, list[Run]]:
        """Finished runs of networks for patches; those that the store lacks are trained first."""
        runs = iter(train_tissues([t for group in trainings.values() for t in group], self.store))
        return {name: [next(runs) for _ in group] for name, group in trainings.items()}

    def measure(
        self, function: Callable[..., dict[str, np.ndarray]], runs: Sequence[Run], *arguments: Any
    ) -> list[dict[str, np.ndarray]]:
        """What a function measures of each run, from the store where it has been measured before.

        Args:
            function: takes a model, then the arguments; returns arrays by name.
            runs: one a seed.
            arguments: the same for every run.
        """
        return [run.measure(function, *arguments) for run in runs]

    def each_over_seeds(self, name: str, table: pd.DataFrame) -> None:
        """Keep one measurement for each id that a table's rows make, as `over_seeds` does.

        Args:
            name: the id, with columns in braces, for example "truth_agreement/{task}/{method}".
            table: a row a seed: columns value, unit, scenes, and those in the id.
        """
        ids = [name.format_map(row) for row in table.to_dict("records")]
        for one, rows in table.groupby(ids, sort=False):
            fewest, unit = int(rows["scenes"].min()), rows["unit"].iloc[0]
            self.over_seeds(str(one), rows["value"], scenes=fewest, unit=unit)

    def baselines(
        self, task: Task, options: SceneOptions, scenes: int, training_scenes: int
    ) -> dict[str, int]:
        """How many of the first test scenes baselines classify correctly, from the store.

        Args:
            task: which intensities occur and their classes.
            options: what the scenes look like.
            scenes: number of test scenes.
            training_scenes: number of training scenes that a baseline learns from.

        Returns:
            By name, the baselines that apply to such scenes.
        """
        shared = task, options, scenes, training_scenes
        return {
            row.name: int(self.store.measure(correct_scenes, row, *shared)["right"].sum())
            for row in applicable_baselines(task, options)
        }

    def show(
        self, name: str, fig: Figure, data: pd.DataFrame, *, live: str = "", **values: Any
    ) -> None:
        """Save a figure and put it on the page, with its caption from the notebook's YAML file.

        Args:
            name: of the figure; its files are figures/NN-<name>.*, its anchor `#fig-<name>`.
            fig: the figure.
            data: the numbers behind the figure, one row a mark.
            live: HTML that stands for the picture wherever its script runs.
            values: what places in caption and alternative text hold.

        Raises:
            InvalidInput: there is no caption or alternative text, or a place has no value.
        """
        caption, alt = self._filled(self.captions.figures, name, data, values)
        png = display.save(fig, f"{self.notebook[:2]}-{name}", data, self.output)
        display.show_picture(png, name=name, caption=caption, alt=alt, live=live)

    def show_table(
        self,
        name: str,
        table: pd.DataFrame,
        formats: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        """Put a table on the page, with its caption from the notebook's YAML file.

        Args:
            name: of the table; its anchor is `#table-<name>`.
            table: one column a column, without the index; an empty cell where a value is missing.
            formats: how to write a column's values, for example {"accuracy": "{:.3f}"}.
            values: what places in the caption hold.

        Raises:
            InvalidInput: there is no caption, or a place has no value.
        """
        caption, _ = self._filled(self.captions.tables, name, table, values)
        display.show_rows(titled(table), name=name, caption=caption, formats=formats)

    def save(self) -> Path:
        """Write what was measured, whole or not at all; says where."""
        return save_part(self)

    def _filled(
        self,
        captions: Mapping[str, Words],
        name: str,
        data: pd.DataFrame,
        values: Mapping[str, Any],
    ) -> tuple[str, str]:
        """Caption and alternative text with every place filled."""
        try:
            if name not in captions:
                raise InvalidInput(f"it has no caption; there are {', '.join(captions)}")
            return captions[name].filled(self._value, data, values)
        except InvalidInput as error:
            raise InvalidInput(f"{self.notebook}.yaml: {name}: {error}") from None

    def _value(self, name: str) -> Any:
        """What a place holds: a parameter, or a measurement as text."""
        if name in type(self.parameters).model_fields:
            return getattr(self.parameters, name)
        measured = [m.text for m in self.measurements(name) if m.id == name]
        if not measured:
            raise InvalidInput(f"{{{name}}} is not allowed: a parameter, a measurement or a value")
        return measured[0]


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
