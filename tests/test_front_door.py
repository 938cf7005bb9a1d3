"""The door for notebooks: images, a network, a map and its picture in a few lines."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import intensity
import untrained
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.storage.store import Store
from intensity.training import runs
from intensity.training.presets import SETTINGS, TASKS, usual_setting
from intensity.training.runs import choose_run
from intensity.values import InvalidInput


def test_importing_the_package_loads_nothing() -> None:
    heavy = "{'numpy', 'pydantic', 'keras', 'matplotlib'}"
    program = f"import sys, intensity; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_images_and_labels_are_those_of_the_scenes() -> None:
    images, labels = intensity.draw("hard", 5, split="train", first=3)
    scenes = draw_scenes(TASKS["hard"], SETTINGS["discs"], "train", 3, 5)
    np.testing.assert_array_equal(images, render(scenes))
    np.testing.assert_array_equal(labels, scenes.label)
    assert intensity.draw("hard", 1, setting="discs_full")[0].shape == (1, 128, 128)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_scenes(task: str) -> None:
    images, labels = intensity.draw(task, 40)
    assert images.dtype == np.uint8
    assert set(labels.tolist()) <= set(range(TASKS[task].classes))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^task: 'soft' is unknown; allowed: three_bands"):
        intensity.draw("soft")
    with pytest.raises(InvalidInput, match="count >= 1"):
        intensity.draw("hard", 0)


def test_the_run_that_saw_most_images_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    for images in (64, 256, 128):
        untrained.keep(store, epoch_images=images)
    untrained.keep(store, seed=5, epoch_images=512)
    scenes = untrained.configuration().scenes
    run = choose_run(store, "bn_tiny", "hard", scenes)
    assert (run.configuration.seed, run.configuration.recipe.images) == (0, 256)
    assert choose_run(store, "bn_tiny", "hard", scenes, seed=5).configuration.seed == 5
    (store.root / "runs" / "of other code").mkdir()
    with pytest.raises(
        InvalidInput, match=r"tiny, hard, 7 is not .*there are: .*, 0; bn_tiny, hard, 5$"
    ):
        choose_run(store, "bn_tiny", "hard", scenes, seed=7)
    with pytest.raises(InvalidInput, match=r"there are: none$"):
        choose_run(store, "bn_tiny", "hard", usual_setting(TASKS["hard"]))
    monkeypatch.setattr(runs, "training_code", lambda: "another")
    others = r"\(4 trained by other code, 1 damaged cannot be used\); there are: none$"
    with pytest.raises(InvalidInput, match=others):
        choose_run(store, "bn_tiny", "hard", scenes)


def test_a_published_network_gives_logits_of_images_that_are_drawn() -> None:
    images, labels = intensity.draw("hard", 50)
    model = intensity.load("bn_compact", task="hard")
    predicted = model.predict_on_batch(images[..., None]).argmax(axis=1)
    assert (predicted == labels).mean() > 0.8


def test_an_image_and_its_map_are_drawn_side_by_side_where_one_wants() -> None:
    image, values = np.zeros((8, 8), np.uint8), np.linspace(-2, 1, 64).reshape(8, 8)
    figure = intensity.plot(image, values)
    (ax,) = figure.axes
    assert [picture.get_clim() for picture in ax.images] == [(0, 255), (-2, 2)]
    own = Figure().subplots()
    assert intensity.plot(image[None], values[..., None], own) is own.figure
    assert len(own.images) == 2
    with pytest.raises(InvalidInput, match=r"^attribution: shape \(8,\) is not allowed"):
        intensity.plot(image, values[0])
