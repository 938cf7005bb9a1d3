"""What models, images, scenes and batches are accepted, and what a refusal says."""

import keras
import numpy as np
import pytest

from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.models.inputs import as_images, batches, check_count, check_scenes
from intensity.training.presets import TASKS
from intensity.values import InvalidInput


@pytest.fixture(scope="module")
def model() -> keras.Model:
    images = keras.Input((4, 6, 1))
    return keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(images)))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_images_of_any_number_type_keep_it(model: keras.Model, dtype: type) -> None:
    pixels = as_images(np.ones((2, 4, 6, 1), dtype), model)
    assert pixels.shape == (2, 4, 6)
    assert pixels.dtype == dtype


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((4, 6)), r"^images: shape \(4, 6\) is not allowed"),
        (np.zeros((0, 4, 6)), r"^images: shape \(0, 4, 6\) is not allowed"),
        (np.zeros((1, 4, 6, 3)), r"^images: shape \(1, 4, 6, 3\) is not allowed"),
        (np.zeros((1, 6, 4)), r"^images: 6 x 4 pixels is not allowed: the model takes 4 x 6"),
        (np.full((1, 4, 6), np.nan), "^images: float64 with NaN"),
        (np.full((1, 4, 6), np.inf), "^images: float64 with NaN"),
        (np.zeros((1, 4, 6), bool), "^images: bool"),
    ],
)
def test_other_images_are_refused(model: keras.Model, images: np.ndarray, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        as_images(images, model)


def test_a_model_of_free_size_takes_every_size() -> None:
    images = keras.Input((None, None, 1))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(images))
    assert as_images(np.zeros((1, 5, 9)), model).shape == (1, 5, 9)


def test_models_of_another_kind_are_refused() -> None:
    color, vector, grey = keras.Input((4, 4, 3)), keras.Input((4,)), keras.Input((4, 4, 1))
    for model in (
        keras.Model(color, keras.layers.Flatten()(color)),
        keras.Model(vector, vector),
        keras.Model(grey, grey),
        keras.Model([grey, vector], keras.layers.Flatten()(grey)),
        keras.Sequential([keras.layers.Flatten()]),
    ):
        with pytest.raises(InvalidInput, match=r"^model: input .* is not allowed"):
            as_images(np.zeros((1, 4, 4)), model)


def test_batches_cover_every_row_once_in_order() -> None:
    rows = [np.arange(10)[part] for part in batches(10, 4)]
    assert [len(part) for part in rows] == [4, 4, 2]
    assert np.concatenate(rows).tolist() == list(range(10))


@pytest.mark.parametrize("value", [0, -1, 2.0, "3"])
def test_counts_are_whole_numbers(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^batch: .* is not allowed"):
        list(batches(5, value))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^window: 9 is not allowed: a whole number, 1\.\.8$"):
        check_count("window", 9, most=8)


def test_scenes_that_a_model_cannot_be_shown_are_refused() -> None:
    images = keras.Input((8, 8, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    scenes = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(9,)), "test", 0, 2)
    with pytest.raises(InvalidInput, match=r"^images: 16 x 16 pixels"):
        check_scenes(model, scenes)
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        check_scenes(model, scenes[:0])
