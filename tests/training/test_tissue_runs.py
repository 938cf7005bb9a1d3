"""Networks for patches in the store: found again, never trained twice, trained again if damaged."""

from pathlib import Path

import numpy as np
import pytest

from intensity.data.tissue import evaluation_patches
from intensity.models.inference import logits
from intensity.storage.store import Store
from intensity.training import tissue_runs
from intensity.training.presets import TASKS
from intensity.training.runs import Run, list_runs
from intensity.training.tissue import TissueTraining
from intensity.training.tissue_runs import KIND, tissue_run_name, train_tissues

WANTED = [TissueTraining(kind="pixel", parts=1, seed=seed) for seed in (7, 8)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def runs(store: Store) -> list[Run]:
    """Two networks, trained by workers of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INTENSITY_SCHEDULER", raising=False)
        return train_tissues(WANTED, store)


def no_training(*_: object) -> None:
    raise AssertionError("nothing was to be trained")


def test_a_network_is_found_again_and_loads(
    store: Store, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tissue_runs, "_client", no_training)
    again = train_tissues(WANTED[::-1], store)
    assert [run.name for run in again] == [run.name for run in runs[::-1]]
    images = evaluation_patches("validation", 30).images
    first, second = (logits(run.model, images) for run in runs)
    assert first.shape == (30, 3)
    assert not np.allclose(first, second)
    assert runs[0].metrics["seconds"] > 0
    assert runs[0].history["patches"].tolist() == [256]


def test_a_measurement_on_a_network_is_made_once(runs: list[Run]) -> None:
    from intensity.analysis.tissue import image_logits

    images = evaluation_patches("validation", 30).images
    found = runs[0].measure(image_logits, images)["logits"]
    assert np.array_equal(found, logits(runs[0].model, images))
    fresh = Run(runs[0].path, runs[0].store)
    assert np.array_equal(fresh.measure(image_logits, images)["logits"], found)
    assert "model" not in vars(fresh)  # which loads it


def test_the_store_lists_scenes_networks_without_these(store: Store, runs: list[Run]) -> None:
    assert list_runs(store) == ({}, "")


def test_a_damaged_network_counts_as_missing(
    store: Store, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    (runs[1].path / "model.keras").write_bytes(b"cut")
    monkeypatch.setattr(tissue_runs, "_client", no_training)
    with pytest.raises(AssertionError, match="nothing was to be trained"):
        train_tissues(WANTED, store)


def test_names_tell_trainings_apart() -> None:
    names = {
        tissue_run_name(TissueTraining(kind=kind, task=task, parts=parts, seed=seed))
        for kind in ("raw", "pixel")
        for task in (None, TASKS["hard"])
        for parts in (1, 2)
        for seed in (0, 1)
    }
    assert len(names) == 16
    assert {name.rpartition("-")[0] for name in names} == {
        *("raw-tissue", "raw-tissue_hard", "pixel-tissue", "pixel-tissue_hard")
    }


def test_a_store_keeps_them_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / KIND / "raw-tissue-0123456789abcdef").mkdir(parents=True)
    assert Store(tmp_path).find(KIND, "raw-tissue-0123456789abcdef") is None  # it is empty
