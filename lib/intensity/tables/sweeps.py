"""Class probabilities on intensity sweeps as one table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def probability_table(probabilities: Sequence[np.ndarray], levels: np.ndarray) -> pd.DataFrame:
    """The class probabilities of every seed, scene and level.

    Args:
        probabilities: (n, k, classes), one for each seed.
        levels: (k,) grey levels of the object.

    Returns:
        Columns scene (0..n - 1), seed (position), intensity (grey level), and `class c` for every
        class: its probability, 0..1.
    """
    seeds = np.stack(probabilities)
    seed, scene, k = (index.ravel() for index in np.indices(seeds.shape[:3]))
    table = pd.DataFrame({"scene": scene, "seed": seed, "intensity": levels[k]})
    classes = seeds.reshape(-1, seeds.shape[3]).round(4)
    return table.assign(**{f"class {c}": column for c, column in enumerate(classes.T)})
