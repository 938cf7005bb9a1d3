"""Verification: tolerances follow from the seeds, and what is outside is said and counted."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from intensity.runner.verify import (
    ROUNDING,
    compare,
    expected_record,
    load_expected,
    moderated,
    tolerances,
    verify,
)
from intensity.statistics.measurements import Results, load_results, merge
from intensity.storage.manifest import new_manifest
from intensity.values import InvalidInput

SEEDS = {"accuracy/hard/bn_compact": [0.95, 0.96, 0.97], "accuracy/hard/pixels": [0.9, 0.94, 0.95]}


@pytest.fixture
def checkout(checkout: Any) -> Any:
    """A checkout with a run, and that run as the published one."""
    folder = checkout.layout.run("smoke")
    record(checkout, SEEDS)
    figure(folder, "02-1-a", pd.DataFrame({"seed": [0, 1], "value": [0.5, 0.25]}))
    expected = expected_record(folder, new_manifest(checkout.root, "smoke", {}))
    (checkout.root / "expected").mkdir()
    (checkout.root / "expected" / "smoke.json").write_text(json.dumps(expected))
    return checkout


def record(checkout: Any, seeds: dict[str, list[float]], size: float = 5129) -> None:
    """Leave the results of a run."""
    results = Results("01_data", checkout.layout.run("smoke"))
    for name, values in seeds.items():
        results.over_seeds(name, values, scenes=1000)
    results.counts("accuracy/hard/mean_intensity", 325, 1000)
    results.exact("parameters/hard/pixels", size, scenes=0, unit="parameters")
    results.exact("circuit_r2/hard/bn_tiny_full/least", 0.5, scenes=8, unit="R2")
    results.save()
    merge(checkout.layout.run("smoke"), ["01_data"])


def figure(folder: Path, name: str, data: pd.DataFrame) -> None:
    """Leave the data of a figure."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    data.to_csv(folder / "figures" / f"{name}.csv", index=False)


def verdicts(checkout: Any) -> dict[str, str]:
    """What became of every number."""
    expected = load_expected(checkout.layout, "smoke")
    moves = compare(expected, load_results(checkout.layout.run("smoke")))
    return {move.id: move.verdict for move in moves}


def test_the_same_run_is_identical_and_says_so(checkout: Any) -> None:
    assert set(verdicts(checkout).values()) == {"identical"}
    lines = list(verify(checkout.layout, "smoke"))
    assert lines == [
        "measurements: 5 identical, 0 within, 0 outside, 0 not judged",
        "figures: 0 of 1 have other numbers",
        "",
    ]
    table = pd.read_csv(checkout.layout.run("smoke") / "verification.csv")
    assert list(table.columns) == ["id", "expected", "found", "tolerance", "verdict"]
    assert len(table) == 5


def test_what_has_moved_is_told_with_how_much(checkout: Any) -> None:
    moved = {**SEEDS, "accuracy/hard/bn_compact": [0.951, 0.96, 0.97]}
    record(checkout, moved)
    figure(checkout.layout.run("smoke"), "02-1-a", pd.DataFrame({"seed": [0], "value": [0.5]}))
    assert verdicts(checkout)["accuracy/hard/bn_compact"] == "within"
    lines = list(verify(checkout.layout, "smoke"))
    assert lines[0] == "measurements: 4 identical, 1 within, 0 outside, 0 not judged"
    start = "  within: accuracy/hard/bn_compact: 0.96 -> 0.960333, moved by 0.000333, tolerance "
    assert lines[1].startswith(start)
    assert lines[2:] == ["figures: 1 of 1 have other numbers", "  02-1-a.csv", ""]


def test_what_is_outside_is_counted(checkout: Any) -> None:
    record(checkout, {"accuracy/hard/bn_compact": [0.1, 0.1, 0.1], "new/hard/pixels": [0, 1]}, 5130)
    figure(checkout.layout.run("smoke"), "02-1-a", pd.DataFrame({"other": [0]}))
    figure(checkout.layout.run("smoke"), "02-2-b", pd.DataFrame({"other": [0]}))
    found = verdicts(checkout)
    assert found == {
        "accuracy/hard/bn_compact": "outside",
        "accuracy/hard/pixels": "outside",  # missing
        "accuracy/hard/mean_intensity": "identical",
        "parameters/hard/pixels": "outside",
        "circuit_r2/hard/bn_tiny_full/least": "identical",
        "new/hard/pixels": "outside",
    }
    *lines, last = verify(checkout.layout, "smoke")
    assert last.startswith("6 outside of what ")
    assert "  OUTSIDE: figures/02-1-a.csv: other columns" in lines
    assert "  OUTSIDE: figures/02-2-b.csv: not expected" in lines
    assert any("accuracy/hard/bn_compact: 0.96 -> 0.1, moved by 0.86" in line for line in lines)
    (checkout.layout.run("smoke") / "figures" / "02-1-a.csv").unlink()
    assert "  OUTSIDE: figures/02-1-a.csv: missing" in list(verify(checkout.layout, "smoke"))


