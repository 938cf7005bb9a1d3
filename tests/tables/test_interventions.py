"""Tables of interventions against effects whose means and distances are known."""

import math

import numpy as np
import pandas as pd
import pytest

from fakes import HALF, rows
from intensity import tables
from intensity.data.scenes import draw_scenes
from intensity.interventions.comparison import Compared
from intensity.interventions.transforms import INTERVENTIONS
from intensity.statistics.intervals import holm, t_test, wilson
from intensity.statistics.measurements import Results
from intensity.tables.interventions import GROUP_OF
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput


def arrays(deviation: float = 0.0, scenes: int = 100, **values: float) -> dict[str, np.ndarray]:
    """Effects of one seed or reader, as they are measured."""
    return {
        "effect": np.array(list(values)),
        "value": np.array(list(values.values())),
        "deviation": np.full(len(values), deviation),
        "scenes": np.full(len(values), scenes),
    }


SCENES = {
    name: draw_scenes(TASKS[name], find_setting("discs"), "test", 0, 64)
    for name in ("hard", "medium")
}


def network(*seeds: dict[str, np.ndarray], name: str = "net", task: str = "hard") -> Compared:
    """A network with these effects."""
    return Compared(name, "network", SCENES[task], seeds)


def reader(name: str, once: dict[str, np.ndarray], task: str = "hard") -> Compared:
    """A reader with these effects."""
    return Compared(name, "reader", SCENES[task], (once,))


NET = network(
    arrays(recolor=0.5, moved=0.1, drop_4=-0.9),
    arrays(recolor=0.7, moved=0.1, drop_4=-0.8, scenes=90),
)
MEASURED = [
    NET,
    reader("alike", arrays(recolor=0.6, moved=0.1, edge_only=1.0)),
    reader("unlike", arrays(deviation=0.5, recolor=0.0, moved=0.9)),
]


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
        arrays(moved=0.03, blurred=0.2, recolor=0.045),
        arrays(moved=0.031, blurred=0.21, recolor=0.01),
        arrays(moved=0.03, blurred=0.19, recolor=0.02),
    ]
    found = tables.absences(
        tables.effects([network(*seeds), reader("edges", arrays(moved=0.0))]), 0.05
    )
    assert set(found["name"]) == {"net"}
    by_name = found.set_index("intervention")
    assert by_name["absent"].to_dict() == {"moved": True, "blurred": False, "recolor": False}
    assert set(found["decided_by"]) == {"Student t over seeds"}
    p = holm(
        [t_test([seed["value"][place] for seed in seeds], 0.05, side="less") for place in range(3)]
    )
    assert found["p"].tolist() == pytest.approx(p.tolist())


def test_near_zero_every_seeds_scenes_decide() -> None:
    """Three seeds that never change have no spread: 40 scenes do not show it, 400 do."""
    few, many = (
        tables.absences(tables.effects([network(*[arrays(scenes=n, moved=0.0)] * 3)]), 0.05)
        for n in (40, 400)
    )
    assert few["absent"].tolist() == [False]
    assert many["absent"].tolist() == [True]
    assert set(few["decided_by"]) == {"Wilson over scenes, every seed"}
    # Wilson's 90 % interval of 0 of n ends at z^2 / (n + z^2).
    z = 1.6448536269514722
    assert few.loc[0, "high"] == pytest.approx(z**2 / (40 + z**2))
    assert (few.loc[0, "low"], few.loc[0, "scenes"]) == (0, 40)
    assert few.loc[0, "high"] > 0.05 > many.loc[0, "high"]


def test_near_zero_the_worst_seed_decides() -> None:
    seeds = [arrays(scenes=500, moved=value) for value in (0.0, 0.0, 0.048)]
    (found,) = tables.absences(tables.effects([network(*seeds)]), 0.05).to_dict("records")
    assert found["value"] == pytest.approx(0.016)
    assert not found["absent"]
    assert found["high"] > 0.05


