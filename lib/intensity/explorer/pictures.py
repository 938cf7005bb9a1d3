"""The explorer's pictures with their words: a drawn figure, its alternative text, its caption."""

import base64
from html import escape
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from intensity.attribution.registry import find_method
from intensity.explorer.view import Answer, Curve, Subject, View
from intensity.figures.explorer import (
    LiveCurves,
    LiveFeatureMaps,
    LiveImage,
    LiveMap,
    LiveProbabilities,
    LiveUnits,
)
from intensity.figures.style import class_color

SCALES = ("probability", "logit")
"""Scales of the response curves."""


class Picture(NamedTuple):
    """A picture with its words.

    png: the file.
    alt: alternative text; plain.
    caption: one line of HTML.
    """

    png: bytes
    alt: str
    caption: str

    @property
    def html(self) -> str:
        """The picture as a part of a page."""
        source = base64.b64encode(self.png).decode()
        image = f'<img src="data:image/png;base64,{source}" alt="{escape(self.alt)}">'
        return f"<figure>{image}<figcaption>{self.caption}</figcaption></figure>"


class Pictures:
    """Computes and draws the parts of the page for one network; figures are changed in place.

    Args:
        subject: the network.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        size, self._classes = subject.options.size, subject.task.classes
        self._image, self._map = LiveImage(size), LiveMap(size)
        self._bars = LiveProbabilities(self._classes)
        self._layers: dict[tuple[int, ...], LiveFeatureMaps | LiveUnits] = {}
        self._answer: Answer | None = None
        self._curve: Curve | None = None
        self._drawn: tuple[Curve | None, str] = (None, "")

    def draw(self, part: str, view: View, choice: str) -> dict[str, Picture]:
        """The pictures of a part of the page, by panel.

        Args:
            part: "answer", "features", "map", or "curve", which `mark` then shows.
            view: the scene.
            choice: the layer or the method.

        Raises:
            InvalidInput: there is none for this scene.
        """
        match part:
            case "features":
                return {part: self._features(self.subject.features(view, choice), choice)}
            case "map":
                return {part: self._attribution(self.subject.map(view, choice), choice)}
            case "curve":
                self._curve = None  # also where the next line fails
                self._curve = self.subject.curve(view)
                return {}
        self._answer = None
        self._answer = answer = self.subject.answer(view)
        return {"image": self._scene(answer, view), "answer": self._probabilities(answer)}

    def _scene(self, answer: Answer, view: View) -> Picture:
        """The image and its true class."""
        what = f"{view.shape} of grey level {view.intensity}"
        return Picture(
            self._image.show(answer.image),
            f"Test scene {view.scene} with a {what} at row {view.row}, column {view.column}.",
            f"A {what}: {_class_words(answer.label)}.",
        )

    def _probabilities(self, answer: Answer) -> Picture:
        """The probability of each class."""
        shares = answer.probabilities
        listed = ", ".join(f"class {c} {share:.1%}" for c, share in enumerate(shares))
        if answer.label < 0:
            verdict = "; this object has no class."
        elif answer.label == answer.predicted:
            verdict = ", which is right."
        else:
            verdict = f"; true is class {answer.label}."
        return Picture(
            self._bars.show(shares, answer.label),
            f"Bars of probability: {listed}. True: {_class_words(answer.label)}.",
            f"The network says <b>class {answer.predicted}</b>{verdict}",
        )

    def _attribution(self, values: np.ndarray, method: str) -> Picture:
        """The map of an attribution method or of an edge filter."""
        most, row = float(np.abs(values).max()), find_method(method)
        predicted = self._answer.predicted if self._answer else 0
        means = f"Red speaks for class {predicted}, blue against it"
        if row.group == "image":
            means = "Needs no network: the least that a method has to beat"
        return Picture(
            self._map.show(values),
            f"Map of {row.label}, on a scale from {-most:.2g} to {most:.2g}.",
            f"{means}. Full color: {most:.2g}.",
        )

    def _features(self, values: np.ndarray, layer: str) -> Picture:
        """The activations of a layer."""
        if values.shape not in self._layers:
            kind = LiveFeatureMaps if values.ndim == 3 else LiveUnits
            self._layers = {values.shape: kind(*values.shape)}
        low, high = float(values.min()) + 0.0, float(values.max()) + 0.0
        text = f"{len(values)} units, from {low:.3g} to {high:.3g}."
        if values.ndim == 3:
            size = "{2} channels of {0} x {1}".format(*values.shape)
            text = f"{size}, from {low:.3g} (black) to {high:.3g} (white)."
        png = self._layers[values.shape].show(values)
        return Picture(png, f"Activations of layer {layer}: {text}", text)

    def mark(self, view: View, scale: str) -> dict[str, Picture]:
        """The response curves with a mark at a view's intensity; none where either is refused.

        Args:
            view: the scene.
            scale: one of `SCALES`.
        """
        answer, curve = self._answer, self._curve
        if answer is None or curve is None:
            return {}
        drawn, drawn_scale = self._drawn
        if drawn is None or (drawn.bands, drawn_scale) != (curve.bands, scale):
            self._figure = LiveCurves(curve.levels, curve.bands, self._classes, scale)
        if drawn is not curve or drawn_scale != scale:
            self._figure.draw(_scaled(curve.logits, scale))
            self._drawn = (curve, scale)
        values = _scaled(answer.logits, scale)
        listed = ", ".join(f"class {c} {value:.3g}" for c, value in enumerate(values))
        keys = (
            f'<span class="key" style="--color:{class_color(c)}">class {c}</span>'
            for c in range(self._classes)
        )
        picture = Picture(
            self._figure.mark(view.intensity, values),
            f"The {scale} of each class over the object's intensity from 0 to 255, before bands of "
            f"the true class. Marked: intensity {view.intensity}, {listed}.",
            f"{' '.join(keys)} (every fifth level). Behind: the true class of each intensity.",
        )
        return {"curve": picture}


def _scaled(logits: np.ndarray, scale: str) -> np.ndarray:
    return logits if scale == "logit" else np.asarray(softmax(logits, axis=-1))


def _class_words(label: int) -> str:
    return "no class" if label < 0 else f"class {label}"
