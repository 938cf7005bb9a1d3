"""Probabilities on sweeps: every number lands in its row."""

import numpy as np

from intensity.tables.sweeps import probability_table


def test_every_probability_has_its_seed_scene_and_level() -> None:
    first = np.arange(12).reshape(2, 3, 2) / 100
    table = probability_table([first, first + 0.5], np.array([0, 7, 255]))
    assert list(table.columns) == ["scene", "seed", "intensity", "class 0", "class 1"]
    assert len(table) == 12
    row = table.query("scene == 1 and seed == 1 and intensity == 7").squeeze()
    assert (row["class 0"], row["class 1"]) == (0.58, 0.59)