def test_every_intervention_is_in_a_group_and_groups_are_in_order() -> None:
    assert list(GROUP_OF) == list(INTERVENTIONS)


def test_the_matrix_is_never_blank_and_says_what_is_unusual() -> None:
    matrix = tables.effect_matrix(tables.effect_summary(tables.effects(MEASURED)), MEASURED)
    assert len(matrix) == 3 * len(INTERVENTIONS)
    blank = matrix["value"].isna()
    assert (matrix.loc[blank, "note"] != "").all()
    assert (matrix.loc[blank, "scenes"] == 0).all()
    assert (matrix.loc[~blank, "note"] == "").all()
    net = matrix[matrix["name"] == "net"].set_index("intervention")
    assert net.loc["recolor", "value"] == pytest.approx(0.6)
    assert net.loc["recolor", ["scenes", "group"]].tolist() == [90, "level"]
    assert net.loc["distractor_recolored", "note"] == "a distractor with a choice of levels"
    assert net.loc["offset", "note"] == "images up to level 235"
    assert not net.loc["recolor", "unusual"]
    assert net.loc["blurred", "unusual"]
    assert set(matrix.loc[matrix["name"] == "alike", "kind"]) == {"reader"}


def test_what_applies_to_too_few_scenes_is_told_from_what_is_refused() -> None:
    alone = [NET._replace(scenes=NET.scenes[:1])]
    summary = tables.effect_summary(tables.effects([network(*[arrays(recolor=0.5)] * 2)]))
    matrix = tables.effect_matrix(summary, alone).set_index("intervention")
    assert matrix.loc["moved", "note"] == "too few scenes that it applies to"
    assert matrix.loc["distractor_recolored", "note"] == "a distractor with a choice of levels"


def named(*compared: Compared) -> pd.DataFrame:
    """Fingerprints by reader; a reader solves the task from 97 % on."""
    table = tables.effects(compared)
    return tables.fingerprints(tables.distances(table), table, 0.97).set_index("reader")


def test_groups_weigh_alike_however_many_columns_they_have() -> None:
    doses = {f"pixels_{n}_{region}": 0.3 for n in (1, 10, 40) for region in ("core", "edge")}
    own = network(*[arrays(recolor=0.9, drop_4=0.5, **doses)] * 2)
    none = dict.fromkeys(doses, 0.0)
    # Further effects follow from interventions, and do not count beside them.
    other = reader("other", arrays(recolor=0.5, drop_4=0.0, edge_only=1.0, **none))
    found = tables.distances(tables.effects([own, other, reader("same", own.seeds[0])]))
    assert found[["reader", "seed", "groups", "interventions"]].to_numpy().tolist() == [
        *(["other", seed, 2, 7] for seed in (0, 1)),
        *(["same", seed, 2, 7] for seed in (0, 1)),
    ]
    apart = math.sqrt((0.4**2 + 0.3**2) / 2)
    assert found["distance"].tolist() == pytest.approx([apart, apart, 0, 0])


SEEDS = [arrays(recolor=value) for value in (0.1, 0.12, 0.11)]


def test_a_reader_is_named_that_is_nearest_in_every_seed_and_solves_the_task() -> None:
    near = reader("near", arrays(scenes=1000, recolor=0.0, accuracy=0.995))
    far = reader("far", arrays(scenes=1000, recolor=1.0, accuracy=0.995))
    found = named(network(*SEEDS), near, far)
    assert found["nearest"].to_dict() == {"near": True, "far": False}
    assert found.loc["near", "distance"] == pytest.approx(0.11)
    assert found.loc["near", "p"] == pytest.approx(
        t_test([0.9 - 0.1, 0.88 - 0.12, 0.89 - 0.11], side="two-sided")
    )
    assert found.loc["far", "p"] == 1
    low = wilson(995, 1000).low
    assert found.loc["near", ["accuracy", "accuracy_low"]].tolist() == pytest.approx([0.995, low])
    assert found.loc["near", "low"] == pytest.approx(0.11 - 4.30265273 * 0.01 / math.sqrt(3))


