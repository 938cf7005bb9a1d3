"""How many images it takes to learn, and how that grows with the number of boundaries."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from intensity.values import InvalidInput


def images_needed(history: pd.DataFrame, goal: float) -> int:
    """Images shown when validation accuracy first reached a goal; all of them if it never did.

    Args:
        history: of a training: columns images, validation_accuracy; a row an epoch.
        goal: accuracy, 0..1.
    """
    reached = history.loc[history["validation_accuracy"] >= goal, "images"]
    return int(reached.iloc[0] if len(reached) else history["images"].iloc[-1])


def growth_exponent(counts: Sequence[int], images: Sequence[int]) -> float:
    """Slope of log images against log number of boundaries, by least squares.

    Args:
        counts: numbers of boundaries, two different ones or more.
        images: needed at each.

    Raises:
        InvalidInput: there is nothing to fit a slope to.
    """
    if len(counts) != len(images) or len(set(counts)) < 2:
        raise InvalidInput(f"counts: {list(counts)} is not allowed: two or more, images of each")
    return float(np.polyfit(np.log(counts), np.log(images), 1)[0])
