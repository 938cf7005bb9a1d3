"""Tables about real images: means over seeds, differences from the truth, and planes."""

import numpy as np
import pandas as pd

from intensity import tables
from intensity.data.tissue import TISSUES, evaluation_patches


def effect(changed: float, surround: float) -> dict[str, np.ndarray]:
    """What is measured of one seed: two edits that can be rendered and one that cannot."""
    return {
        "edit": np.array(["level", "surround", "core"]),
        "label": np.array(["the level", "the surround", "the core"]),
        "changed": np.array([changed, surround, 0.5]),
        "followed": np.array([0.6, np.nan, 0.2]),
        "exact": np.array([0.8, 0.1, np.nan]),
        "exact_followed": np.array([0.7, np.nan, np.nan]),
        "cases": np.array([90, 80, 90]),
        "unusual": np.array([False, False, True]),
    }


MEASURED = {"raw": [effect(0.7, 0.0), effect(0.9, 0.2)], "pixel": [effect(0.8, 0.1)] * 2}


def test_effects_have_a_row_a_seed_and_their_difference_from_the_truth() -> None:
    table = tables.mask_effect_table(MEASURED)
    assert len(table) == 12
    first = table.query("network == 'raw' and seed == 0").set_index("edit")["difference"]
    assert np.allclose(first[["level", "surround"]], [-0.1, -0.1])
    assert np.isnan(first["core"])
    assert np.allclose(tables.largest_differences(table), [0.1, 0.1])


def test_the_summary_has_means_and_ranges_of_seeds() -> None:
    summary = tables.mask_effect_summary(tables.mask_effect_table(MEASURED))
    assert summary["network"].tolist() == ["raw"] * 3 + ["pixel"] * 3
    level = summary.iloc[0]
    assert np.allclose(
        level[["changed", "low", "high", "exact"]].astype(float), [0.8, 0.7, 0.9, 0.8]
    )
    assert level["cases"] == 90
    assert summary.query("edit == 'core'")["unusual"].all()


def test_scenes_are_compared_where_they_can_be_rendered() -> None:
    arrays = {
        "edit": np.array(["level", "slope"]), "audit": np.array([0.5, 0.1]),
        "exact": np.array([0.53, np.nan]), "differ": np.array([0.05, np.nan]),
        "cases": np.array([20, 20]),
    }  # fmt: skip
    scenes = tables.scene_difference_table({"absolute": [arrays, arrays]})
    assert scenes["edit"].tolist() == ["level", "level"]
    assert np.allclose(tables.largest_differences(scenes), 0.03)
    both = tables.difference_table(tables.mask_effect_table(MEASURED), scenes)
    assert both["images"].tolist() == ["tissue"] * 4 + ["scenes"]
    assert both["edit"].tolist() == ["level", "surround"] * 2 + ["level"]


def test_a_plane_has_the_commonest_answer_over_seeds_by_surround_and_object() -> None:
    sure, torn = np.zeros((2, 2, 3)), np.zeros((2, 2, 3))
    sure[0, :, 1] = sure[1, :, 2] = 1
    torn[..., 0], torn[0, 1, :2] = 1, (0, 1)
    seen = np.array([[True, False], [True, True]])
    group = [
        {"levels": np.array([50.0, 90.0]), "share": one, "seen": seen, "cases": np.array(24)}
        for one in (sure, sure, torn)
    ]
    table = tables.mask_plane_table({"raw": group})
    assert table["object"].tolist() == [50, 90, 50, 90]
    assert table["surround"].tolist() == [50, 50, 90, 90]
    assert table["class"].tolist() == [1, 1, 2, 2]
    assert np.allclose(table["share"], [2 / 3, 1, 2 / 3, 2 / 3])
    assert table["seen"].tolist() == [True, False, True, True]
    assert set(table["cases"]) == {24}


def test_the_share_of_the_core_is_told_apart_by_where_the_middle_lies() -> None:
    arrays = {
        "predicted": np.array([0, 0, 1, 2, 1, 1]), "core": np.array([0, 0, 0, 0, 2, 1]),
        "ring": np.array([1, 1, 1, 1, 1, 0]), "middle": np.array([1, 1, 1, 1, 0, 0], bool),
    }  # fmt: skip
    table = tables.core_share_table([arrays, arrays])
    assert table["seed"].tolist() == [0, 0, 0, 1, 1, 1]
    found = table.query("seed == 1").set_index("detail")
    assert found["images"].tolist() == [6, 4, 2]
    assert np.allclose(found["share"], [3 / 5, 2 / 3, 1 / 2])
    assert np.allclose(found["third"], [1 / 6, 1 / 4, 0])


def test_accuracies_say_what_readers_read() -> None:
    ids = ["accuracy/tissue/raw", "accuracy/tissue/middle_level"]
    rows = pd.DataFrame({"id": ids, "text": ["97 %", "96 %"], "seeds": [3, 0], "method": "some"})
    table = tables.tissue_accuracy_table(rows)
    assert table["name"].tolist() == ["raw", "level of the middle pixel"]
    assert table["accuracy"].tolist() == ["97 %", "96 %"]


def test_patches_are_listed_with_their_places_and_objects() -> None:
    patches = evaluation_patches("validation", 3)
    table = tables.patch_table(patches)
    assert table["tissue"].tolist() == list(TISSUES)
    assert table[["slice", "row", "column"]].to_numpy().tolist() == patches.place.tolist()
    assert table["area"].tolist() == patches.object.sum(axis=(1, 2)).tolist()
    assert np.allclose(table["level"], patches.level)
