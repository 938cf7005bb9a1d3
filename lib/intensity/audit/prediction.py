"""The door for networks: anything that takes images and answers, with what comes before it.

`predict(images)` takes (n, h, w, c) float32 images in the user's unit and returns (n, k) numbers.
A .keras file and a built Keras model are conveniences for it. Whatever the numbers mean, an audit
sees logits, whose largest is the answer, or one score an image.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from intensity.audit.cases import Cases
from intensity.audit.labels import check_classes
from intensity.audit.outputs import Output, Reader, find_reader, looks_like
from intensity.audit.preprocessing import find_function, find_preprocessing, one_line
from intensity.models.inputs import batches
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Predict = Callable[[np.ndarray], Any]
TRIED = 32
"""Cases that a network is tried on before work starts."""
ALIKE = 1e-3
"""How far two answers to one image may differ, as a share of the spread of answers."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """A network with all that comes before it, as an audit asks it.

    Args:
        name: how results call it.
        predict: (n, h, w, c) float32 images in the user's unit -> (n, k) numbers.
        read: these numbers -> logits, or scores.
        scores: whether it gives a score and no class.
        saturated: share of probabilities that are 0 or 1, where it was tried.
    """

    name: str
    predict: Predict
    read: Reader
    scores: bool
    saturated: float = 0.0

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """(n, classes) logits of (n, h, w, c) images, or (n, 1) scores; float64.

        Raises:
            InvalidInput: the network returns other rows than images, or no numbers.
        """
        return self.read(rows_of(self.predict, images))


def rows_of(predict: Predict, images: np.ndarray) -> np.ndarray:
    """(n, k) float64 numbers that a network returns for n images, checked."""
    found = _asked("predict", predict, images)
    found = found[:, None] if found.ndim == 1 else found
    if found.ndim != 2 or len(found) != len(images) or not found.shape[1]:
        raise InvalidInput(
            f"predict: shape {found.shape} for {len(images)} images is not allowed: "
            f"({len(images)}, classes), a row for each image"
        )
    if found.dtype.kind not in "uif" or not np.isfinite(found).all():
        raise InvalidInput("predict: returns NaN, infinity or no numbers; finite ones are allowed")
    return found.astype(np.float64)


def _asked(field: str, function: Predict, images: np.ndarray) -> np.ndarray:
    """What a function makes of images as float32; whatever goes wrong in it is one line."""
    try:
        return np.asarray(function(np.ascontiguousarray(images, np.float32)))
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(
            f"{field}: fails on float32 images of shape {images.shape}: "
            f"{type(error).__name__}: {one_line(error)}"
        ) from error


def open_network(
    network: Any,
    cases: Cases,
    *,
    output: Output = "auto",
    preprocess: str | Predict = "none",
    threshold: float = 0.5,
    of: int | None = None,
    name: str = "",
) -> Prediction:
    """A network that can be audited on these cases: found, understood and tried.

    Args:
        network: a function, a built Keras model, a path to a .keras file, or "module:function".
        cases: that it is to be audited on.
        output: what it returns: "logits" or a "probability" of every class; a "sigmoid" of two
            classes; "multilabel", sigmoids of labels of which `of` is audited; a "score".
            "auto" asks a Keras model for it, and takes others' rows for what they look like.
        preprocess: what comes before it, a name as in `find_preprocessing` or a function.
        threshold: probability from which on the second of two classes is the answer.
        of: number of the label, of several.
        name: how results call it; by default what it is called itself.

    Raises:
        InvalidInput: it cannot be found or used, does not fit the cases, answers differently when
            asked again or beside other images, or knows nothing of the classes.
    """
    if output not in get_args(Output):
        raise InvalidInput(f"output: {output!r} is not allowed: {', '.join(get_args(Output))}")
    if not 0 < threshold < 1:
        raise InvalidInput(f"threshold: {threshold:g} is not allowed: between 0 and 1")
    if output != "score" and not cases.classes:
        raise InvalidInput(
            "label: None is not allowed, except with output 'score': give a column or array "
            "'label', or, in a folder, labels.csv or images by class"
        )
    found, own = find_network(network)
    before = find_preprocessing(preprocess, cases.values)
    call, kind = _opened(found, _asked("preprocess", before, cases.images[:1]), output)
    predict = lambda images: call(before(images))  # noqa: E731
    some = max(2, min(TRIED, cases.batch))
    tried = cases[np.unique(np.linspace(0, len(cases) - 1, some).astype(int))]
    raw = rows_of(predict, tried.images)
    kind = looks_like(raw) if kind == "auto" else kind
    read = find_reader(kind, raw.shape[1], threshold, of)
    share = float(np.isin(raw, (0, 1)).mean()) if kind in ("probability", "sigmoid") else 0.0
    made = Prediction(name or own, predict, read, kind == "score", share)
    _check_steady(made, tried.images, read(raw))
    return made


def find_network(network: Any) -> tuple[Any, str]:
    """A function or Keras model, and what it is called.

    Raises:
        InvalidInput: there is none.
    """
    if isinstance(network, str | Path):
        text = str(network)
        if text.endswith(".keras"):
            return _load(Path(text)), Path(text).stem
        if ":" in text:
            return find_function("model", text), text.rpartition(":")[2]
        raise InvalidInput(f"model: {text!r} is not allowed: a .keras file or module:function")
    if not callable(network):
        raise InvalidInput(f"model: {type(network).__name__} is not allowed: a function of images")
    return network, str(getattr(network, "__name__", getattr(network, "name", "network")))


def _load(path: Path) -> keras.Model:
    import keras

    if not path.is_file():
        raise InvalidInput(f"model: {path} is not there")
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:
        raise InvalidInput(
            f"model: {path} cannot be loaded; if it has classes of your own, give module:name, of "
            f"the model or of a function, in a file that defines them: {one_line(error)}"
        ) from None


def _opened(network: Any, image: np.ndarray, output: Output) -> tuple[Predict, str]:
    """What computes, and what it returns: of a Keras model logits, whatever it ends with.

    The model has to take the (1, h, w, c) image, one after preprocessing.
    """
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(network, keras.Model):
        return network, output
    from intensity.attribution.explained import explained
    from intensity.models.inference import logits
    from intensity.models.inputs import as_pixels

    if output == "score":
        return network.predict_on_batch, output
    found = explained(network, image.shape)
    if image.shape[-1] != (taken := found.network.input_shape[-1]):
        raise InvalidInput(
            f"images: {image.shape[-1]} channels are not allowed: the model takes {taken}"
        )
    as_pixels(image, found.network)
    if found.end == "sigmoid" and found.classes > 1 and output != "multilabel":
        raise InvalidInput(f"output: {output!r} of several sigmoids is not allowed: multilabel")
    if found.end == "unknown" and found.classes == 1:
        return network.predict_on_batch, output
    kind = "multilogit" if output == "multilabel" else "logits"
    return (
        lambda images: logits(found.network, images)
    ), output if found.end == "unknown" else kind


def _check_steady(made: Prediction, images: np.ndarray, first: np.ndarray) -> None:
    """Refuse a network whose answer to an image depends on the call, or on what is beside it."""
    allowed = ALIKE * max(float(np.std(first)), 1e-3)
    off = float(np.abs(made(images) - first).max())
    if off > allowed:
        raise InvalidInput(
            f"predict: is not deterministic: asked twice, answers differ by {off:.3g}; switch off "
            "dropout and random changes"
        )
    half = images[::-1][: max(1, len(images) // 2)]
    off = float(np.abs(made(half) - first[::-1][: len(half)]).max())
    if off > allowed:
        raise InvalidInput(
            f"predict: depends on the batch: beside other images answers differ by {off:.3g}; is "
            "batch norm in training mode, or are images normalised together?"
        )


def predict_all(made: Prediction, cases: Cases) -> np.ndarray:
    """(n, classes) logits of all images, or (n, 1) scores, a batch at a time."""
    parts = batches(len(cases), cases.batch)
    return np.concatenate([made(cases.images[rows]) for rows in parts])


def check_knowledge(cases: Cases, values: np.ndarray) -> None:
    """Refuse a network whose accuracy is not above chance.

    It is the mean of the classes' accuracies that has to be above one in so many, by a one-sided
    test at 5 %: where classes are uneven, always naming the commonest is no knowledge.

    Args:
        cases: n cases.
        values: (n, classes) logits of a network.

    Raises:
        InvalidInput: it is not, or there are more or fewer logits than classes.
    """
    classes = cases.classes
    if values.shape[1] > len(classes):
        check_classes(cases.label, [*classes, *map(str, range(len(classes), values.shape[1]))])
    if values.shape[1] < len(classes):
        raise InvalidInput(
            f"predict: {values.shape[1]} classes are not allowed: labels name {len(classes)}; one "
            "number an image is two classes, unless output is 'score'"
        )
    right = values.argmax(axis=1) == cases.label
    rates = np.array([right[cases.label == c].mean() for c in range(len(classes))])
    counts = np.bincount(cases.label)
    error = float(np.sqrt((rates * (1 - rates) / counts).sum())) / len(classes)
    if rates.mean() - 1.645 * error <= 1 / len(classes):
        raise InvalidInput(
            f"predict: accuracy {100 * right.mean():.1f} %, {100 * rates.mean():.1f} % as the mean "
            f"over {len(classes)} classes, is not above chance: there is nothing to audit; "
            "do preprocessing, the order of classes and values fit?"
        )
