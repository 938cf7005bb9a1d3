"""Tables of interventions against effects whose means and distances are known."""

import math

import numpy as np
import pandas as pd
import pytest

from fakes import HALF, rows
from intensity import tables
from intensity.responses.interventions import INTERVENTIONS
from intensity.scenes import draw_scenes, find_setting
from intensity.statistics import t_test, wilson
from intensity.tasks import TASKS
from intensity.values import InvalidInput


def arrays(deviation: float = 0.0, scenes: int = 100, **values: float) -> dict[str, np.ndarray]:
    """Effects of one seed or reader, as they are measured."""
    return {
        "effect": np.array(list(values)),
        "value": np.array(list(values.values())),
        "deviation": np.full(len(values), deviation),
        "scenes": np.full(len(values), scenes),
    }


MEASURED = {
    ("hard", "net"): [
        arrays(recolor=0.5, moved=0.1, drop_4=-0.9),
        arrays(recolor=0.7, moved=0.1, drop_4=-0.8, scenes=90),
    ],
    ("hard", "alike"): [arrays(recolor=0.6, moved=0.1, edge_only=1.0)],
    ("hard", "unlike"): [arrays(deviation=0.5, recolor=0.0, moved=0.9)],
}


def test_effects_are_a_row_each_and_readers_have_one_seed() -> None:
    table = tables.effects(MEASURED)
    assert len(table) == 6 + 3 + 2
    assert set(table.loc[table["name"] == "net", "kind"]) == {"network"}
    assert set(table.loc[table["name"] != "net", "kind"]) == {"reader"}
    own = table[(table["name"] == "net") & (table["effect"] == "recolor")]
    assert own[["seed", "value", "scenes"]].to_numpy().tolist() == [[0, 0.5, 100], [1, 0.7, 90]]


def test_networks_have_t_intervals_over_seeds_and_readers_normal_ones_over_scenes() -> None:
    summary = tables.effect_summary(tables.effects(MEASURED)).set_index(["name", "effect"])
    moved = summary.loc[("net", "moved")]
    assert moved[["value", "low", "high", "seeds", "scenes"]].tolist() == [0.1, 0.1, 0.1, 2, 90]
    wide = summary.loc[("net", "recolor")]
    assert wide["value"] == pytest.approx(0.6)
    assert (wide["low"], wide["high"]) == (0, 1)  # 0.6 +- 1.27, cut at what a share can be
    read = summary.loc[("unlike", "moved")]
    half = 1.959963984540054 * 0.5 / math.sqrt(100)
    assert read[["value", "low", "seeds"]].tolist() == pytest.approx([0.9, 0.9 - half, 0])
    assert read["high"] == pytest.approx(0.9 + half)


def test_differences_of_accuracies_may_be_negative_but_not_below_minus_one() -> None:
    summary = tables.effect_summary(tables.effects(MEASURED)).set_index(["name", "effect"])
    dropped = summary.loc[("net", "drop_4")]
    assert dropped["value"] == pytest.approx(-0.85)
    assert dropped["low"] == -1
    assert dropped["high"] == pytest.approx(min(-0.85 + HALF * 0.05, 1))


def test_one_effect_of_one_network_comes_seed_by_seed() -> None:
    values, scenes = tables.seed_values(tables.effects(MEASURED), "hard", "net", "recolor")
    assert values.tolist() == [0.5, 0.7]
    assert scenes == 90


def test_an_effect_that_was_not_measured_is_refused() -> None:
    with pytest.raises(InvalidInput, match="effect: blurred of net on hard is not allowed"):
        tables.seed_values(tables.effects(MEASURED), "hard", "net", "blurred")


def test_an_effect_is_absent_where_all_seeds_stay_below_the_margin() -> None:
    seeds = [
        arrays(moved=0.001, blurred=0.2, recolor=0.04),
        arrays(moved=0.002, blurred=0.21, recolor=0.0),
        arrays(moved=0.001, blurred=0.19, recolor=0.02),
    ]
    found = tables.absences(
        tables.effects({("hard", "net"): seeds, ("hard", "edges"): [arrays(moved=0.0)]}), 0.05
    )
    assert set(found["name"]) == {"net"}
    by_name = found.set_index("intervention")
    assert by_name["absent"].to_dict() == {"moved": True, "blurred": False, "recolor": False}
    # Seen alone the last would pass; three tests are made.
    alone = t_test([0.04, 0.0, 0.02], 0.05, side="less")
    assert by_name.loc["recolor", "p"] == pytest.approx(2 * alone)
    assert by_name.loc["moved", "p"] == pytest.approx(
        3 * t_test([0.001, 0.002, 0.001], 0.05, side="less")
    )