@pytest.mark.parametrize("accuracy", [0.34, 0.975])
def test_a_reader_that_does_not_surely_solve_the_task_is_not_named(accuracy: float) -> None:
    near = reader("near", arrays(scenes=1000, recolor=0.0, accuracy=accuracy))
    far = reader("far", arrays(scenes=1000, recolor=1.0, accuracy=0.995))
    assert not named(network(*SEEDS), near, far)["nearest"].any()


def test_nobody_is_named_where_seeds_disagree_or_others_are_as_near() -> None:
    right = {"scenes": 1000, "accuracy": 0.995}
    rises, falls = (
        reader("rises", arrays(recolor=1.0, **right)),
        reader("falls", arrays(recolor=0.0, **right)),
    )
    divided = network(*(arrays(recolor=value) for value in (0.1, 0.2, 0.9)))
    assert not named(divided, rises, falls)["nearest"].any()
    twins = reader("a", arrays(recolor=0.0, **right)), reader("b", arrays(recolor=0.0, **right))
    found = named(network(*SEEDS), *twins, rises)
    assert found["p"].tolist() == [1, 1, 1]
    assert not found["nearest"].any()


def test_all_other_readers_have_to_be_farther_after_holm() -> None:
    right = {"scenes": 1000, "accuracy": 0.995}
    others = [reader(name, arrays(recolor=1.0, **right)) for name in "bc"]
    found = named(network(*SEEDS), reader("a", arrays(recolor=0.0, **right)), *others)
    once = t_test([0.8, 0.76, 0.78], side="two-sided")
    assert found.loc["a", "p"] == pytest.approx(2 * once)


def test_a_task_with_less_than_two_readers_leaves_no_choice() -> None:
    for readers in ([], MEASURED[1:2]):
        table = tables.effects([NET, *readers])
        assert tables.distances(table).empty
        assert tables.fingerprints(tables.distances(table), table, 0.97).empty
    # Readers of another task are no choice either.
    elsewhere = [reader(name, arrays(recolor=0.1), "medium") for name in "ab"]
    assert tables.distances(tables.effects([NET, *elsewhere])).empty


def test_seeds_with_different_effects_are_refused() -> None:
    seeds = [arrays(recolor=0.1, moved=0.2), arrays(recolor=0.1)]
    table = tables.effects([network(*seeds), *MEASURED[1:]])
    with pytest.raises(InvalidInput, match="effects: seeds are not allowed to differ"):
        tables.distances(table)


def test_doses_are_told_by_region_and_count() -> None:
    names = {f"pixels_{count}_core": count / 100 for count in (1, 10, 40)}
    measured = network(*[arrays(**names, moved=0.5, pixels_10_edge=0.2)] * 2)
    doses = tables.doses(tables.effects([measured]))
    assert list(doses) == ["task", "name", "region", "pixels", "seed", "value", "scenes"]
    assert rows(doses)[:4] == [
        ("hard", "net", "core", 1, 0, 0.01, 100),
        ("hard", "net", "core", 10, 0, 0.1, 100),
        ("hard", "net", "core", 40, 0, 0.4, 100),
        ("hard", "net", "edge", 10, 0, 0.2, 100),
    ]


@pytest.mark.parametrize(
    ("shares", "dose", "between"),
    [
        ((0.0, 0.0, 0.0), 0.0, (0, 0)),
        ((1.0, 1.0, 1.0), 0.5, (0, 1)),
        ((0.0, 0.0, 0.4), 25.0, (10, 40)),
        ((0.0, 0.2, 0.4), 10.0, (1, 10)),
        ((0.1, 0.3, 0.4), 5.5, (1, 10)),
    ],
)
def test_the_half_dose_is_read_between_two_doses(
    shares: tuple[float, ...], dose: float, between: tuple[int, int]
) -> None:
    assert tables.half_dose(shares) == pytest.approx(dose)
    assert tables.half_dose_between(shares) == between


