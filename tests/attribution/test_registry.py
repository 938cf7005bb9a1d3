"""Every method on every kind of input, and what all refuse."""

import inspect
from typing import Any

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, rectified
from intensity.attribution.cases import Method
from intensity.attribution.registry import IMAGE_MAPS, METHODS, find_method
from intensity.attribution.windows import Repaint
from intensity.training.presets import TASKS
from intensity.values import InvalidInput

SMALL = {"samples": 3, "steps": 4, "window": 3, "stride": 2, "levels": 3}
OF_SCENES = {"empty": "background", "recolored": "mean", "repaint": Repaint(TASKS["hard"], 2)}
OTHERS: dict[str, dict[str, Any]] = {
    "finite_differences": {"span": (0, 255)},
    "pca_direction": {"sides": (3, 5)},
    "smooth_grad": {"sigma": 25.0},
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return rectified()


def first_map(method: Method, model: keras.Model, images: np.ndarray, **options: Any) -> np.ndarray:
    """Maps of a method on small images, the first where there are several."""
    own = {
        name: SMALL.get(name, OF_SCENES.get(value, value) if isinstance(value, str) else value)
        for name, value in method.options.items()
    }
    found = method.function(model, images, **own | OTHERS.get(method.name, {}) | options)
    return found[0] if isinstance(found, tuple) else found


@every_method
def test_every_kind_of_input(method: Method, model: keras.Model) -> None:
    images = images_of(5)
    maps = first_map(method, model, images)
    assert (maps.shape, maps.dtype) == (images.shape, np.float32)
    assert np.isfinite(maps).all()
    assert maps.any()
    close = {"rtol": 1e-3, "atol": 1e-4 * np.abs(maps).max()}
    for same in (images.astype(np.float32), images.astype(np.float64), images[..., None]):
        np.testing.assert_allclose(first_map(method, model, same), maps, **close)
    np.testing.assert_allclose(first_map(method, model, images, batch=2), maps, **close)
    np.testing.assert_allclose(first_map(method, model, images[2]), maps[2:3], **close)


@every_method
def test_one_signature_for_all(method: Method) -> None:
    first, second, *others = inspect.signature(method.function).parameters.values()
    assert [first.name, second.name] == ["model", "images"]
    assert {p.kind for p in others} == {inspect.Parameter.KEYWORD_ONLY}
    shared = [(p.name, p.default) for p in others[-3:]]
    assert shared == [("classes", None), ("output", "logit"), ("batch", 64)]


@every_method
def test_a_model_of_free_size_takes_images_of_every_size(method: Method) -> None:
    fixed, free = (free_of_size(shape) for shape in ((9, 12), (None, None)))
    free.set_weights(fixed.get_weights())
    images = np.random.default_rng(0).integers(0, 256, (3, 9, 12), np.uint8)
    maps = first_map(method, fixed, images)
    close = {"rtol": 1e-3, "atol": 1e-4 * np.abs(maps).max()}
    np.testing.assert_allclose(first_map(method, free, images), maps, **close)
    assert first_map(method, free, images[:, :8]).shape == (3, 8, 12)


def free_of_size(shape: tuple[int | None, int | None]) -> keras.Model:
    """A network that fixes no size, or one."""
    keras.utils.set_random_seed(2)
    images = keras.Input((*shape, 1))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(images)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(keras.layers.Conv2D(5, 2)(x)))
    return keras.Model(images, keras.layers.Dense(3)(x))


@pytest.mark.parametrize("output", ["logit", "probability"])
@every_method
def test_classes_may_be_given(method: Method, model: keras.Model, output: str) -> None:
    images = images_of(4)
    one = {c: first_map(method, model, images, classes=c, output=output) for c in range(3)}
    classes = np.array([2, 0, 1, 2])
    each = first_map(method, model, images, classes=classes, output=output)
    expected = np.stack([one[c][i] for i, c in enumerate(classes)])
    close = {"rtol": 1e-3, "atol": 1e-4 * np.abs(expected).max()}
    np.testing.assert_allclose(each, expected, **close)
    predicted = model.predict_on_batch(images[..., None].astype(np.float32)).argmax(axis=1)
    np.testing.assert_allclose(
        first_map(method, model, images, output=output),
        np.stack([one[c][i] for i, c in enumerate(predicted)]),
        **close,
    )


@every_method
def test_no_tracing_from_call_to_call(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    traces = []

    def counted(layer: keras.Layer, inputs: Any) -> Any:
        """Count."""
        traces.append(layer)
        return inputs * 1.0

    monkeypatch.setattr(keras.layers.Identity, "call", counted)
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.Conv2D(3, 3, activation="relu")(keras.layers.Identity()(images))
    model = keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    first_map(method, model, images_of(4))
    first_map(method, model, images_of(4), classes=1)
    before = len(traces)
    for count, batch, dtype in ((5, 64, np.uint8), (3, 2, np.float32), (1, 1, np.float64)):
        first_map(method, model, images_of(count).astype(dtype), batch=batch)
        first_map(method, model, images_of(count), batch=batch, classes=1)
    assert len(traces) == before > 0


@every_method
@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("images", {"images": np.full((1, HEIGHT, WIDTH), np.nan)}),
        ("images", {"images": np.zeros((1, WIDTH, HEIGHT))}),
        ("images", {"images": np.zeros((1, HEIGHT, WIDTH, 3))}),
        ("classes", {"classes": 3}),
        ("output", {"output": "logits"}),
        ("batch", {"batch": 0}),
    ],
)
def test_wrong_input_is_refused_by_name(
    method: Method, model: keras.Model, argument: str, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        first_map(method, model, **{"images": images_of(1), **options})


def test_rows_are_found_by_name_and_have_labels_of_their_own() -> None:
    rows = METHODS | IMAGE_MAPS
    assert all(find_method(name) is row and row.name == name for name, row in rows.items())
    assert len({row.label for row in rows.values()}) == len(rows)
    with pytest.raises(InvalidInput, match="method: 'lime' is not allowed: gradient, "):
        find_method("lime")


def test_a_baseline_that_contains_the_answer_makes_an_oracle_and_is_marked() -> None:
    rows = (METHODS | IMAGE_MAPS).values()
    oracles = {row.name for row in rows if row.is_oracle}
    assert oracles == {"deeplift", "integrated_gradients", "integrated_gradients_recolor"}
    assert {row.name for row in rows if "†" in row.label} == oracles