def test_the_matrix_is_never_blank_and_says_what_is_unusual() -> None:
    drawn = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 64)
    summary = tables.effect_summary(tables.effects(MEASURED))
    matrix = tables.effect_matrix(summary, dict.fromkeys(MEASURED, drawn))
    assert len(matrix) == 3 * len(INTERVENTIONS)
    blank = matrix["value"].isna()
    assert (matrix.loc[blank, "note"] != "").all()
    assert (matrix.loc[~blank, "note"] == "").all()
    net = matrix[matrix["name"] == "net"].set_index("intervention")
    assert net.loc["recolor", "value"] == pytest.approx(0.6)
    assert net.loc["distractor_recolored", "note"] == "a distractor with a choice of levels"
    assert net.loc["offset", "note"] == "images up to level 235"
    assert not net.loc["recolor", "unusual"]
    assert net.loc["blurred", "unusual"]


def test_what_applies_to_too_few_scenes_is_told_from_what_is_refused() -> None:
    drawn = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 1)
    summary = tables.effect_summary(tables.effects({("hard", "net"): [arrays(recolor=0.5)] * 2}))
    matrix = tables.effect_matrix(summary, {("hard", "net"): drawn}).set_index("intervention")
    assert matrix.loc["moved", "note"] == "too few scenes that it applies to"
    assert matrix.loc["distractor_recolored", "note"] == "a distractor with a choice of levels"


def test_a_reader_with_the_effects_of_a_network_has_no_distance_and_is_nearest() -> None:
    same = arrays(recolor=0.5, moved=0.1, drop_4=0.3)
    readers = {
        ("hard", "unlike"): [arrays(recolor=0.4, moved=0.1)],
        # Further effects follow from interventions, and do not count beside them.
        ("hard", "equal"): [arrays(recolor=0.5, moved=0.1, drop_4=0.9)],
        ("shape", "elsewhere"): [same],
    }
    near = tables.fingerprints(tables.effects({("hard", "net"): [same, same], **readers}))
    assert set(near["reader"]) == {"unlike", "equal"}
    equal = near.set_index("reader").loc["equal"]
    assert equal[["distance", "low", "high", "nearest"]].tolist() == [0, 0, 0, True]
    assert near["nearest"].sum() == 1


def test_the_nearest_reader_is_the_one_whose_effects_are_alike() -> None:
    near = tables.fingerprints(tables.effects(MEASURED))
    assert near[["name", "reader", "interventions", "nearest"]].to_numpy().tolist() == [
        ["net", "alike", 2, True],
        ["net", "unlike", 2, False],
    ]
    # Seed by seed: differences in two effects, their root mean square.
    assert near["distance"].tolist() == pytest.approx(
        [0.1 / math.sqrt(2), (math.hypot(0.5, 0.8) + math.hypot(0.7, 0.8)) / 2 / math.sqrt(2)]
    )
    assert near.loc[0, "low"] == pytest.approx(near.loc[0, "distance"])


def test_a_task_without_a_reader_has_no_distances() -> None:
    alone = {("hard", "net"): MEASURED["hard", "net"]}
    assert tables.fingerprints(tables.effects(alone)).empty


def test_doses_are_told_by_region_and_count() -> None:
    names = {f"pixels_{count}_core": count / 100 for count in (1, 10, 40)}
    measured = {("hard", "net"): [arrays(**names, moved=0.5, pixels_10_edge=0.2)] * 2}
    doses = tables.doses(tables.effects(measured))
    assert list(doses) == ["task", "name", "region", "pixels", "seed", "value"]
    assert rows(doses)[:4] == [
        ("hard", "net", "core", 1, 0, 0.01),
        ("hard", "net", "core", 10, 0, 0.1),
        ("hard", "net", "core", 40, 0, 0.4),
        ("hard", "net", "edge", 10, 0, 0.2),
    ]


@pytest.mark.parametrize(
    ("shares", "dose"),
    [
        ((0.0, 0.0, 0.0), 0.0),
        ((1.0, 1.0, 1.0), 0.5),
        ((0.0, 0.0, 0.4), 25.0),
        ((0.0, 0.2, 0.4), 10.0),
        ((0.1, 0.3, 0.4), 5.5),
    ],
)
def test_the_half_dose_is_read_between_the_doses(shares: tuple[float, ...], dose: float) -> None:
    assert tables.half_dose(shares) == pytest.approx(dose)


