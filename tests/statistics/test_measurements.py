"""What is measured is found again: parts, their merging, round trips and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from intensity.statistics.measurements import Results, gather, load_results, measurements_in, merge
from intensity.values import InvalidInput

NOTEBOOKS = ("01_data", "02_training", "06_discussion")
ACCURACY = "accuracy/hard/bn_compact"


def save(output: Path, notebook: str, **accuracies: list[float]) -> Path:
    """A part with the accuracy of each network on the hard task."""
    results = Results(notebook, output)
    for network, values in accuracies.items():
        results.over_seeds(f"accuracy/hard/{network}", values, scenes=20000)
    return results.save()


def test_over_seeds_keeps_every_seed(tmp_path: Path) -> None:
    kept = Results("02_training", tmp_path).over_seeds(ACCURACY, [0.5, 0.6, 0.7], scenes=4000)
    assert kept.value == pytest.approx(0.6)
    assert kept.ci95 == pytest.approx((0.6 - 0.2484138, 0.6 + 0.2484138))
    assert (kept.seeds, kept.n.seeds, kept.n.scenes) == ((0.5, 0.6, 0.7), 3, 4000)
    assert (kept.unit, kept.exact, kept.method) == ("fraction", False, "Student t over seeds")


def test_a_fractions_interval_is_cut_at_what_is_possible(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    assert results.over_seeds(ACCURACY, [0.0, 1.0], scenes=100).ci95 == (0, 1)
    low, high = results.over_seeds("m/hard/a", [0.0, 1.0], scenes=100, unit="correlation").ci95 or (
        0,
        0,
    )
    assert low < 0
    assert high > 1
    cut = results.over_seeds("d/hard/a", [0.0, 1.0], scenes=100, unit="grey levels")
    assert cut.ci95 == pytest.approx((0, 6.8531), abs=1e-4)


def test_ratios_are_measured_on_the_logarithm(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    kept = results.over_seeds("ratio/hard/a", [2.0, 8.0], scenes=100, unit="ratio", log=True)
    assert kept.value == pytest.approx(4)
    assert "logarithm" in kept.method


def test_differences_are_paired(tmp_path: Path) -> None:
    first, second = np.array([0.9, 0.8, 0.95]), np.array([0.8, 0.7, 0.85])
    kept = Results("02_training", tmp_path).difference("d/hard/a/b", first, second, scenes=4000)
    assert kept.ci95 == pytest.approx((0.1, 0.1))
    assert kept.seeds == pytest.approx((0.1, 0.1, 0.1))
    assert kept.unit == "difference in fraction"


def test_a_family_is_corrected_together(tmp_path: Path) -> None:
    results = Results("04_visualization", tmp_path)
    values = {"auc/hard/a/x": [0.7, 0.8, 0.9], "auc/hard/a/y": [0.5, 0.6, 0.4]}
    first, second = results.family(values, beyond=0.5, scenes=100, unit="AUC")
    alone = Results("04_visualization", tmp_path).over_seeds(
        "auc/hard/a/x", [0.7, 0.8, 0.9], scenes=100, unit="AUC"
    )
    assert first.value == alone.value
    assert first.ci95 is not None
    assert alone.ci95 is not None
    assert first.ci95[0] < alone.ci95[0]
    assert first.method == second.method == "Student t over seeds, Holm over 2"
    assert results.table("auc/hard/a/")["id"].tolist() == list(values)
    with pytest.raises(InvalidInput, match="auc/hard/a/z"):
        results.family({"auc/hard/a/z": [0.5]}, beyond=0.5, scenes=100, unit="AUC")


def test_counts_have_no_seeds_and_say_so(tmp_path: Path) -> None:
    kept = Results("01_data", tmp_path).counts("accuracy/hard/mean_intensity", 36, 100)
    assert (kept.value, kept.n.seeds, kept.n.scenes, kept.seeds) == (0.36, 0, 100, None)
    assert kept.ci95 == pytest.approx((0.27275, 0.45764), abs=1e-4)
    assert kept.method == "Wilson over scenes"


def test_exact_numbers_have_no_interval(tmp_path: Path) -> None:
    kept = Results("02_training", tmp_path).exact(
        "parameters/hard/a", 18251, scenes=0, unit="parameters"
    )
    assert (kept.value, kept.ci95, kept.exact) == (18251, None, True)


def test_refusals_name_the_measurement(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    for values in ([0.9], [0.9, math.nan], [90.0, 91.0]):
        with pytest.raises(InvalidInput, match=f"^{ACCURACY}: ") as refusal:
            results.over_seeds(ACCURACY, values, scenes=4000)
        assert "\n" not in str(refusal.value)
    with pytest.raises(InvalidInput, match="accuracy/hard/reader"):
        results.counts("accuracy/hard/reader", 5, 4)
    with pytest.raises(InvalidInput, match="parameters/hard/a"):
        results.exact("parameters/hard/a", math.inf, scenes=0, unit="parameters")


def test_an_id_stands_for_one_measurement(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    results.over_seeds(ACCURACY, [0.9, 0.91], scenes=4000)
    results.over_seeds(ACCURACY, [0.9, 0.91], scenes=4000)
    with pytest.raises(InvalidInput, match=ACCURACY):
        results.over_seeds(ACCURACY, [0.9, 0.92], scenes=4000)
    assert results.table("accuracy")["id"].tolist() == [ACCURACY]


def test_the_table_shows_values_intervals_and_what_they_rest_on(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    accuracy = results.over_seeds(ACCURACY, [0.5, 0.6, 0.7], scenes=4000)
    results.exact("parameters/hard/bn_compact", 18251, scenes=0, unit="parameters")
    row = results.table("accuracy").iloc[0].to_dict()
    low, high = accuracy.ci95 or (0, 0)
    assert row == {
        "id": ACCURACY,
        "value": accuracy.value,
        "low": low,
        "high": high,
        "text": accuracy.text,
        "seeds": 3,
        "scenes": 4000,
        "method": "Student t over seeds",
    }
    exact = results.table(["parameters/hard/bn_compact", ACCURACY]).iloc[0]
    assert (exact["low"], exact["high"], exact["text"]) == (18251, 18251, "18,251 parameters")


@pytest.mark.parametrize("which", ["loss", ["loss/hard/bn_compact"], []])
def test_the_table_refuses_what_was_not_measured(tmp_path: Path, which: str | list[str]) -> None:
    results = Results("02_training", tmp_path)
    results.over_seeds(ACCURACY, [0.5, 0.6], scenes=4000)
    with pytest.raises(InvalidInput, match="table"):
        results.table(which)


def test_what_is_merged_is_read_again(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    kept = [
        results.over_seeds(ACCURACY, [0.1 + 0.2, 1 / 3], scenes=20000),
        results.difference("d/hard/a/b", [0.9, 0.8], [0.7, 0.75], scenes=20000),
        results.counts("accuracy/hard/reader", 1, 3),
        results.exact("parameters/hard/a", 18251, scenes=0, unit="parameters"),
    ]
    results.save()
    merged = merge(tmp_path, NOTEBOOKS)
    assert load_results(tmp_path) == merged
    assert list(measurements_in(merged).values()) == kept


def test_merging_keeps_the_order_of_notebooks_and_of_measuring(tmp_path: Path) -> None:
    save(tmp_path, "02_training", zeta=[0.9, 0.9], alpha=[0.8, 0.9])
    save(tmp_path, "01_data", middle=[0.9, 0.9])
    networks = [name.split("/")[2] for name in measurements_in(gather(tmp_path, NOTEBOOKS))]
    assert networks == ["middle", "zeta", "alpha"]


def test_a_merge_is_complete_only_with_every_part(tmp_path: Path) -> None:
    output = tmp_path / "smoke"
    assert gather(output, NOTEBOOKS) == {
        "profile": "smoke",
        "complete": False,
        "measurements": [],
        "claims": [],
    }
    save(output, "01_data")
    save(output, "02_training", bn_compact=[0.95, 0.96])
    assert not merge(output, NOTEBOOKS)["complete"]
    save(output, "06_discussion")
    assert merge(output, NOTEBOOKS)["complete"]


def test_parts_of_unknown_notebooks_are_left_out(tmp_path: Path) -> None:
    save(tmp_path, "07_gone", gone=[0.9, 0.9])
    assert gather(tmp_path, NOTEBOOKS)["measurements"] == []


def test_merging_judges_claims_across_notebooks(tmp_path: Path) -> None:
    first = Results("01_data", tmp_path)
    first.counts("accuracy/hard/mean_intensity", 3300, 10000)
    first.save()
    assert gather(tmp_path, NOTEBOOKS)["claims"] == []
    second = Results("02_training", tmp_path)
    second.counts("accuracy/hard/linear_histogram", 9930, 10000)
    second.save()
    (claim,) = merge(tmp_path, NOTEBOOKS)["claims"]
    assert (claim["id"], claim["verdict"]) == ("C5", "reproduced")


def test_the_same_measurement_in_two_parts_is_kept_once(tmp_path: Path) -> None:
    for notebook in NOTEBOOKS:
        save(tmp_path, notebook, bn_compact=[0.95, 0.96])
    assert len(gather(tmp_path, NOTEBOOKS)["measurements"]) == 1


def test_different_measurements_under_one_id_are_refused(tmp_path: Path) -> None:
    save(tmp_path, "01_data", bn_compact=[0.95, 0.96])
    save(tmp_path, "02_training", bn_compact=[0.95, 0.97])
    with pytest.raises(InvalidInput, match=ACCURACY):
        merge(tmp_path, NOTEBOOKS)
    assert not (tmp_path / "results.json").exists()


def test_files_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    texts = []
    for output in (tmp_path / "a" / "smoke", tmp_path / "b" / "smoke"):
        save(output, "01_data", bn_compact=[0.95, 0.96])
        merge(output, NOTEBOOKS)
        texts.append((output / "results.json").read_bytes())
    assert texts[0] == texts[1]


def test_files_that_hold_no_numbers_are_refused(tmp_path: Path) -> None:
    part = save(tmp_path, "01_data", bn_compact=[0.95, 0.96])
    data = json.loads(part.read_text())
    data["measurements"][0]["value"] = math.nan
    part.write_text(json.dumps(data))
    with pytest.raises(InvalidInput, match="NaN"):
        gather(tmp_path, NOTEBOOKS)
    part.write_text("{")
    with pytest.raises(InvalidInput, match=r"01_data\.json"):
        gather(tmp_path, NOTEBOOKS)


def test_results_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="run the notebooks first"):
        load_results(tmp_path)
