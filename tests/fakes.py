"""Stand-ins for what takes long to make, and short ways to say and to read tables."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd

from intensity.data.scenes import SceneOptions
from intensity.training.presets import SETTINGS, TASKS

HALF = 12.706204736432095
"""Student's t at 97.5 % with one degree of freedom: two seeds 2 d apart have mean +- HALF d."""


@dataclass
class FakeRun:
    """What tables look at in a run."""

    seed: int = 0
    accuracy: float = 0.5
    task: str = "hard"
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    parameters: float = 10.0
    recipe: dict[str, Any] = field(default_factory=dict)
    network: str = "large"
    setting: SceneOptions = SETTINGS["discs"]

    @property
    def metrics(self) -> dict[str, float]:
        """Counted once, on test scenes."""
        return {"accuracy": self.accuracy, "parameters": self.parameters}

    @property
    def configuration(self) -> SimpleNamespace:
        """What the run was made with."""
        return SimpleNamespace(
            task=TASKS[self.task],
            seed=self.seed,
            recipe=SimpleNamespace(**self.recipe),
            scenes=self.setting,
            network=SimpleNamespace(name=self.network, scaling="unit", layers=()),
            test_images=20_000,
            validation_images=1_000,
        )


def two_seeds() -> dict[str, list[FakeRun]]:
    """Two networks of two seeds."""
    return {
        "large": [FakeRun(seed=0, accuracy=0.5), FakeRun(seed=1, accuracy=0.52)],
        "small": [FakeRun(seed=0, accuracy=0.9, parameters=20.0), FakeRun(seed=1, accuracy=1.0)],
    }


def counted(*predictions: tuple[int, int, int, int]) -> pd.DataFrame:
    """Test predictions: intensity, label, predicted, count."""
    return pd.DataFrame(predictions, columns=["intensity", "label", "predicted", "count"])


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """A table's rows."""
    return list(table.itertuples(index=False, name=None))
