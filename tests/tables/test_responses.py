"""Tables of responses against short curves, profiles and planes whose rows are known."""

import numpy as np
import pandas as pd
import pytest

from fakes import HALF, rows
from intensity import tables
from intensity.training.presets import TASKS
from intensity.values import InvalidInput


def test_a_profile_table_has_a_row_for_every_unit_and_level() -> None:
    names = {"layer": np.array(["a", "b"]), "unit": np.array([0, 5])}
    profiles = {**names, "levels": np.array([10, 20]), "object": np.array([[1.0, 2.0], [3.0, 4.0]])}
    table = tables.profile_table(profiles, "object")
    assert table.to_numpy().tolist() == [
        ["a", 0, 10, 1],
        ["a", 0, 20, 2],
        ["b", 5, 10, 3],
        ["b", 5, 20, 4],
    ]


def test_the_units_with_the_largest_range_stay_in_their_order() -> None:
    scatter = {
        "layer": np.array(["a", "a", "b"]),
        "unit": np.array([0, 1, 0]),
        "intensity": np.array([9, 9, 7]),
        "space": np.array([[0.0, 1, 3], [8, 8, 9], [-5, 0, 0]]),
    }
    widest = tables.widest_units(tables.profile_table(scatter), 2)
    assert widest["layer"].tolist() == [*"aaabbb"]
    assert widest["intensity"].tolist() == [9, 9, 7] * 2


def test_logit_curves_are_means_over_scenes_with_intervals_over_seeds() -> None:
    levels = np.array([5, 6])
    logits = np.array([[[0.0, 1.0], [2.0, 3.0]], [[2.0, 3.0], [4.0, 5.0]]])
    curves = [{"levels": levels, "logits": logits}, {"levels": levels, "logits": logits + 2}]
    table = tables.logit_table("large", curves)
    assert list(table) == ["network", "intensity", "class", "logit", "low", "high"]
    assert rows(table[["network", "intensity", "class", "logit"]]) == [
        ("large", 5, 0, 2.0),
        ("large", 5, 1, 3.0),
        ("large", 6, 0, 4.0),
        ("large", 6, 1, 5.0),
    ]
    assert (table["logit"] - table["low"]).tolist() == pytest.approx([HALF] * 4)
    assert (table["high"] - table["logit"]).tolist() == pytest.approx([HALF] * 4)


def test_the_curves_of_one_scene_have_no_interval() -> None:
    curve = {"levels": np.array([5, 6]), "logits": np.arange(8.0).reshape(2, 2, 2)}
    table = tables.scene_logits("one", curve, 1)
    assert rows(table[["network", "intensity", "class", "logit"]]) == [
        *(("one", 5, 0, 4.0), ("one", 5, 1, 5.0), ("one", 6, 0, 6.0), ("one", 6, 1, 7.0)),
    ]
    assert table[["low", "high"]].isna().all(axis=None)


def found(*places: float | None) -> pd.DataFrame:
    """Transitions of a task with boundaries at 10.5 and 20.5, as analysis has them."""
    table = pd.DataFrame({"boundary": [10.5, 20.5], "before": [0, 1], "after": [1, 0]})
    table["shown"] = table["boundary"]
    table["place"] = pd.array([pd.NA if p is None else p for p in places], "Float64")
    table["width"] = table["place"] * 0 + 4
    return table.assign(missing=[1.0 if p is None else 0.25 for p in places])


@pytest.fixture
def table() -> pd.DataFrame:
    """Two seeds that have the first boundary; one, and of the other network none, the second."""
    return tables.transition_table(
        {"large": [found(10, 21), found(12, None)], "small": [found(10, None)] * 2}
    )


def test_transitions_have_a_row_for_each_network_seed_and_boundary(table: pd.DataFrame) -> None:
    assert list(table) == [
        *("network", "seed", "boundary", "shown", "before", "after"),
        *("place", "width", "missing"),
    ]
    assert rows(table)[:3] == [
        ("large", 0, 10.5, 10.5, 0, 1, 10.0, 4.0, 0.25),
        ("large", 0, 20.5, 20.5, 1, 0, 21.0, 4.0, 0.25),
        ("large", 1, 10.5, 10.5, 0, 1, 12.0, 4.0, 0.25),
    ]
    assert table["place"].isna().tolist() == [False, False, False, True, *(False, True) * 2]


def test_means_are_over_the_seeds_that_have_a_place(table: pd.DataFrame) -> None:
    summary = tables.transition_summary(table)
    assert list(summary) == [
        *("network", "boundary", "shown", "place", "low", "high", "width", "missing", "seeds")
    ]
    both, one, _, none = (summary.iloc[i] for i in range(4))
    assert (both["place"], both["low"], both["high"]) == pytest.approx((11, 11 - HALF, 11 + HALF))
    assert (one["place"], one["width"], one["missing"]) == (21, 4, 0.625)
    assert one[["low", "high"]].isna().all()
    assert none[["place", "low", "high", "width"]].isna().all()
    assert none["missing"] == 1
    assert summary["seeds"].tolist() == [2, 1, 2, 0]


def test_every_boundary_has_a_width_in_grey_levels() -> None:
    table = tables.width_table([found(10, 21), found(12, None)], 7)
    assert rows(table) == [
        (10.5, 4.0, "grey levels", 7),
        (20.5, 4.0, "grey levels", 7),
        (10.5, 4.0, "grey levels", 7),
        (20.5, 10.0, "grey levels", 7),
    ]


