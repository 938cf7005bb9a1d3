"""Tables of interventions against effects whose means and distances are known."""

import math

import numpy as np
import pandas as pd
import pytest

from fakes import HALF, rows
from intensity import tables
from intensity.data.sampling import draw_scenes
from intensity.evaluation.comparison import Compared
from intensity.interventions.registry import INTERVENTIONS
from intensity.statistics.intervals import holm, on_scale, seed_interval, t_test, wilson
from intensity.training.presets import TASKS, find_setting
from intensity.units import UNITS
from intensity.values import InvalidInput


def arrays(
    deviation: float = 0.0, scenes: int = 100, binary: bool = False, **values: float
) -> pd.DataFrame:
    """Effects of one seed or baseline, as they are measured."""
    return pd.DataFrame(
        {
            "effect": list(values),
            "value": list(values.values()),
            "deviation": deviation,
            "scenes": scenes,
            "binary": binary,
        }
    )


SCENES = {
    name: draw_scenes(TASKS[name], find_setting("discs"), "test", 0, 64)
    for name in ("hard", "medium")
}


def network(*seeds: pd.DataFrame, name: str = "net", task: str = "hard") -> Compared:
    """A network with these effects."""
    return Compared(name, "network", SCENES[task], seeds)


def baseline(name: str, once: pd.DataFrame, task: str = "hard") -> Compared:
    """A baseline with these effects."""
    return Compared(name, "baseline", SCENES[task], (once,))


NET = network(
    arrays(recolor=0.5, moved=0.1, drop_4=-0.9),
    arrays(recolor=0.7, moved=0.1, drop_4=-0.8, scenes=90),
)
MEASURED = [
    NET,
    baseline("alike", arrays(recolor=0.6, moved=0.1, edge_only=1.0)),
    baseline("unlike", arrays(deviation=0.5, recolor=0.0, moved=0.9)),
]


def test_effects_are_a_row_each_and_readers_have_one_seed() -> None:
    table = tables.effect_table(MEASURED)
    assert len(table) == 6 + 3 + 2
    assert set(table.loc[table["name"] == "net", "kind"]) == {"network"}
    assert set(table.loc[table["name"] != "net", "kind"]) == {"baseline"}
    own = table[(table["name"] == "net") & (table["effect"] == "recolor")]
    assert own[["seed", "value", "scenes"]].to_numpy().tolist() == [[0, 0.5, 100], [1, 0.7, 90]]


def test_networks_have_t_intervals_over_seeds_and_readers_normal_ones_over_scenes() -> None:
    summary = tables.effect_summary(tables.effect_table(MEASURED)).set_index(["name", "effect"])
    moved = summary.loc[("net", "moved")]
    interval, _ = seed_interval([0.1, 0.1], UNITS["fraction"], 90)
    assert moved[["value", "low", "high"]].tolist() == list(interval.row(UNITS["fraction"]))
    assert moved[["seeds", "scenes"]].tolist() == [2, 90]
    wide = summary.loc[("net", "recolor")]
    assert wide["value"] == pytest.approx(0.6)
    assert (wide["low"], wide["high"]) == (0, 1)  # 0.6 +- 1.27, cut at what a share can be
    read = summary.loc[("unlike", "moved")]
    half = 1.959963984540054 * 0.5 / math.sqrt(100)
    assert read[["value", "low", "seeds"]].tolist() == pytest.approx([0.9, 0.9 - half, 0])
    assert read["high"] == pytest.approx(0.9 + half)


def test_differences_of_accuracies_may_be_negative() -> None:
    summary = tables.effect_summary(tables.effect_table(MEASURED)).set_index(["name", "effect"])
    dropped = summary.loc[("net", "drop_4")]
    assert dropped["value"] == pytest.approx(-0.85)
    ends = -0.85 - HALF * 0.05, -0.85 + HALF * 0.05
    assert (dropped["low"], dropped["high"]) == pytest.approx(ends)


def test_one_effect_of_one_network_comes_seed_by_seed() -> None:
    values, scenes = tables.seed_values(tables.effect_table(MEASURED), "hard", "net", "recolor")
    assert values.tolist() == [0.5, 0.7]
    assert scenes == 90


@pytest.mark.parametrize(
    ("effect", "place", "unit"),
    [
        ("recolor", "recolor_changes/hard/net", "fraction"),
        ("pixels_1_core", "changed_predictions/hard/net/one_pixel_core", "fraction"),
        ("drop_4", "scatter_drop/hard/net", "difference in fraction"),
        ("core_share", "core_share/hard/net", "fraction"),
    ],
)
def test_an_effect_says_its_id_and_unit(effect: str, place: str, unit: str) -> None:
    table = tables.effect_table([network(*[arrays(**{effect: 0.5})] * 2)])
    found = tables.effect_measurement(table, "hard", "net", effect)
    assert (found["name"], found["unit"], found["scenes"]) == (place, unit, 100)
    assert found["values"].tolist() == [0.5, 0.5]


