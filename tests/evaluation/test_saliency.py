"""Shares of the saliency on the object: of a network that reads one pixel, and without learning."""

import keras
import numpy as np

from intensity.data.rendering import masks
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.evaluation.saliency import (
    baseline_shares,
    saliency_share,
    untrained_saliency_share,
)
from intensity.training.presets import TASKS
from networks import TINY

SCENES = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(21,)), "test", 0, 5)


def test_a_network_that_reads_one_pixel_has_its_saliency_there() -> None:
    images = keras.Input((16, 16, 1))
    dense = keras.layers.Dense(3)
    model = keras.Model(images, dense(keras.layers.Flatten()(images)))
    row, column = SCENES.center[0]
    weights = np.zeros((256, 3), np.float32)
    weights[16 * row + column] = 1
    model.set_weights([weights, np.zeros(3, np.float32)])
    shares = saliency_share(model, SCENES)["share"]
    np.testing.assert_array_equal(shares, masks(SCENES).object[:, row, column].astype(float))
    assert shares[0] == 1


def test_fresh_weights_give_some_share_that_their_seed_decides() -> None:
    first, same, other = (untrained_saliency_share(TINY, seed, SCENES) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["share"], same["share"])
    assert (first["share"] != other["share"]).any()


def test_on_black_without_noise_all_grey_lies_on_the_object() -> None:
    shares = baseline_shares(SCENES)
    np.testing.assert_array_equal(shares["image"], 1)
    np.testing.assert_allclose(shares["uniform"], 21 / 256)
    assert (shares["sobel"] > shares["uniform"]).all()
    assert (shares["sobel"] < 1).all()