def test_widths_stand_at_the_level_that_images_show_beside_a_line_through_the_origin() -> None:
    one = found(1, 1).assign(boundary=[30.5, 60.5], shown=[10.0, 20.0], width=[1.0, 2.0])
    other = one.assign(width=[3.0, 2.0])
    table = tables.width_by_level({"net": [one, other]})
    assert list(table) == ["network", "seed", "shown", "width"]
    assert rows(table[["seed", "shown", "width"]]) == [
        *((0, 10, 1), (0, 20, 2), (1, 10, 3), (1, 20, 2))
    ]
    means = tables.width_summary(table)
    assert list(means) == ["network", "shown", "width", "low", "high", "proportional"]
    assert means["width"].tolist() == [2, 2]
    assert means["low"].tolist() == [0, 2]  # no width is negative
    # the factor is (10 * 2 + 20 * 2) / (10^2 + 20^2)
    assert means["proportional"].tolist() == pytest.approx([1.2, 2.4])


def plane(first: float) -> dict[str, np.ndarray]:
    """Of two intensities and backgrounds; class 0 has `first` of the scenes on black, else none."""
    share = np.zeros((2, 2, 3))
    share[0, :, 0], share[0, :, 1], share[1, :, 2] = first, 1 - first, 1
    return {"intensity": np.array([50, 150]), "background": np.array([0, 150]), "share": share}


def test_a_plane_has_the_class_that_is_named_most_often_over_seeds() -> None:
    tasks = {"a": TASKS["absolute"], "c": TASKS["contrast"]}
    table = tables.plane_table({"a": [plane(0.9), plane(0.5)], "c": [plane(0.2)]}, tasks)
    assert list(table) == [
        *("network", "task", "intensity", "background", "class", "share", "label")
    ]
    assert rows(table) == [
        ("a", "absolute", 50, 0, 0, pytest.approx(0.7), 0),
        ("a", "absolute", 150, 0, 0, pytest.approx(0.7), 1),
        ("a", "absolute", 50, 150, 2, 1.0, 0),
        ("a", "absolute", 150, 150, 2, 1.0, -1),
        ("c", "contrast", 50, 0, 1, 0.8, 0),
        ("c", "contrast", 150, 0, 1, 0.8, 1),
        ("c", "contrast", 50, 150, 2, 1.0, 0),
        ("c", "contrast", 150, 150, 2, 1.0, -1),
    ]


def test_a_plane_of_a_task_of_shapes_is_refused() -> None:
    with pytest.raises(InvalidInput, match="shape"):
        tables.plane_table({"a": [plane(0.5)]}, {"a": TASKS["shape"]})


def test_every_probability_has_its_seed_scene_and_level() -> None:
    first = np.arange(12).reshape(2, 3, 2) / 100
    table = tables.probability_table([first, first + 0.5], np.array([0, 7, 255]))
    assert list(table.columns) == ["scene", "seed", "intensity", "class 0", "class 1"]
    assert len(table) == 12
    row = table.query("scene == 1 and seed == 1 and intensity == 7").squeeze()
    assert (row["class 0"], row["class 1"]) == (0.58, 0.59)


def test_outcomes_of_recoloring_have_intervals_over_seeds() -> None:
    seeds = [
        pd.DataFrame(
            {
                "recoloring": ["other_class"],
                "step": [10],
                "count": [5],
                "kept": [kept],
                "follows": [1 - kept],
                "third": [0.0],
            }
        )
        for kept in (0.1, 0.12)
    ]
    table = tables.recolor_summary(tables.recolor_table({"net": seeds})).set_index("outcome")
    assert table.loc["kept", "share"] == pytest.approx(0.11)
    assert table.loc["kept", "high"] == pytest.approx(0.11 + HALF * 0.01)
    assert table.loc["kept", "low"] == 0
    assert table.loc["follows", "high"] == 1
    assert table.loc["third", ["name", "recoloring", "step", "share"]].tolist() == [
        *("net", "other_class", 10, 0.0)
    ]


def test_outcomes_say_how_many_recolorings_they_rest_on_seed_by_seed() -> None:
    shares = {"recoloring": ["same_class"], "step": [20], "kept": 0.5, "follows": 0.25}
    seeds = [pd.DataFrame({**shares, "third": 0.25, "count": count}) for count in (7, 6)]
    table = tables.recolor_table({"net": seeds})
    assert list(table) == ["name", "seed", "recoloring", "step", "outcome", "share", "count"]
    assert table[["seed", "count"]].to_numpy().tolist() == [[0, 7]] * 3 + [[1, 6]] * 3
    assert tables.recolor_summary(table)["count"].tolist() == [6, 6, 6]


def test_steps_with_few_pairs_are_left_out() -> None:
    shares = {"kept": 0.1, "follows": 0.9, "third": 0.0}
    seed = pd.DataFrame({"recoloring": "same_class", "step": [10, 20], "count": [199, 1], **shares})
    assert set(tables.recolor_table({"net": [seed]})["step"]) == {10}


def test_pairs_have_a_share_for_each_distance_seed_and_outcome() -> None:
    pairs = pd.DataFrame(
        {
            "scene": [0, 0, 1, 1],
            "distance": [0.5, 0.5, 5.5, 5.5],
            "followed": [False, True, True, True],
            "changed": [True, True, False, False],
        }
    )
    table = tables.pair_table([pairs, pairs.assign(changed=False)])
    assert list(table) == ["seed", "distance", "outcome", "share", "count"]
    changes = table[table["outcome"].str.contains("changes")]
    assert rows(changes[["seed", "distance", "share", "count"]]) == [
        (0, 0.5, 1.0, 2),
        (0, 5.5, 0.0, 2),
        (1, 0.5, 0.0, 2),
        (1, 5.5, 0.0, 2),
    ]
    follows = table[table["outcome"].str.contains("follows") & (table["seed"] == 0)]
    assert follows["share"].tolist() == [0.5, 1.0]