def test_an_effect_that_was_not_measured_is_refused() -> None:
    with pytest.raises(InvalidInput, match="effect: blurred of net on hard is not allowed"):
        tables.seed_values(tables.effect_table(MEASURED), "hard", "net", "blurred")


def test_an_effect_is_absent_where_all_seeds_stay_below_the_margin() -> None:
    seeds = [
        arrays(moved=0.01, blurred=0.2, recolor=0.045),
        arrays(moved=0.011, blurred=0.21, recolor=0.01),
        arrays(moved=0.01, blurred=0.19, recolor=0.02),
    ]
    found = tables.absence_table(
        tables.effect_table([network(*seeds), baseline("edges", arrays(moved=0.0))]), 0.05
    )
    assert set(found["name"]) == {"net"}
    by_name = found.set_index("intervention")
    assert by_name["absent"].to_dict() == {"moved": True, "blurred": False, "recolor": False}
    by_seed = np.array([seed["value"].to_numpy()[:3] for seed in seeds]).T
    p = holm([on_scale(values, UNITS["fraction"], 100).p_below(0.05) for values in by_seed])
    assert found["p"].tolist() == pytest.approx(p.tolist())


def test_near_zero_the_scenes_of_all_seeds_count() -> None:
    """Three seeds that never change have no spread: 15 scenes do not show it, 400 do."""
    few, many = (
        tables.absence_table(
            tables.effect_table([network(*[arrays(scenes=n, moved=0.0)] * 3)]), 0.05
        )
        for n in (15, 400)
    )
    assert few["absent"].tolist() == [False]
    assert many["absent"].tolist() == [True]
    assert set(few["decided_by"]) == {"Student t over seeds, on the logit"}
    # Wilson's 90 % interval of 0 of n ends at z^2 / (n + z^2).
    z = 1.6448536269514722
    assert few.loc[0, "high"] == pytest.approx(z**2 / (45 + z**2))
    assert (few.loc[0, "low"], few.loc[0, "scenes"]) == (0, 15)
    assert few.loc[0, "high"] > 0.05 > many.loc[0, "high"]


def test_near_zero_the_interval_is_made_on_the_logit() -> None:
    seeds = [arrays(scenes=500, moved=value) for value in (0.0, 0.0, 0.048)]
    (found,) = tables.absence_table(tables.effect_table([network(*seeds)]), 0.05).to_dict("records")
    assert found["value"] == pytest.approx(0.016)
    assert not found["absent"]
    interval, _ = seed_interval([0, 0, 0.048], UNITS["fraction"], 500, 0.9)
    assert found["high"] == pytest.approx(interval.high)


def named(*compared: Compared) -> pd.DataFrame:
    """Fingerprints by reader; a reader solves the task from 97 % on."""
    table = tables.effect_table(compared)
    return tables.fingerprint_table(tables.distance_table(table), table, 0.97).set_index("baseline")


def test_groups_weigh_alike_however_many_columns_they_have() -> None:
    doses = {f"pixels_{n}_{region}": 0.3 for n in (1, 10, 40) for region in ("core", "edge")}
    own = network(*[arrays(recolor=0.9, drop_4=0.5, **doses)] * 2)
    none = dict.fromkeys(doses, 0.0)
    # Further effects follow from interventions, and do not count beside them.
    other = baseline("other", arrays(recolor=0.5, drop_4=0.0, edge_only=1.0, **none))
    found = tables.distance_table(tables.effect_table([own, other, baseline("same", own.seeds[0])]))
    assert found[["baseline", "seed", "groups", "interventions"]].to_numpy().tolist() == [
        *(["other", seed, 2, 7] for seed in (0, 1)),
        *(["same", seed, 2, 7] for seed in (0, 1)),
    ]
    apart = math.sqrt((0.4**2 + 0.3**2) / 2)
    assert found["distance"].tolist() == pytest.approx([apart, apart, 0, 0])


SEEDS = [arrays(recolor=value) for value in (0.1, 0.12, 0.11)]