def test_pieces_have_a_side() -> None:
    measured = network(*[arrays(drop_8=0.1, drop_1=0.5, moved=0.2)] * 2)
    cut = tables.pieces(tables.effect_summary(tables.effects([measured])))
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
    table = tables.recoloring_summary(tables.recolorings({"net": seeds})).set_index("outcome")
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
        "counts": arrays(deviation=third, recolor=0.3),
        "never": arrays(moved=0.0, drop_4=0.0),
        "halves": arrays(deviation=third / 2, recolor=0.3),
    }
    measured = [reader(name, once) for name, once in readers.items()]
    summary = tables.effect_summary(tables.effects(measured)).set_index(["name", "effect"])
    for place, count in ((("counts", "recolor"), 30), (("never", "moved"), 0)):
        limits = wilson(count, 100)
        assert summary.loc[place, ["low", "high"]].tolist() == pytest.approx(limits[:2])
    assert summary.loc[("never", "drop_4"), ["low", "high"]].tolist() == [0, 0]
    half = 1.959963984540054 * third / 2 / 10
    assert summary.loc[("halves", "recolor"), "low"] == pytest.approx(0.3 - half)


def test_what_was_not_measured_is_not_said_to_be_impossible() -> None:
    summary = tables.effect_summary(tables.effects([NET]))
    matrix = tables.effect_matrix(summary, [NET]).set_index("intervention")
    assert matrix.loc["blurred", "note"] == "not measured"


@pytest.mark.parametrize("shares", [(), (0.1, 0.2), (0.1, 0.2, 0.3, 0.4)])
def test_a_half_dose_needs_a_share_for_every_dose(shares: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="shares"):
        tables.half_dose(shares)


def test_no_doses_are_an_empty_table() -> None:
    assert tables.doses(tables.effects(MEASURED)).empty


def test_outcomes_say_how_many_recolorings_they_rest_on_seed_by_seed() -> None:
    shares = {"recoloring": ["same_class"], "step": [20], "kept": 0.5, "follows": 0.25}
    seeds = [pd.DataFrame({**shares, "third": 0.25, "count": count}) for count in (7, 6)]
    table = tables.recolorings({"net": seeds})
    assert list(table) == ["name", "seed", "recoloring", "step", "outcome", "share", "count"]
    assert table[["seed", "count"]].to_numpy().tolist() == [[0, 7]] * 3 + [[1, 6]] * 3
    assert tables.recoloring_summary(table)["count"].tolist() == [6, 6, 6]


def test_conflicts_are_told_in_words_and_percent() -> None:
    seeds = [arrays(core_share=0.8, core_third=0.1, core_share_least=0.72, moved=0.3)] * 2
    table = tables.conflicts(tables.effect_summary(tables.effects([network(*seeds)])))
    assert rows(table) == [
        ("hard", "net", "core, of core or ring", "80.0 % [80.0, 80.0]", 100),
        ("hard", "net", "third class, of all", "10.0 % [10.0, 10.0]", 100),
        ("hard", "net", "core, of all (the bound)", "72.0 % [72.0, 72.0]", 100),
    ]


def test_measurements_are_readable_and_interpolated_pixels_have_no_decimals() -> None:
    book = Results("07_interventions", "runs/lab")
    book.over_seeds("core_share/hard/net", [0.8, 0.8], scenes=9)
    book.over_seeds("half_dose/hard/net/core", [20.2, 20.6], scenes=9, unit="pixels")
    first, last = rows(tables.readable(book.table("")))
    assert first == ("core share", "hard", "net", "", "80.00 % [80.00, 80.00]", 2, 9, first[-1])
    assert last[:5] == ("half dose", "hard", "net", "core", "20 pixels [18, 23], interpolated")
