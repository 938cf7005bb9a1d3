"""Random search for hyperparameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def random_trials(
    training: Mapping[str, Any],
    trials: int,
    learning_rates: tuple[float, float] = (1e-4, 1e-1),
    weight_decays: tuple[float, float] = (1e-7, 1e-1),
) -> dict[str, dict[str, Any]]:
    """Trainings that differ in learning rate and weight decay, both drawn log-uniformly.

    Args:
        training: task, scenes, network and the other fields of a `Recipe`.
        trials: how many to draw; the first of more are the same.
        learning_rates: lowest and highest.
        weight_decays: lowest and highest.

    Returns:
        A table of trainings for `configurations`, by names "trial 1", "trial 2", ...

    Reference: Bergstra, Bengio (2012), Random search for hyper-parameter optimization.
    """
    uniform = np.random.Generator(np.random.Philox(key=0)).random((trials, 2))
    low, high = np.log10([learning_rates, weight_decays]).T
    drawn = 10 ** (low + uniform * (high - low))
    return {
        f"trial {i + 1}": {
            **training,
            "learning_rate": float(f"{a:.3g}"),
            "weight_decay": float(f"{b:.3g}"),
        }
        for i, (a, b) in enumerate(drawn)
    }