def test_a_baseline_is_named_that_is_nearest_in_every_seed_and_solves_the_task() -> None:
    near = baseline("near", arrays(scenes=1000, recolor=0.0, accuracy=0.995))
    far = baseline("far", arrays(scenes=1000, recolor=1.0, accuracy=0.995))
    found = named(network(*SEEDS), near, far)
    assert found["nearest"].to_dict() == {"near": True, "far": False}
    assert found.loc["near", "distance"] == pytest.approx(0.11)
    assert found.loc["near", "p"] == pytest.approx(
        t_test([0.9 - 0.1, 0.88 - 0.12, 0.89 - 0.11], side="two-sided")
    )
    assert found.loc["far", "p"] == 1
    assert found.loc["far", ["unlike", "other"]].tolist() == ["recolored, any level", 1]
    assert found.loc["far", "own"] == pytest.approx(0.11)
    low = wilson(995, 1000).low
    assert found.loc["near", ["accuracy", "accuracy_low"]].tolist() == pytest.approx([0.995, low])
    assert found.loc["near", "low"] == pytest.approx(0.11 - 4.30265273 * 0.01 / math.sqrt(3))


@pytest.mark.parametrize("accuracy", [0.34, 0.975])
def test_a_baseline_that_does_not_surely_solve_the_task_is_not_named(accuracy: float) -> None:
    near = baseline("near", arrays(scenes=1000, recolor=0.0, accuracy=accuracy))
    far = baseline("far", arrays(scenes=1000, recolor=1.0, accuracy=0.995))
    assert not named(network(*SEEDS), near, far)["nearest"].any()


def test_nobody_is_named_where_seeds_disagree_or_others_are_as_near() -> None:
    right = {"scenes": 1000, "accuracy": 0.995}
    rises, falls = (
        baseline("rises", arrays(recolor=1.0, **right)),
        baseline("falls", arrays(recolor=0.0, **right)),
    )
    divided = network(*(arrays(recolor=value) for value in (0.1, 0.2, 0.9)))
    assert not named(divided, rises, falls)["nearest"].any()
    twins = baseline("a", arrays(recolor=0.0, **right)), baseline("b", arrays(recolor=0.0, **right))
    found = named(network(*SEEDS), *twins, rises)
    assert found["p"].tolist() == [1, 1, 1]
    assert not found["nearest"].any()


def test_all_other_baselines_have_to_be_farther_each_by_its_own_test() -> None:
    right = {"scenes": 1000, "accuracy": 0.995}
    others = [baseline(name, arrays(recolor=1.0, **right)) for name in "bc"]
    found = named(network(*SEEDS), baseline("a", arrays(recolor=0.0, **right)), *others)
    once = t_test([0.8, 0.76, 0.78], side="two-sided")
    assert found.loc["a", "p"] == pytest.approx(once)


def test_a_task_with_less_than_two_readers_leaves_no_choice() -> None:
    for others in ([], MEASURED[1:2]):
        table = tables.effect_table([NET, *others])
        assert tables.distance_table(table).empty
        assert tables.fingerprint_table(tables.distance_table(table), table, 0.97).empty
    # Baselines of another task are no choice either.
    elsewhere = [baseline(name, arrays(recolor=0.1), "medium") for name in "ab"]
    assert tables.distance_table(tables.effect_table([NET, *elsewhere])).empty


def test_seeds_with_different_effects_are_refused() -> None:
    seeds = [arrays(recolor=0.1, moved=0.2), arrays(recolor=0.1)]
    table = tables.effect_table([network(*seeds), *MEASURED[1:]])
    with pytest.raises(InvalidInput, match="effects: seeds are not allowed to differ"):
        tables.distance_table(table)


def test_doses_are_told_by_region_and_count() -> None:
    names = {f"pixels_{count}_core": count / 100 for count in (1, 10, 40)}
    measured = network(*[arrays(**names, moved=0.5, pixels_10_edge=0.2)] * 2)
    doses = tables.dose_table(tables.effect_table([measured]))
    assert list(doses) == ["task", "name", "region", "pixels", "seed", "value", "scenes"]
    assert rows(doses)[:4] == [
        ("hard", "net", "core", 1, 0, 0.01, 100),
        ("hard", "net", "core", 10, 0, 0.1, 100),
        ("hard", "net", "core", 40, 0, 0.4, 100),
        ("hard", "net", "edge", 10, 0, 0.2, 100),
    ]


def test_doses_are_percent_in_a_column_a_count() -> None:
    summary = pd.DataFrame(
        {"name": "net", "region": ["core", "core", "edge"], "pixels": [1, 40, 1],
         "value": [0.1, 0.5, 0.0], "low": [0.0, 0.4, 0.0], "high": [0.2, 0.6, 0.0]}
    )  # fmt: skip
    table = tables.dose_numbers(summary)
    assert list(table) == ["name", "region", "1 px", "40 px"]
    assert table.iloc[0].tolist() == [*("net", "core", "10.0 % [0.0, 20.0]", "50.0 % [40.0, 60.0]")]
    assert table.iloc[1, 2] == "0.0 % [0.0, 0.0]"


