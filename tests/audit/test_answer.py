"""The whole audit: its table, words, figure and files, and what it refuses."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from audited import SIZE, arrays, contrast, discs, mean_of_surround, named, pixel
from intensity.audit import Answer, audit
from intensity.audit.figure import audit_figure, figure_data
from intensity.audit.registry import CONTROLS, EDITS
from intensity.audit.report import FILES, check_folder, measurements
from intensity.audit.words import first_dose, headline, in_words
from intensity.claims.results import Measured
from intensity.values import InvalidInput

CASES = discs(80)


def asked(network: Any = pixel, cases: Any = CASES, **options: Any) -> Answer:
    """An audit without the project's own networks."""
    return audit(network, cases, known=False, **options)


@pytest.fixture(scope="module")
def answer() -> Answer:
    """Of a network that reads one pixel."""
    return asked(title="my discs")


def test_the_table_has_a_row_an_edit(answer: Answer) -> None:
    table = answer.table().set_index("edit")
    assert set(table.index) == set(EDITS) - {"padding"}
    assert table.loc["surround", "changed"] == 0
    assert table.loc["level", "changed"] == answer.effects["level"].changed.value
    assert (table["low"] <= table["changed"]).all()
    assert (table["changed"] <= table["high"]).all()
    assert table.loc["shape", "unusual"]
    assert set(answer.rows["edit"]) == set(table.index) | set(CONTROLS)


def test_what_was_left_out_is_said(answer: Answer) -> None:
    assert any("padding of middle brightness" in note for note in answer.notes)
    few = asked(cases=discs(40))
    assert any("There are 8 groups" in note for note in few.notes)
    assert few.rows["low"].isna().all()
    assert not asked(cases=discs(40, group=np.zeros(40)), quick=True).cues  # all are of one patient
    assert all(measured.ci95 is None for measured in measurements(few))


def test_too_small_a_surround_leaves_the_rows_of_contrast_out() -> None:
    given = arrays(60)
    y, x = np.indices((24, 24))
    given["masks"] = np.broadcast_to((y > 0) | (x < 4), given["masks"].shape)
    found = asked(cases=discs(60, **given))
    assert not {"object", "surround", "whole", "background", "shape"} & found.effects.keys()
    assert found.slope is None
    assert found.plane is None
    assert any("surround by the step" in note for note in found.notes)
    assert any("60 of 60 images have fewer than 50 pixels" in note for note in found.notes)
    assert "no statement about level and contrast" in headline(found)
    black = np.where(CASES.masks[..., None], CASES.images, 0)
    assert asked(cases=discs(80, images=black, padding=0), quick=True).plane is None
    assert figure_data(found)["panel"].unique().tolist() == ["effects"]


def test_words_say_what_the_network_reads(answer: Answer) -> None:
    assert headline(answer) == "Answers rest on the absolute level inside the mask."
    of = {
        network: asked(network, labeled(network), quick=True)
        for network in (contrast, mean_of_surround)
    }
    assert "the contrast of the inside" in headline(of[contrast])
    said = headline(of[mean_of_surround])
    assert "hardly rest on the level inside the mask; most change with: " in said
    assert "surround by the step" in said or "both by the step" in said


