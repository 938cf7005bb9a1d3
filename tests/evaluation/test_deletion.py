"""Deletion and insertion: by hand on a linear model."""

import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, linear, logging
from intensity.attribution.windows import Repaint
from intensity.evaluation.deletion import deletion, insertion
from intensity.training.presets import TASKS
from intensity.values import InvalidInput

PIXELS = HEIGHT * WIDTH


def test_of_a_linear_model_in_the_order_of_its_parts() -> None:
    model, weights = linear()
    images = images_of(2)
    parts = weights[1] * (images - 9.0)
    options = {"fill": 9, "steps": PIXELS, "classes": 1, "output": "logit"}
    removed = deletion(model, images, parts, **options)
    falling = np.cumsum(-np.sort(-parts.reshape(2, -1), axis=1), axis=1)
    np.testing.assert_allclose(removed[:, :1] - removed[:, 1:], falling, rtol=1e-3, atol=1e-4)
    shown = insertion(model, images, parts, **options)
    np.testing.assert_allclose(shown[:, 1:] - shown[:, :1], falling, rtol=1e-3, atol=1e-4)


def test_ends_are_the_image_and_the_fill() -> None:
    model, log = logging()
    images = images_of(2)
    for function in (deletion, insertion):
        log.shown.clear()
        function(model, images, np.zeros(images.shape), fill=3, steps=4)
        settled, *curve = log.shown
        assert len(curve) == 5
        ends = curve[:: len(curve) - 1] if function is deletion else curve[:: 1 - len(curve)]
        np.testing.assert_array_equal(settled, images)
        np.testing.assert_array_equal(ends[0], images)
        np.testing.assert_array_equal(ends[1], 3)


def test_of_equal_pixels_the_first_go_first() -> None:
    model, log = logging()
    deletion(model, images_of(1), np.zeros((1, HEIGHT, WIDTH)), fill=0, steps=7, classes=0)
    np.testing.assert_array_equal(log.shown[3][0], [*[[0] * WIDTH] * 3, *images_of(1)[0, 3:]])


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("maps", {"maps": np.zeros((1, WIDTH, HEIGHT))}),
        ("fill", {"fill": "white"}),
        ("fill", {"fill": Repaint(TASKS["hard"])}),
        ("steps", {"steps": 0}),
        ("steps", {"steps": PIXELS + 1}),
        ("classes", {"classes": 3}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, object]) -> None:
    usual = {"images": images_of(1), "maps": np.zeros((1, HEIGHT, WIDTH)), "fill": 0}
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        deletion(linear()[0], **{**usual, **options})  # type: ignore[arg-type]
