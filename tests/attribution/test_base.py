"""Arguments that all methods share, and scores."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, linear
from intensity.attribution.base import PREDICTED, as_classes, prepare, scores
from intensity.models.inference import logits
from intensity.values import InvalidInput


def test_settled_classes_are_given_or_predicted() -> None:
    model, _ = linear(seed=5)
    images = images_of(20)
    predicted = logits(model, images, 64).argmax(axis=1)
    assert len(set(predicted)) > 1
    np.testing.assert_array_equal(
        prepare(model, images, None, "logit", 8).with_known_classes().classes, predicted
    )
    assert set(prepare(model, images, 2, "logit", 8).with_known_classes().classes) == {2}


def test_scores_by_hand() -> None:
    values = np.log([[1.0, 2, 5], [4, 2, 2]])
    np.testing.assert_allclose(scores(values, np.array([2, 0]), "probability"), [5 / 8, 1 / 2])
    np.testing.assert_allclose(scores(values, np.array([2, 0]), "logit"), np.log([5, 4]))
    np.testing.assert_allclose(scores(values, np.array([2, 0]), "margin"), np.log([5 / 2, 4 / 2]))
    large = np.array([[1000.0, 0, 0]])
    np.testing.assert_array_equal(scores(large, np.array([0]), "probability"), [1])


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("images", {"images": np.full((1, HEIGHT, WIDTH), np.nan)}),
        ("images", {"images": np.zeros((1, WIDTH, HEIGHT))}),
        ("images", {"images": np.zeros((1, HEIGHT, WIDTH, 3))}),
        ("classes", {"classes": 3}),
        ("classes", {"classes": [0, 1]}),
        ("output", {"output": "logits"}),
        ("batch", {"batch": 0}),
    ],
)
def test_wrong_input_is_refused_by_name(argument: str, options: dict[str, object]) -> None:
    usual = {"images": images_of(1), "classes": None, "output": "logit", "batch": 64}
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        prepare(linear()[0], **{**usual, **options})  # type: ignore[arg-type]


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
