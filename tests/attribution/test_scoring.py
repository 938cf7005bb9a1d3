"""Shares of maps: by hand, for a network that sees one pixel, and for maps that say nothing."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.architectures import find_network
from intensity.attribution.scoring import (
    baseline_shares,
    saliency_share,
    share_on,
    untrained_saliency_share,
)
from intensity.rendering import masks
from intensity.scenes import SceneOptions, draw_scenes
from intensity.tasks import TASKS
from intensity.values import InvalidInput

SCENES = draw_scenes(TASKS["hard"], SceneOptions(size=16, areas=(21,)), "test", 0, 5)


def test_the_share_is_that_of_the_magnitude() -> None:
    maps = np.array([[[3.0, -1.0], [0.0, 0.0]], [[-2.0, 1.0], [1.0, 4.0]]])
    where = np.array([[[True, False], [True, True]], [[True, False], [False, False]]])
    np.testing.assert_array_equal(share_on(maps, where), [0.75, 0.25])


def test_a_blank_map_says_as_much_as_a_uniform_one() -> None:
    where = np.zeros((1, 2, 4), bool)
    where[0, 0, :2] = True
    for value in (0, 7):
        assert share_on(np.full((1, 2, 4), value), where) == 0.25


@given(st.floats(0.1, 100))
def test_the_scale_of_a_map_does_not_matter(scale: float) -> None:
    maps = np.random.default_rng(0).normal(size=(3, 4, 4))
    where = maps > 0
    np.testing.assert_allclose(share_on(scale * maps, where), share_on(maps, where))


def test_maps_and_pixels_have_one_shape() -> None:
    with pytest.raises(InvalidInput, match=r"where: shape \(1, 2, 3\)"):
        share_on(np.zeros((1, 2, 2)), np.zeros((1, 2, 3), bool))


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
    network = find_network("bn_tiny")
    scenes = draw_scenes(TASKS["hard"], SceneOptions(), "test", 0, 3)
    first, same, other = (untrained_saliency_share(network, seed, scenes) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["share"], same["share"])
    assert (first["share"] != other["share"]).any()


def test_on_black_without_noise_all_grey_lies_on_the_object() -> None:
    shares = baseline_shares(SCENES)
    np.testing.assert_array_equal(shares["image"], 1)
    np.testing.assert_allclose(shares["uniform"], 21 / 256)
    assert (shares["sobel"] > shares["uniform"]).all()
    assert (shares["sobel"] < 1).all()