def test_a_cue_that_changes_more_than_the_level_is_said_first() -> None:
    """Mostly the order of two pixels, which permuting changes and no level does."""

    def order(images: np.ndarray) -> np.ndarray:
        """Reads which of two pixels is brighter, and a little of the level."""
        first, second = (images[:, SIZE // 2, SIZE // 2 + i, 0].astype(float) for i in (0, 1))
        return named(first + 1000 * np.sign(first - second), (-900.0, 0.0))

    found = asked(order, labeled(order))
    said = headline(found)
    assert said.startswith("Answers change most with: object's pixels permuted, ")
    assert said.endswith("they rest on the absolute level inside the mask.")

    def only_order(images: np.ndarray) -> np.ndarray:
        """Reads the order alone."""
        return named(np.sign(order(images)[:, 2] - order(images)[:, 0]), (0.0,))

    quick = headline(asked(only_order, labeled(only_order), quick=True))
    assert quick.endswith("level inside the mask, nor on anything else that was changed.")


def labeled(network: Any) -> Any:
    """Discs with the classes that a network gives them."""
    given = arrays(80)
    given["label"] = network(given["images"][..., None]).argmax(axis=1)
    return discs(80, **given)


def test_every_number_in_words_is_in_the_results(answer: Answer) -> None:
    text = " ".join(in_words(answer))
    known = {m.id: m for m in measurements(answer)}
    for name in ("level", "core", "shape", "offset+0.5", "sham"):
        share = known[f"changed/my-discs/pixel/{name}"].value
        assert f"{100 * share:.1f} % [" in text
    assert f"{100 * known['accuracy/my-discs/level_alone'].value:.1f} %" in text


def test_a_network_of_the_surround_has_no_slope_and_can_be_saved(tmp_path: Path) -> None:
    found = asked(mean_of_surround, labeled(mean_of_surround), quick=True)
    assert found.slope is None
    assert "Slope" not in " ".join(found.words)
    assert found.save(tmp_path / "classes").exists()
    scores = discs(60, label=None)
    corner, middle = (lambda x, at=at: x[:, at, at, 0] for at in (0, SIZE // 2))
    score = asked(corner, scores, output="score", quick=True)
    assert "hardly rest on the level inside the mask" in headline(score)
    assert score.save(tmp_path / "score").exists()
    assert asked([middle, corner], scores, output="score", quick=True).slope is None


def test_the_mean_of_an_image_is_no_level_of_its_object() -> None:
    """Brighter surrounds raise it as brighter objects do: the slope is negative."""

    def mean(images: np.ndarray) -> np.ndarray:
        """Reads the mean of all pixels."""
        return named(images.astype(float).mean(axis=(1, 2, 3)), (100.0, 115.0))

    found = asked(mean, labeled(mean))
    area = found.cases.spread.area / SIZE**2
    assert found.slope is not None
    expected = -(area * (1 - area)).sum() / (area**2).sum()
    assert found.slope.groups.value == pytest.approx(expected, rel=0.01)
    assert "together with that of the surround" in headline(found)


def test_the_first_changes_are_found_between_doses(answer: Answer) -> None:
    effects = {0.1: answer.effects["offset+0.1"], 0.5: answer.effects["offset+0.5"]}
    rates = [effects[0.1].changed.value, effects[0.5].changed.value]
    dose = first_dose(effects)
    assert dose is not None
    assert np.interp(dose, [0, 0.1, 0.5], [0, *rates]) == pytest.approx(0.05)
    assert first_dose({0.1: answer.effects["identity"]}) is None


def test_every_number_has_one_id_and_the_rules_of_the_project(
    answer: Answer, tmp_path: Path
) -> None:
    answer.save(tmp_path / "audit")
    read = Measured(**json.loads((tmp_path / "audit" / "results.json").read_text()))
    ids = [measured.id for measured in read.measurements]
    assert len(ids) == len(set(ids))
    known = {measured.id: measured for measured in read.measurements}
    slope = known["slope/my-discs/pixel"]
    assert (slope.unit, slope.value) == ("slope", 0)
    assert known["changed/my-discs/pixel/surround"].n.scenes == 80
    assert known["accuracy/my-discs/pixel"].n.seeds == 1
    assert known["accuracy/my-discs/area_alone"].n.seeds == 0


def test_the_page_stands_alone_with_the_answer_first(answer: Answer, tmp_path: Path) -> None:
    path = answer.save(tmp_path / "audit")
    assert sorted(p.name for p in path.parent.iterdir()) == sorted(FILES)
    page = BeautifulSoup(path.read_text(), "html.parser")
    assert not page.find_all(["script", "link"])
    assert all(img["src"].startswith("data:") and img["alt"] for img in page.find_all("img"))
    text = page.get_text()
    assert text.index(headline(answer)) < text.index("All edits")
    for words in (*in_words(answer), *answer.notes, "no medical device"):
        assert words in text
    unlike = [row.th.get_text() for row in page.find_all("tr", class_="unlike")]
    assert unlike == answer.rows.loc[answer.rows["unusual"], "label"].tolist()


def test_files_hold_every_mark_and_every_case(answer: Answer, tmp_path: Path) -> None:
    folder = answer.save(tmp_path / "audit").parent
    marks = pd.read_csv(folder / "audit.csv")
    assert (marks["panel"] == "plane").sum() == 13**2
    assert (marks["panel"] == "effects").sum() == len(answer.effects)
    cases = pd.read_csv(folder / "cases.csv")
    assert len(cases) == 80
    assert cases["changed_surround"].sum() == 0
    assert cases["changed_level"].mean() == pytest.approx(answer.effects["level"].changed.value)
    edits = [f"changed_{n}" for n in answer.effects if n not in CONTROLS]
    counts = cases[edits].sum(axis=1).tolist()
    assert counts == sorted(counts, reverse=True)


def test_the_table_of_cases_has_sites() -> None:
    sites = ["north", "south"] * 15
    found = audit(pixel, discs(30, site=sites), quick=True, known=False).by_case
    assert [sites[int(name.split()[-1])] for name in found["image"]] == found["site"].tolist()


def test_a_report_is_replaced_and_nothing_else_is(answer: Answer, tmp_path: Path) -> None:
    for _ in range(2):
        answer.save(tmp_path / "audit")
    (tmp_path / "audit" / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInput, match=r"holds mine.txt: a new folder"):
        answer.save(tmp_path / "audit")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "cases.csv").write_text("image,mask,label")
    with pytest.raises(InvalidInput, match=r"holds cases.csv: a new folder"):
        answer.save(tmp_path / "own")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput, match="file is not allowed: a folder"):
        answer.save(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_refused_before_work(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InvalidInput, match="cannot be written into"):
        check_folder(tmp_path / "closed" / "new" / "audit")


def test_the_figure_has_a_mark_an_edit_and_a_cell_a_level(answer: Answer) -> None:
    figure = audit_figure(answer)
    plane, effects = figure.axes[:2]
    assert plane.get_xlabel() == "level of the object (grey levels)"
    labels = [label.get_text() for label in effects.get_yticklabels()]
    assert labels == answer.rows["label"].tolist()


def test_several_networks_of_one_kind_are_seeds(tmp_path: Path) -> None:
    found = asked([pixel, pixel, contrast], quick=True, title="d")
    assert found.slope is not None
    assert found.slope.seeds[:2] == [0, 0]
    known = {measured.id: measured for measured in measurements(found)}
    slope = known["slope/d/pixel"]
    assert slope.seeds == pytest.approx(found.slope.seeds)
    assert slope.n.seeds == 3
    assert "Student t" in slope.method
    assert "over networks" in found.save(tmp_path / "a").read_text()
    assert not any("One network" in note for note in found.notes)


def test_a_score_is_audited_without_classes(tmp_path: Path) -> None:
    def score(images: np.ndarray) -> np.ndarray:
        """The middle pixel in tenths."""
        return images[:, 12, 12, 0] / 10

    cases = discs(60, label=None)
    found = asked(score, cases, output="score", title="d")
    known = {measured.id: measured for measured in measurements(found)}
    assert known["changed/d/score/surround"].value == 0
    assert known["changed/d/score/level"].unit == "score"
    assert known["changed/d/score/level"].value > 1
    assert found.plane is not None
    assert found.accuracy is None
    text = found.save(tmp_path / "audit").read_text()
    assert "mean size of change" in text


def test_a_quick_audit_asks_less_and_a_sample_keeps_classes() -> None:
    told: list[tuple[str, int]] = []
    counted: list[int] = []
    cases = discs(200)
    found = asked(cases=cases, quick=True, tell=lambda *a: told.append(a), tick=counted.append)
    assert len(found.cases) == 60
    assert found.total == 200
    assert "field" not in found.effects
    assert {"level", "surround", "whole", "sham"} <= found.effects.keys()
    ((line, count),) = told
    assert line.startswith("60 cases, ")
    assert sum(counted) == count
    assert np.bincount(found.cases.label).tolist() == [20, 20, 20]


def test_nothing_is_computed_where_something_is_wrong() -> None:
    calls = []

    def guesses(images: np.ndarray) -> np.ndarray:
        """Always the first class."""
        calls.append(len(images))
        return np.tile([1.0, 0, 0], (len(images), 1))

    with pytest.raises(InvalidInput, match="not above chance"):
        asked(guesses)
    assert sum(calls) < 3 * len(CASES)
    with pytest.raises(InvalidInput, match="images: 1 is not allowed"):
        asked(images=1)
    with pytest.raises(InvalidInput, match="images: 1 is not allowed"):
        asked(lambda x: x[:, 0, 0], discs(1, label=None), output="score")
    with pytest.raises(InvalidInput, match="images: 2 is not allowed: 3 classes or more"):
        asked(images=2)