WHOLE = '{"profile": "smoke", "measurements": [], "tolerances": {}, "figures": {}, "made": {}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "--verify: 'smoke' is not allowed: expected/ has none"),
        ("{", "this is no JSON"),
        ('{"profile": "standard"}', "profile 'standard' is not allowed: 'smoke'"),
        ('{"profile": "smoke", "measurements": []}', "figures is missing"),
        ("[]", "list is not allowed: an object"),
        ("null", "NoneType is not allowed: an object"),
        (WHOLE.replace("[]", "5"), "it is not what was published"),
        (WHOLE.replace("[]", '[{"id": "a"}]'), "it is not what was published"),
        (WHOLE.replace('"figures": {}', '"figures": 1'), "it is not what was published"),
    ],
)
def test_an_expected_file_that_does_not_fit_is_refused(
    checkout: Any, text: str | None, said: str
) -> None:
    path = checkout.root / "expected" / "smoke.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(InvalidInput, match=said) as refusal:
        load_expected(checkout.layout, "smoke")
    assert "\n" not in str(refusal.value)


def test_tolerances_follow_from_the_spread_of_the_seeds(checkout: Any) -> None:
    expected = load_expected(checkout.layout, "smoke")
    allowed = expected["tolerances"]
    spread, freedom = moderated(list(SEEDS.values()), ["fraction"] * 2)
    t = student.ppf(1 - 0.025 / 2, freedom)  # two numbers are compared
    for s, name in zip(spread, SEEDS, strict=True):
        assert allowed[name] == pytest.approx(t * s * math.sqrt(2 / 3))
    rows = {row["id"]: row for row in expected["measurements"]}
    low, high = rows["accuracy/hard/mean_intensity"]["ci95"]
    assert allowed["accuracy/hard/mean_intensity"] == pytest.approx((high - low) / 2)
    assert allowed["parameters/hard/pixels"] == ROUNDING * 5129
    assert allowed["circuit_r2/hard/bn_tiny_full/least"] is None


def test_what_could_be_anything_is_not_judged(tmp_path: Path) -> None:
    book = Results("01_data", tmp_path)
    book.over_seeds("accuracy/a/wild", [0.1, 0.9, 0.5], scenes=10)
    book.over_seeds("accuracy/a/calm", [0.5, 0.502, 0.501], scenes=10)
    book.over_seeds("ratio/a/wild", [1, 1e6, 1e12], scenes=10, unit="ratio", log=True)
    allowed = tolerances(book.measurements(""))
    assert allowed["accuracy/a/wild"] is None
    assert allowed["ratio/a/wild"] is None
    assert allowed["accuracy/a/calm"] < 1


def test_numbers_of_other_seeds_are_within_nineteen_times_in_twenty(tmp_path: Path) -> None:
    generator, outside, units = (
        np.random.default_rng(0),
        0,
        ("difference in pixels", "pixels", "difference in R2"),
    )
    for _ in range(100):
        scales = 0.01 / np.sqrt(generator.chisquare(1, 90)) * np.tile([1, 10, 0.1], 30)
        one, other = generator.normal(0.5, scales[:, None], (2, 90, 3))
        book = Results("01_data", tmp_path)
        for i, seeds in enumerate(one):
            book.over_seeds(f"accuracy/task/{i}", seeds, scenes=10, unit=units[i % 3])
        rows = book.measurements("")
        allowed = tolerances(rows)
        moved = [abs(o.mean() - m.value) > allowed[m.id] for o, m in zip(other, rows, strict=True)]
        outside += any(moved)
    assert 1 <= outside <= 12  # five are expected, and twelve are three standard deviations more


def test_moderated_spreads_lie_between_their_own_and_the_common_one() -> None:
    generator = np.random.default_rng(1)
    d0, s0 = 6.0, np.tile([0.3, 3.0], 2000)
    true = s0**2 * d0 / generator.chisquare(d0, 4000)
    groups = generator.normal(0, np.sqrt(true)[:, None], (4000, 3))
    spread, freedom = moderated(groups, ["a", "b"] * 2000)
    assert freedom == pytest.approx(2 + d0, rel=0.15)
    own = groups.std(axis=1, ddof=1)
    common = np.sqrt((freedom * spread**2 - 2 * own**2) / (freedom - 2))
    np.testing.assert_allclose(common, np.tile(common[:2], 2000))
    np.testing.assert_allclose(common[:2], s0[:2], rtol=0.05)
    small = own < common
    assert np.all((own <= spread) == small)


def test_spreads_that_differ_by_chance_alone_are_pooled_within_their_families() -> None:
    values = [[1, 2, 3], [2, 3, 4], [5, 6, 7], [10, 20, 30], [20, 30, 40]]
    spread, freedom = moderated(values, ["a"] * 3 + ["b"] * 2)
    assert math.isinf(freedom)
    assert len(set(spread)) == 2
    assert spread[3] == pytest.approx(10 * spread[0])


def test_where_seeds_never_differ_nothing_is_divided_by_zero() -> None:
    spread, freedom = moderated([[1, 1, 1], [2, 2, 2]], ["a", "b"])
    assert spread.tolist() == [0, 0]
    assert freedom == 2
    spread, _ = moderated([[1, 1, 1], [1, 2, 3]], ["a", "a"])
    assert spread.tolist() == [math.sqrt(0.5), 1]
    spread, _ = moderated([[1, 1, 1], [1, 2, 3], [1, 2, 3]], ["a", "b", "b"])
    assert np.all(spread > 0)
