"""Verification: tolerances follow from the seeds, and what is outside is said and counted."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from intensity.claims.expected import expected_record, load_expected
from intensity.claims.results import load_results, merge, save_part
from intensity.environment import Layout
from intensity.runner.verify import ROUNDING, compare, spread_tolerance, tolerance, verify
from intensity.statistics.measurements import Measurement, Results
from intensity.storage.files import write_value
from intensity.storage.manifest import new_manifest
from intensity.units import find_unit
from intensity.values import InvalidInput

SEEDS = {"accuracy/hard/bn_compact": [0.95, 0.96, 0.97], "accuracy/hard/pixels": [0.9, 0.94, 0.95]}


@pytest.fixture
def checkout(checkout: Any) -> Any:
    """A checkout with a run, and that run as the published one."""
    data = pd.DataFrame({"seed": [0, 1], "value": [0.5, 0.25]})
    figure(checkout.layout.run("smoke"), "02-1-a", data)
    publish(checkout, SEEDS)
    return checkout


def publish(checkout: Any, seeds: dict[str, list[float]]) -> None:
    """Leave the results of a run, and make it the published one."""
    record(checkout, seeds)
    made = new_manifest(checkout.root, "smoke", {})
    expected = expected_record(checkout.layout.run("smoke"), made)
    write_value(checkout.root / "expected" / "smoke.json", expected)


def record(checkout: Any, seeds: dict[str, list[float]], size: float = 5129) -> None:
    """Leave the results of a run."""
    results = Results("01_data", checkout.layout.run("smoke"))
    for name, values in seeds.items():
        results.over_seeds(name, values, scenes=1000)
    results.counts("accuracy/hard/mean_intensity", 325, 1000)
    results.exact("parameters/hard/pixels", size, scenes=0, unit="parameters")
    results.exact("circuit_r2/hard/bn_tiny_full/least", 0.5, scenes=8, seeds=3, unit="R2")
    save_part(results)
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
    published = load_expected(checkout.layout, "smoke").all_claims
    ours = sum(claim.source == "ours" for claim in published)
    assert lines == [
        "measurements: 5 identical, 0 within, 0 outside, 0 not judged",
        "the paper's claims: 0 of 1 have another verdict",
        f"our claims: 0 of {ours} have another verdict",
        "figures: 0 of 1 have other data",
        "",
    ]
    table = pd.read_csv(checkout.layout.run("smoke") / "verification.csv")
    assert list(table.columns) == ["id", "expected", "found", "moved", "tolerance", "verdict"]
    assert len(table) == 5


def test_what_has_moved_is_listed_with_how_much(checkout: Any) -> None:
    moved = {**SEEDS, "accuracy/hard/bn_compact": [0.951, 0.96, 0.97]}
    record(checkout, moved)
    assert verdicts(checkout)["accuracy/hard/bn_compact"] == "within"
    lines = list(verify(checkout.layout, "smoke"))
    assert lines[0] == "measurements: 4 identical, 1 within, 0 outside, 0 not judged"
    start = "  within: accuracy/hard/bn_compact: 0.96 -> 0.960333, moved by 0.000333, tolerance "
    assert lines[1].startswith(start)
    assert lines[2] == "the paper's claims: 0 of 1 have another verdict"
    assert lines[4:] == ["figures: 0 of 1 have other data", ""]


def test_a_number_whose_tolerance_holds_all_that_is_possible_is_not_judged(checkout: Any) -> None:
    publish(checkout, {"accuracy/hard/bn_compact": [0.3, 0.5, 0.7]})
    record(checkout, {"accuracy/hard/bn_compact": [0.31, 0.5, 0.7]})
    assert verdicts(checkout)["accuracy/hard/bn_compact"] == "not judged"
    lines = list(verify(checkout.layout, "smoke"))
    assert lines[0] == "measurements: 3 identical, 0 within, 0 outside, 1 not judged"
    assert lines[1].startswith("  not judged: accuracy/hard/bn_compact: 0.5 -> 0.503333, moved by")
    assert lines[-1] == ""


def test_a_claim_with_another_verdict_is_listed_and_lets_no_run_fail(checkout: Any) -> None:
    names = ("accuracy/three_bands/large", "accuracy/three_bands/small")
    publish(checkout, {name: [0.93, 0.94, 0.95, 0.94, 0.94] for name in names})
    record(checkout, {name: [0.85, 0.96, 0.97, 0.98, 0.99] for name in names})
    lines = list(verify(checkout.layout, "smoke"))
    place = lines.index("the paper's claims: 1 of 2 have another verdict")
    assert lines[place + 1] == "  P11: not reproduced -> undecided"
    assert lines[place + 2].startswith("our claims: 0 of ")
    assert lines[-1] == ""
    record(checkout, {names[0]: [0.93, 0.94, 0.95, 0.94, 0.94]})
    assert "  P11: not reproduced -> not judged" in list(verify(checkout.layout, "smoke"))


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
    assert "  OUTSIDE: 02-1-a.csv: seed,value -> other" in lines
    assert "  OUTSIDE: 02-2-b.csv: no figure -> other" in lines
    assert any("accuracy/hard/bn_compact: 0.96 -> 0.1, moved by 0.86" in line for line in lines)
    (checkout.layout.run("smoke") / "figures" / "02-1-a.csv").unlink()
    missing = "  OUTSIDE: 02-1-a.csv: seed,value -> no figure"
    assert missing in list(verify(checkout.layout, "smoke"))


WHOLE = (
    '{"profile": "smoke", "complete": true, "measurements": [], "claims": [], "figures": {}, '
    '"made": {}}'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "--verify: 'smoke' is not allowed: expected/ has none"),
        ("{", "not what this version writes"),
        (WHOLE.replace("smoke", "standard"), "profile 'standard' is not allowed: 'smoke'"),
        ('{"profile": "smoke", "measurements": []}', "Expected.complete"),
        ("[]", "not what this version writes"),
        ("null", "not what this version writes"),
        (WHOLE.replace("[]", "5", 1), "Expected.measurements: 5 is not allowed"),
        (WHOLE.replace("[]", '[{"id": "a"}]', 1), "Expected.measurements.0"),
        (WHOLE.replace('"figures": {}', '"figures": 1'), "Expected.figures: 1 is not allowed"),
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


def test_tolerances_follow_from_what_a_number_rests_on(tmp_path: Path) -> None:
    book = Results("01_data", tmp_path)
    network = book.over_seeds("accuracy/a/net", [0.5, 0.6, 0.7], scenes=10)
    assert tolerance(network) == pytest.approx(10 * 0.1 * math.sqrt(2 / 3) + 0.08)
    ratio = book.over_seeds("ratio/a/net", [1, math.e, math.e**2], scenes=10, unit="ratio")
    assert tolerance(ratio) == pytest.approx(10 * math.sqrt(2 / 3))
    counted = book.counts("accuracy/a/mean", 325, 1000)
    assert counted.ci95 is not None
    assert tolerance(counted) == (counted.ci95[1] - counted.ci95[0]) / 2
    assert tolerance(book.exact("p/a/b", 5129, scenes=0, unit="parameters")) == ROUNDING * 5129
    assert math.isnan(tolerance(book.exact("p/a/c", 0.2, scenes=9, unit="p value", seeds=3)))


@pytest.fixture(scope="module")
def published() -> list[Measurement]:
    """The published numbers that trainings go into, one a seed."""
    return [m for m in load_expected(Layout(), "standard").measurements if m.seeds]


def test_a_run_with_fresh_seeds_passes_in_95_of_100(published: list[Measurement]) -> None:
    generator, runs = np.random.default_rng(0), 1000
    passed = np.ones(runs, dtype=bool)
    for m in published:
        unit = find_unit(m.unit)
        seeds = np.log(m.seeds) if unit.log else np.array(m.seeds)
        shape = (2, runs, len(seeds))
        one, other = generator.normal(seeds.mean(), seeds.std(ddof=1), shape)
        allowed = spread_tolerance(np.exp(one) if unit.log else one, unit)
        passed &= np.abs(other.mean(axis=1) - one.mean(axis=1)) <= allowed
    assert passed.mean() >= 0.95


def test_a_run_with_other_rounding_passes(published: list[Measurement]) -> None:
    generator = np.random.default_rng(0)
    moved = [m.value * (1 + generator.normal(0, 1e-4)) for m in published]
    assert all(abs(x - m.value) <= tolerance(m) for x, m in zip(moved, published, strict=True))


def test_a_network_trained_on_other_labels_is_outside(published: list[Measurement]) -> None:
    learned = [m for m in published if m.id.startswith("accuracy/") and m.value > 0.85]
    assert len(learned) > 5
    assert all(m.value - 1 / 3 > tolerance(m) for m in learned)  # chance, with three classes
