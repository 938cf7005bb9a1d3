"""Maps without a network, by hand."""

import numpy as np
import pytest

from intensity.attribution.edge_filters import image_map, laplace_edges, random_map, sobel_edges
from intensity.attribution.registry import IMAGE_MAPS


@pytest.mark.parametrize("name", IMAGE_MAPS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_all_are_maps_of_the_images_size_and_nowhere_negative(name: str, dtype: type) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 7)).astype(dtype)
    maps = IMAGE_MAPS[name].function(images)
    assert maps.shape == images.shape
    assert np.isfinite(maps).all()
    assert (maps >= 0).all()
    assert (maps != maps[:1]).any()


def test_of_a_vertical_edge() -> None:
    images = np.zeros((1, 4, 6), np.uint8)
    images[:, :, 3:] = 10
    np.testing.assert_array_equal(sobel_edges(images)[0, 1], [0, 0, 40, 40, 0, 0])
    np.testing.assert_array_equal(laplace_edges(images)[0, 1], [0, 0, 10, 10, 0, 0])
    np.testing.assert_array_equal(image_map(images), images)


def test_edges_do_not_cross_from_one_image_to_the_next() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 6))
    for edges in (sobel_edges, laplace_edges):
        np.testing.assert_array_equal(edges(images)[1:2], edges(images[1:2]))


def test_the_seed_decides_random_maps() -> None:
    images = np.zeros((2, 4, 4))
    np.testing.assert_array_equal(random_map(images, 1), random_map(images, 1))
    assert (random_map(images, 1) != random_map(images, 2)).all()
