"""The door for networks: whatever they return becomes logits or scores, or is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax

from audited import SIZE, discs, pixel
from intensity.audit.cases import Cases
from intensity.audit.prediction import (
    Prediction,
    check_knowledge,
    find_network,
    open_network,
    predict_all,
)
from intensity.values import InvalidInput

CASES = discs(40)


def opened(predict: Any, **options: Any) -> Prediction:
    """A network, tried on some discs."""
    return open_network(predict, CASES, **options)


def refusal(predict: Any, cases: Cases = CASES, **options: Any) -> str:
    """The one line with which it is refused."""
    with pytest.raises(InvalidInput) as caught:
        open_network(predict, cases, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def margins(found: Prediction) -> np.ndarray:
    """(n, classes - 1) differences of logits, which a softmax leaves as they are."""
    return np.diff(predict_all(found, CASES), axis=1)


def small(images: np.ndarray) -> np.ndarray:
    """Logits that no softmax saturates."""
    return pixel(images) / 50


def last(images: np.ndarray) -> np.ndarray:
    """(n, 1) one of two logits."""
    return images[:, SIZE // 2, SIZE // 2] / 20 - 5.5


def test_logits_stay_and_probabilities_become_some() -> None:
    expected = np.diff(small(CASES.images.astype(float)), axis=1)
    np.testing.assert_allclose(margins(opened(small)), expected, rtol=1e-5)
    found = opened(lambda x: softmax(small(x), axis=1))
    np.testing.assert_allclose(margins(found), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("predict", "output"), [(last, "logits"), (lambda x: expit(last(x)), "sigmoid")]
)
def test_one_number_is_two_classes_and_has_a_threshold(
    predict: Callable[..., np.ndarray], output: Any
) -> None:
    z = last(CASES.images)[:, 0]
    np.testing.assert_allclose(margins(opened(predict, output=output))[:, 0], z, atol=1e-5)
    moved = margins(opened(predict, output=output, threshold=0.9))[:, 0]
    np.testing.assert_array_equal(moved > 0, expit(z) > 0.9)


def test_a_label_of_several_is_two_classes() -> None:
    several = lambda x: expit(np.concatenate([last(x), -last(x)], axis=1))  # noqa: E731
    first, second = (margins(opened(several, output="multilabel", of=k))[:, 0] for k in (0, 1))
    np.testing.assert_allclose(first, -second, atol=1e-5)
    assert "of: None is not allowed: the number of a label, 0..1" in refusal(
        several, output="multilabel"
    )


def test_scores_stay_as_they_are() -> None:
    found = opened(lambda x: x.mean(axis=(1, 2, 3)), output="score")
    assert found.scores
    np.testing.assert_allclose(
        predict_all(found, CASES)[:, 0], CASES.images.mean(axis=(1, 2, 3)), rtol=1e-5
    )


def test_preprocessing_is_part_of_what_is_audited() -> None:
    seen = []

    def watch(images: np.ndarray) -> np.ndarray:
        """Logits of images that are noted."""
        seen.append(images)
        return small(255 * images)

    opened(watch, preprocess="unit")
    assert 0.2 < seen[0].mean() < 0.8


def test_preprocessing_may_give_a_keras_model_another_shape() -> None:
    larger = keras_model(None, size=2 * SIZE)
    found = opened(larger, preprocess=lambda x: x.repeat(2, axis=1).repeat(2, axis=2))
    np.testing.assert_allclose(margins(found), margins(opened(keras_model(None))), rtol=1e-5)
    assert "preprocess: fails on float32 images" in refusal(larger, preprocess=lambda x: x[9])


def test_what_fails_later_is_one_line_too() -> None:
    found = opened(lambda x: small(x) if len(x) > 1 else [][0])
    with pytest.raises(InvalidInput, match="predict: fails on float32 images of shape"):
        found(CASES.images[:1])


class Wrong:
    """Networks that do what none may."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def at_random(self, images: np.ndarray) -> np.ndarray:
        """Another answer at every call."""
        return small(images) + self.rng.normal(0, 1, (len(images), 3))

    def of_the_batch(self, images: np.ndarray) -> np.ndarray:
        """Images are normalised together."""
        return small(100 + images - images.mean())

    def of_its_place(self, images: np.ndarray) -> np.ndarray:
        """The first image has another answer than the others."""
        return small(images) + np.arange(len(images))[:, None] * [0, 1, 2]


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (Wrong().at_random, "predict: is not deterministic"),
        (Wrong().of_the_batch, "predict: depends on the batch"),
        (Wrong().of_its_place, "predict: depends on the batch"),
        (lambda x: small(x)[1:], "predict: shape (31, 3) for 32 images is not allowed"),
        (lambda x: small(x)[None], "a row for each image"),
        (lambda x: small(x) * np.nan, "predict: returns NaN"),
        (lambda x: np.array(["a"] * len(x)), "predict: returns NaN, infinity or no numbers"),
        (lambda x: x[:, 99], "predict: fails on float32 images of shape (32, 24, 24, 1): Index"),
        (last, "output: 'auto' for one number an image"),
        (3, "model: int is not allowed"),
        ("network", "model: 'network' is not allowed: a .keras file or module:function"),
        ("none.keras", "model: none.keras is not there"),
        ("no_such_module:f", "model: 'no_such_module:f' cannot be imported"),
        ("math:pi", "model: 'math:pi' is not allowed: a function"),
    ],
)
def test_what_no_audit_can_ask_is_refused_in_one_line(predict: Any, said: str) -> None:
    assert said in refusal(predict)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"output": "classes"}, "output: 'classes' is not allowed: auto, logits"),
        ({"output": "sigmoid"}, "predict: 3 numbers an image are not allowed: 1 as sigmoid"),
        ({"output": "score"}, "predict: 3 numbers an image are not allowed: 1 as score"),
        ({"output": "probability"}, "predict: probabilities of "),
        ({"threshold": 1.0}, "threshold: 1 is not allowed"),
        ({"preprocess": "window:40"}, "preprocess: 'window:40' is not allowed"),
        ({"preprocess": "percentile:99,1"}, "preprocess: 'percentile:99,1' is not allowed"),
        ({"preprocess": "whitened"}, "preprocess: 'whitened' is not allowed: none, unit, zscore"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], said: str) -> None:
    assert said in refusal(small, **options)