def test_the_main_changes_are_interventions() -> None:
    assert set(tables.MAIN_CHANGES) <= set(INTERVENTIONS)
    assert len(tables.MAIN_CHANGES) == 8


def test_a_half_dose_is_a_row_a_seed() -> None:
    names = {f"pixels_{count}_core": share for count, share in ((1, 0.0), (10, 0.2), (40, 0.8))}
    measured = network(arrays(**names), arrays(**dict.fromkeys(names, 0.0)))
    halves = tables.half_dose_table(tables.dose_table(tables.effect_table([measured])))
    assert rows(halves) == [(0, 10, 40, pytest.approx(20)), (1, 0, 0, 0.0)]


def test_pieces_have_a_side() -> None:
    measured = network(*[arrays(drop_8=0.1, drop_1=0.5, moved=0.2)] * 2)
    cut = tables.piece_table(tables.effect_summary(tables.effect_table([measured])))
    assert cut[["side", "value"]].to_numpy().tolist() == [[8, 0.1], [1, 0.5]]


def test_a_share_of_counted_scenes_that_is_zero_is_not_certain() -> None:
    """Wilson's interval where scenes count wholly or not at all; elsewhere scores are no counts."""
    third = math.sqrt(100 * 0.3 * 0.7 / 99)
    baselines = {
        "counts": arrays(deviation=third, binary=True, recolor=0.3),
        "never": arrays(binary=True, moved=0.0, drop_4=0.0),
        "halves": arrays(deviation=third / 2, recolor=0.3),
    }
    measured = [baseline(name, once) for name, once in baselines.items()]
    summary = tables.effect_summary(tables.effect_table(measured)).set_index(["name", "effect"])
    for place, count in ((("counts", "recolor"), 30), (("never", "moved"), 0)):
        limits = wilson(count, 100)
        assert summary.loc[place, ["low", "high"]].tolist() == pytest.approx(limits[:2])
    assert summary.loc[("never", "drop_4"), ["low", "high"]].tolist() == [0, 0]
    half = 1.959963984540054 * third / 2 / 10
    assert summary.loc[("halves", "recolor"), "low"] == pytest.approx(0.3 - half)


def test_no_doses_are_an_empty_table() -> None:
    assert tables.dose_table(tables.effect_table(MEASURED)).empty


def test_conflicts_are_told_in_words_and_percent() -> None:
    seeds = [arrays(core_share=0.8, core_third=0.1, core_share_least=0.72, moved=0.3)] * 2
    table = tables.conflict_table(tables.effect_summary(tables.effect_table([network(*seeds)])))
    assert rows(table) == [
        ("hard", "net", "core, of core or ring", "80.0 % [80.0, 80.0]", 100),
        ("hard", "net", "third class, of all", "10.0 % [10.0, 10.0]", 100),
        ("hard", "net", "core, of all (the bound)", "72.0 % [72.0, 72.0]", 100),
    ]


def test_the_matrix_says_what_is_unusual_and_why_a_cell_is_blank() -> None:
    none = {"effect": ["distractor_recolored", "moved"], "value": np.nan, "scenes": [0, 1]}
    seeds = [
        pd.concat([seed.drop(index=1), pd.DataFrame({**none, "binary": False})])
        for seed in NET.seeds
    ]
    compared = [network(*seeds), *MEASURED[1:]]
    matrix = tables.effect_matrix_table(
        tables.effect_summary(tables.effect_table(compared)), compared
    )
    blank = matrix["value"].isna()
    assert (matrix["note"] != "").tolist() == blank.tolist()
    assert (matrix["scenes"] == 0).tolist() == blank.tolist()
    net = matrix[matrix["name"] == "net"].set_index("intervention")
    assert list(net.index) == list(INTERVENTIONS)
    assert net.loc["recolor", "value"] == pytest.approx(0.6)
    shown = ["scenes", "group", "label", "unusual"]
    assert net.loc["recolor", shown].tolist() == [90, "level", "recolored, any level", False]
    assert net.loc["distractor_recolored", "note"] == "a distractor with a choice of levels"
    assert net.loc["moved", "note"] == "too few scenes that it applies to"
    assert net.loc["blurred", ["unusual", "note"]].tolist() == [True, "not measured"]
    lacking = tables.inapplicable_table(matrix).set_index(["intervention", "note"])["tasks"]
    assert lacking["distractor_recolored", "a distractor with a choice of levels"] == "hard"
