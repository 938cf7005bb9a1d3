"""What methods ask of a model: settled classes, scores, passes bounded by the batch."""

import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, linear
from intensity.attribution.base import ask, scores
from intensity.models.inference import logits
from intensity.values import InvalidInput


def test_settled_classes_are_given_or_predicted() -> None:
    model, _ = linear(seed=5)
    images = images_of(20)
    predicted = logits(model, images, 64).argmax(axis=1)
    assert len(set(predicted)) > 1
    np.testing.assert_array_equal(ask(model, images, None, "logit", 8).settled().classes, predicted)
    assert set(ask(model, images, 2, "logit", 8).settled().classes) == {2}


def test_scores_by_hand() -> None:
    values = np.log([[1.0, 2, 5], [4, 2, 2]])
    np.testing.assert_allclose(scores(values, np.array([2, 0]), "probability"), [5 / 8, 1 / 2])
    np.testing.assert_allclose(scores(values, np.array([2, 0]), "logit"), np.log([5, 4]))
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
        ask(linear()[0], **{**usual, **options})  # type: ignore[arg-type]