def test_labels_are_needed_but_for_scores() -> None:
    unlabeled = discs(10, label=None)
    assert "label: None is not allowed" in refusal(small, unlabeled)
    assert open_network(lambda x: x[:, 0, 0], unlabeled, output="score").scores


def knows(values: np.ndarray) -> None:
    """Is accuracy above chance?"""
    check_knowledge(CASES, values)


def test_a_network_that_knows_nothing_is_refused_with_its_accuracy() -> None:
    knows(pixel(CASES.images))
    commonest = np.eye(3)[np.full(len(CASES), np.bincount(CASES.label).argmax())]
    with pytest.raises(InvalidInput, match=r"accuracy 40.0 %, 33.3 % as the mean over 3 classes"):
        knows(commonest)
    guessed = np.random.default_rng(1).normal(size=(len(CASES), 3))
    with pytest.raises(InvalidInput, match="not above chance"):
        knows(guessed)


def test_classes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInput, match="class 3 has no image"):
        knows(np.eye(4)[CASES.label])
    with pytest.raises(InvalidInput, match="2 classes are not allowed: labels name 3"):
        knows(np.eye(2)[CASES.label % 2])


def keras_model(end: str | None, units: int = 3, size: int = SIZE) -> keras.Model:
    """Reads the middle pixel, as `pixel` does or as `last` does."""
    images = keras.Input((size, size, 1))
    dense = keras.layers.Dense(units, activation=end)
    model = keras.Model(images, dense(images[:, size // 2, size // 2]))
    weights = (np.arange(3) / 50, -np.array([0, 90, 220]) / 50)
    if units == 1:
        weights = (np.array([1 / 20]), np.array([-5.5]))
    dense.set_weights([weights[0][None], weights[1]])
    return model


@pytest.mark.parametrize("end", [None, "softmax"])
def test_a_keras_model_is_asked_for_its_logits_whatever_it_ends_with(
    end: str | None, tmp_path: Path
) -> None:
    model = keras_model(end)
    expected = np.diff(small(CASES.images.astype(float)), axis=1)
    np.testing.assert_allclose(margins(opened(model)), expected, rtol=1e-4)
    model.save(tmp_path / "mine.keras")
    found = opened(tmp_path / "mine.keras")
    assert found.name == "mine"
    np.testing.assert_allclose(margins(found), expected, rtol=1e-4)


def test_a_keras_model_of_one_sigmoid_is_two_classes() -> None:
    z = last(CASES.images)[:, 0]
    np.testing.assert_allclose(margins(opened(keras_model("sigmoid", 1)))[:, 0], z, atol=1e-4)
    found = opened(keras_model("sigmoid", 3), output="multilabel", of=1)
    np.testing.assert_allclose(
        margins(found)[:, 0], small(CASES.images.astype(float))[:, 1], atol=1e-4
    )


def test_a_keras_model_with_an_end_that_is_not_known_is_taken_for_what_it_looks_like() -> None:
    images = keras.Input((SIZE, SIZE, 1))
    inner = keras_model("softmax")
    same = keras.layers.Dense(3, use_bias=False)
    model = keras.Model(images, same(inner(images)))
    same.set_weights([np.eye(3)])
    expected = np.diff(small(CASES.images.astype(float)), axis=1)
    np.testing.assert_allclose(margins(opened(model)), expected, rtol=1e-3)


def test_keras_models_that_do_not_fit_are_refused() -> None:
    assert "multilabel" in refusal(keras_model("sigmoid", 3))
    assert "24 x 24 pixels is not allowed: the model takes 30 x 30" in refusal(
        keras_model(None, size=30)
    )
    colored = discs(20, images=np.repeat(CASES.images[:20], 3, axis=-1))
    assert "images: 3 channels are not allowed: the model takes 1" in refusal(
        keras_model(None), colored
    )


def test_a_file_that_is_no_model_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.keras"
    path.write_text("no model")
    assert "cannot be loaded" in refusal(path)
    assert "classes of your own, give module:name" in refusal(path)


def test_a_function_is_found_in_the_folder_that_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "their_network.py").write_text("def predict(images):\n    return images[:, 0, 0]\n")
    monkeypatch.chdir(tmp_path)
    found, name = find_network("their_network:predict")
    assert name == "predict"
    assert found(np.ones((2, 3, 3, 1))).shape == (2, 1)
