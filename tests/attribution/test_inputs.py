"""Which classes are accepted, and what a refusal says."""

import keras
import numpy as np
import pytest

from intensity.attribution.inputs import PREDICTED, as_classes
from intensity.values import InvalidInput


@pytest.fixture(scope="module")
def model() -> keras.Model:
    images = keras.Input((4, 6, 1))
    return keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(images)))


def test_classes_are_one_for_all_or_one_each_or_predicted(model: keras.Model) -> None:
    assert as_classes(2, model, 3).tolist() == [2, 2, 2]
    assert as_classes(np.array([0, 2], np.uint8), model, 2).tolist() == [0, 2]
    assert as_classes(None, model, 2).tolist() == [PREDICTED, PREDICTED]


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        (3, r"^classes: 3 is not allowed: the model has classes 0\.\.2$"),
        (-1, "^classes: -1 is not allowed"),
        ([0, 7], "^classes: 7 is not allowed"),
        ([0, 1, 2], "^classes: int64 of shape"),
        (1.0, "^classes: float64"),
        (True, "^classes: bool"),
    ],
)
def test_other_classes_are_refused(model: keras.Model, classes: object, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        as_classes(classes, model, 2)  # type: ignore[arg-type]