def test_pieces_have_a_side() -> None:
    measured = {("hard", "net"): [arrays(drop_8=0.1, drop_1=0.5, moved=0.2)] * 2}
    cut = tables.pieces(tables.effect_summary(tables.effects(measured)))
    assert cut[["side", "value"]].to_numpy().tolist() == [[8, 0.1], [1, 0.5]]


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
    table = tables.recolorings({"net": seeds}).set_index("outcome")
    assert table.loc["kept", "share"] == pytest.approx(0.11)
    assert table.loc["kept", "high"] == pytest.approx(0.11 + HALF * 0.01)
    assert table.loc["kept", "low"] == 0
    assert table.loc["follows", "high"] == 1
    assert table.loc["third", ["name", "recoloring", "step", "share"]].tolist() == [
        *("net", "other_class", 10, 0.0)
    ]


def test_a_share_of_counted_scenes_that_is_zero_is_not_certain() -> None:
    """Wilson's interval where scenes count wholly or not at all; elsewhere scores are no counts."""
    third = math.sqrt(100 * 0.3 * 0.7 / 99)
    readers = {
        "counts": [arrays(deviation=third, recolor=0.3)],
        "never": [arrays(moved=0.0, drop_4=0.0)],
        "halves": [arrays(deviation=third / 2, recolor=0.3)],
    }
    measured = {("hard", name): own for name, own in readers.items()}
    summary = tables.effect_summary(tables.effects(measured)).set_index(["name", "effect"])
    for place, count in ((("counts", "recolor"), 30), (("never", "moved"), 0)):
        limits = wilson(count, 100)
        assert summary.loc[place, ["low", "high"]].tolist() == pytest.approx(limits[:2])
    assert summary.loc[("never", "drop_4"), ["low", "high"]].tolist() == [0, 0]
    half = 1.959963984540054 * third / 2 / 10
    assert summary.loc[("halves", "recolor"), "low"] == pytest.approx(0.3 - half)


def test_what_was_not_measured_is_not_said_to_be_impossible() -> None:
    drawn = draw_scenes(TASKS["hard"], find_setting("discs"), "test", 0, 8)
    summary = tables.effect_summary(tables.effects({("hard", "net"): MEASURED["hard", "net"]}))
    matrix = tables.effect_matrix(summary, {("hard", "net"): drawn}).set_index("intervention")
    assert matrix.loc["blurred", "note"] == "not measured"


def test_readers_stay_in_order_and_are_nearest_in_some_seeds() -> None:
    measured = {
        ("hard", "net"): [arrays(recolor=value) for value in (0.1, 0.2, 0.9)],
        ("hard", "rises"): [arrays(recolor=1.0)],
        ("hard", "falls"): [arrays(recolor=0.0)],
    }
    near = tables.fingerprints(tables.effects(measured))
    assert near[["reader", "nearest_in", "nearest"]].to_numpy().tolist() == [
        ["rises", 1, False],
        ["falls", 2, True],
    ]
    assert near["distance"].tolist() == pytest.approx([0.6, 0.4])


@pytest.mark.parametrize("shares", [(), (0.1, 0.2), (0.1, 0.2, 0.3, 0.4)])
def test_a_half_dose_needs_a_share_for_every_dose(shares: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="shares"):
        tables.half_dose(shares)


def test_no_doses_are_an_empty_table() -> None:
    assert tables.doses(tables.effects(MEASURED)).empty


def test_outcomes_say_how_many_recolorings_they_rest_on() -> None:
    shares = {"recoloring": ["same_class"], "step": [20], "kept": 0.5, "follows": 0.25}
    seeds = [pd.DataFrame({**shares, "third": 0.25, "count": count}) for count in (7, 6)]
    assert tables.recolorings({"net": seeds})["count"].tolist() == [6, 6, 6]


def test_seeds_with_different_effects_are_refused() -> None:
    seeds = [arrays(recolor=0.1, moved=0.2), arrays(recolor=0.1)]
    table = tables.effects({("hard", "net"): seeds, ("hard", "r"): [arrays(recolor=0.0, moved=0)]})
    with pytest.raises(InvalidInput, match="finite"):
        tables.fingerprints(table)
