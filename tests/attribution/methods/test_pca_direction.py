"""PCA directions: the component, and the derivative along it, by one pass for every window."""

from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from explainable import HEIGHT, WIDTH, deep, images_of, linear
from intensity.attribution.methods import pca_direction as module
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.pca_direction import leading_component, pca_direction
from intensity.values import InvalidInput


def test_the_component_is_that_of_a_singular_value_decomposition() -> None:
    image = images_of(1)[0].astype(np.float32)
    windows = sliding_window_view(image, (3, 3)).reshape(-1, 9).astype(float)
    _, _, rows = np.linalg.svd(windows - windows.mean(axis=0))
    found = leading_component(image, 3).ravel()
    np.testing.assert_allclose(np.abs(found @ rows[0]), 1, rtol=1e-5)
    assert found.sum() > 0


def test_the_component_of_stripes_is_a_stripe() -> None:
    image = np.zeros((20, 20), np.float32)
    image[:, ::7] = 100
    found = leading_component(image, 3)
    np.testing.assert_allclose(found, np.broadcast_to(found[0], (3, 3)), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found), 1, rtol=1e-5)


def test_a_pattern_as_bright_as_dark_is_aligned_by_its_first_pixel() -> None:
    checks = 100 * np.indices((12, 12)).sum(axis=0) % 200
    for image in (checks, 100 - checks, np.rot90(checks), 3.7 * checks):
        found = leading_component(image.astype(np.float32), 3)
        assert abs(found.sum()) < 0.5  # nine fields: one more of one color than of the other
        assert found.sum() > 0
    even = leading_component(checks.astype(np.float32), 4)
    assert abs(even.sum()) < 1e-3
    np.testing.assert_allclose(even, leading_component(100 - checks.astype(np.float32), 4))
    assert even[0, 0] > 0


def test_a_flat_image_has_an_even_component() -> None:
    np.testing.assert_allclose(leading_component(np.full((9, 9), 7, np.float32), 3), 1 / 3)


def test_against_one_derivative_for_every_window() -> None:
    model, image = deep(), images_of(1)
    slope, direction = gradient(model, image, classes=0)[0], leading_component(image[0], 3)
    expected = np.zeros((HEIGHT, WIDTH))
    for row in range(HEIGHT):
        for column in range(WIDTH):
            pattern = np.zeros((HEIGHT + 2, WIDTH + 2))
            pattern[row : row + 3, column : column + 3] = direction
            expected[row, column] = (pattern[1:-1, 1:-1] * slope).sum()
    maps = pca_direction(model, image, sides=(3,), classes=0)
    np.testing.assert_allclose(maps[0], expected, atol=1e-5 * np.abs(expected).max())


def test_of_all_sides_the_largest_slope_is_kept_with_its_sign() -> None:
    model, images = deep(), images_of(2)
    each = np.stack([pca_direction(model, images, sides=(s,), classes=1) for s in (3, 5, 7)])
    expected = np.take_along_axis(each, np.abs(each).argmax(axis=0)[None], axis=0)[0]
    maps = pca_direction(model, images, sides=(3, 5, 7), classes=1)
    np.testing.assert_allclose(maps, expected, rtol=1e-5)


@pytest.mark.parametrize("sides", [(4,), (HEIGHT + 2,), (), (0,)])
def test_other_sides_are_refused(sides: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"^sides: .* is not allowed"):
        pca_direction(linear()[0], images_of(1), sides=sides)


def test_components_are_kept_by_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[Any, list[np.ndarray]] = {}
    monkeypatch.setattr(module, "_KEPT", kept)
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    model, images = linear()[0], images_of(3)
    maps = [pca_direction(model, images[i : i + 1], sides=(3,), classes=0) for i in (0, 1, 2, 0)]
    np.testing.assert_array_equal(maps[0], maps[3])
    assert len(kept) == 2
    assert all(len(digest) == 32 for digest, *_ in kept)
    for (component,) in kept.values():
        with pytest.raises(ValueError, match="read-only"):
            component[0] = 0
