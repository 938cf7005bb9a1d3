"""Results: notebooks' parts are merged, judged once and read back; what is broken is refused."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from intensity.claims.results import gather, load_results, merge, save_part
from intensity.statistics.measurements import Results
from intensity.values import InvalidInput

NOTEBOOKS = ("01_data", "02_training", "06_discussion")
ACCURACY = "accuracy/hard/bn_compact"


def save(output: Path, notebook: str, **accuracies: list[float]) -> Path:
    """A part with the accuracy of each network on the hard task."""
    results = Results(notebook, output)
    for network, values in accuracies.items():
        results.over_seeds(f"accuracy/hard/{network}", values, scenes=20000)
    return save_part(results)


def test_what_is_merged_is_read_again(tmp_path: Path) -> None:
    results = Results("02_training", tmp_path)
    kept = [
        results.over_seeds(ACCURACY, [0.1 + 0.2, 1 / 3], scenes=20000),
        results.difference("d/hard/a/b", [0.9, 0.8], [0.7, 0.75], scenes=20000),
        results.counts("accuracy/hard/baseline", 1, 3),
        results.exact("parameters/hard/a", 18251, scenes=0, unit="parameters"),
    ]
    save_part(results)
    merged = merge(tmp_path, NOTEBOOKS)
    assert load_results(tmp_path) == merged
    assert list(merged.measurements) == kept


def test_merging_keeps_the_order_of_notebooks_and_of_measuring(tmp_path: Path) -> None:
    save(tmp_path, "02_training", zeta=[0.9, 0.9], alpha=[0.8, 0.9])
    save(tmp_path, "01_data", middle=[0.9, 0.9])
    networks = [name.split("/")[2] for name in gather(tmp_path, NOTEBOOKS).known]
    assert networks == ["middle", "zeta", "alpha"]


def test_a_merge_is_complete_only_with_every_part(tmp_path: Path) -> None:
    output = tmp_path / "smoke"
    empty = gather(output, NOTEBOOKS)
    assert (empty.profile, empty.complete, empty.measurements) == ("smoke", False, ())
    assert empty.claims == ()
    assert {claim.verdict for claim in empty.left} == {"not measured"}  # left to paper
    save(output, "01_data")
    save(output, "02_training", bn_compact=[0.95, 0.96])
    assert not merge(output, NOTEBOOKS).complete
    save(output, "06_discussion")
    assert merge(output, NOTEBOOKS).complete


def test_parts_of_unknown_notebooks_are_left_out(tmp_path: Path) -> None:
    save(tmp_path, "07_gone", gone=[0.9, 0.9])
    assert gather(tmp_path, NOTEBOOKS).measurements == ()


def test_merging_judges_claims_across_notebooks(tmp_path: Path) -> None:
    first = Results("01_data", tmp_path)
    first.counts("accuracy/hard/mean_posterior", 3300, 10000)
    save_part(first)
    assert not any(claim.parts for claim in gather(tmp_path, NOTEBOOKS).claims)
    second = Results("02_training", tmp_path)
    second.counts("accuracy/hard/linear_histogram", 9930, 10000)
    save_part(second)
    (claim,) = (claim for claim in merge(tmp_path, NOTEBOOKS).claims if claim.parts)
    assert (claim.id, claim.verdict) == ("O2", "holds")


def test_the_same_measurement_in_two_parts_is_kept_once(tmp_path: Path) -> None:
    for notebook in NOTEBOOKS:
        save(tmp_path, notebook, bn_compact=[0.95, 0.96])
    assert len(gather(tmp_path, NOTEBOOKS).measurements) == 1


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
    with pytest.raises(InvalidInput, match="finite number"):
        gather(tmp_path, NOTEBOOKS)
    part.write_text("{")
    with pytest.raises(InvalidInput, match=r"01_data\.json"):
        gather(tmp_path, NOTEBOOKS)


def test_results_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="run the notebooks first"):
        load_results(tmp_path)


def test_a_part_of_another_version_names_its_file(tmp_path: Path) -> None:
    part = save(tmp_path, "01_data", bn_compact=[0.95, 0.96])
    part.write_text(part.read_text().replace('"fraction"', '"cubits"'))
    with pytest.raises(InvalidInput, match=r"01_data\.json: not what this .*'cubits'"):
        gather(tmp_path, NOTEBOOKS)


def strike(results: dict[str, Any]) -> None:
    """Take the measurements away on which a claim rests."""
    results["claims"] = results["left"][:1]
    results["claims"][0]["measurement"] = ["accuracy/hard/bn_compact"]
    results["measurements"] = []


def repeat(results: dict[str, Any]) -> None:
    """Write a measurement twice."""
    results["measurements"] *= 2


def invent(results: dict[str, Any]) -> None:
    """Write a verdict that there is not."""
    results["left"][0]["verdict"] = "likely"


def forget(results: dict[str, Any]) -> None:
    """Leave out whether the run is complete."""
    del results["complete"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (strike, "accuracy/hard/bn_compact is missing"),
        (repeat, "two have one id"),
        (invent, "JudgedClaim.verdict: 'likely' is not allowed"),
        (forget, "RunResults.complete"),
    ],
)
def test_results_that_another_version_wrote_are_refused_in_one_line(
    tmp_path: Path, damage: Any, said: str
) -> None:
    save(tmp_path, "01_data", bn_compact=[0.95, 0.96])
    merge(tmp_path, NOTEBOOKS)
    path = tmp_path / "results.json"
    results = json.loads(path.read_text())
    damage(results)
    path.write_text(json.dumps(results))
    with pytest.raises(InvalidInput, match=said) as refusal:
        load_results(tmp_path)
    assert "results.json" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_findings_in_words_say_what_their_intervals_are_over(tmp_path: Path) -> None:
    book = Results("01_data", tmp_path)
    book.over_seeds("answers_by_background/hard/bn_compact", [0.8, 0.9, 0.7], scenes=1000)
    book.over_seeds("rectangle_wins/hard/bn_compact/twice", [0.8, 0.9], scenes=2000)
    save_part(book)
    found = merge(tmp_path, NOTEBOOKS)
    assert "class is named in " + found.known["rectangle_wins/hard/bn_compact/twice"].text in (
        " ".join(found.in_words)
    )
    assert "over 2 to 3 trainings" in found.behind_words
    assert "tested on 1,000 to 2,000 scenes" in found.behind_words


def test_the_main_findings_are_those_that_were_measured(tmp_path: Path) -> None:
    book = Results("01_data", tmp_path)
    tenth = [0.83, 0.84, 0.82, 0.85, 0.81]
    differing = book.over_seeds("answers_by_background/hard/bn_compact", tenth, scenes=1000)
    jitter = book.over_seeds(
        "jitter_width/hard/bn_compact", [3, 1], scenes=10, unit="difference in grey levels"
    )
    save_part(book)
    found = merge(tmp_path, NOTEBOOKS)
    assert found.findings("paper") == []
    first, second = found.findings("ours")
    assert found.in_words == []  # the first one needs the rectangle too
    assert found.behind_words == ""
    assert f"{differing.text} (claimed: > 50 %)" in first.here
    assert (first.claim, first.verdict, first.place) == ("O8", "holds", "")
    assert f"{jitter.text} (claimed: > 2 grey levels)" in second.here
    assert (second.claim, second.verdict) == ("O18", "undecided")
    assert ", 1 hold, 0 do not hold, 1 undecided, " in found.tally("ours")
