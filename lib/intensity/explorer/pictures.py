"""What the explorer shows, as pictures with words: drawn figures, what is on them, what to see."""

import base64
from html import escape
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from intensity.attribution.registry import find_method
from intensity.data.tasks import Band
from intensity.explorer.view import SWEPT, Answer, Curve, Subject, View
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
"""What the curves may show."""


class Picture(NamedTuple):
    """A picture with its words.

    png: the file.
    alt: what is on it, for readers who cannot see it; plain text.
    caption: what it says, in a line; HTML.
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
    """Draws what is worked out about one network; figures are kept and changed in place.

    Args:
        subject: the network.
    """

    def __init__(self, subject: Subject) -> None:
        """Lay out what does not change."""
        size, self._classes = subject.options.size, subject.task.classes
        self._image, self._map = LiveImage(size), LiveMap(size)
        self._bars = LiveProbabilities(self._classes)
        self._layers: dict[tuple[int, ...], LiveFeatureMaps | LiveUnits] = {}
        self._frame: tuple[tuple[Band, ...], str] = ((), SCALES[0])
        self._curves = LiveCurves(SWEPT, (), self._classes, SCALES[0])

    def image(self, answer: Answer, view: View) -> Picture:
        """The image."""
        what = f"{view.shape} of grey level {view.intensity}"
        return Picture(
            self._image.show(answer.image),
            f"Test scene {view.scene} with a {what} at row {view.row}, column {view.column}.",
            f"A {what}: {_class_words(answer.label)}.",
        )

    def probabilities(self, answer: Answer) -> Picture:
        """How likely each class is."""
        shares = answer.probabilities
        listed = ", ".join(f"class {c} {share:.1%}" for c, share in enumerate(shares))
        says = f"The network says <b>class {answer.predicted}</b>"
        if answer.label < 0:
            verdict = "; this object has no class."
        elif answer.label == answer.predicted:
            verdict = ", which is right."
        else:
            verdict = f"; true is class {answer.label}."
        true = _class_words(answer.label)
        return Picture(
            self._bars.show(shares, answer.label),
            f"Bars of probability: {listed}. True: {true}.",
            says + verdict,
        )

    def map(self, values: np.ndarray, method: str, predicted: int) -> Picture:
        """A map of an attribution method or of a baseline."""
        most, row = float(np.abs(values).max()), find_method(method)
        means = f"Red speaks for class {predicted}, blue against it"
        if row.group == "image":
            means = "Needs no network: the least that a method has to beat"
        return Picture(
            self._map.show(values),
            f"Map of {row.label}, on a scale from {-most:.2g} to {most:.2g}.",
            f"{means}. Full color: {most:.2g}.",
        )

    def features(self, values: np.ndarray, layer: str) -> Picture:
        """The activations of a layer."""
        if values.shape not in self._layers:
            kind = LiveFeatureMaps if values.ndim == 3 else LiveUnits
            self._layers = {values.shape: kind(*values.shape)}
        low, high = float(values.min()) + 0.0, float(values.max()) + 0.0
        if values.ndim == 3:
            height, width, channels = values.shape
            text = f"{channels} channels of {height} x {width}"
            text += f", from {low:.3g} (black) to {high:.3g} (white)."
        else:
            text = f"{len(values)} units, from {low:.3g} to {high:.3g}."
        png = self._layers[values.shape].show(values)
        return Picture(png, f"Activations of layer {layer}: {text}", text)

    def sweep(self, curve: Curve, scale: str) -> None:
        """Draw the curves that `curve` shows from now on.

        Args:
            curve: what was swept.
            scale: one of `SCALES`.
        """
        frame = (tuple(curve.bands), scale)
        if frame != self._frame:
            self._frame = frame
            self._curves = LiveCurves(curve.levels, curve.bands, self._classes, scale)
        self._curves.draw(scaled(curve.logits, scale))

    def curve(self, answer: Answer, view: View) -> Picture:
        """The curves over the object's intensity, with a mark at a view's."""
        scale = self._frame[1]
        values = scaled(answer.logits, scale)
        listed = ", ".join(f"class {c} {value:.3g}" for c, value in enumerate(values))
        keys = (
            f'<span class="key" style="--color:{class_color(c)}">class {c}</span>'
            for c in range(self._classes)
        )
        return Picture(
            self._curves.mark(view.intensity, values),
            f"The {scale} of each class over the object's intensity from 0 to 255, before bands of "
            f"the true class. Marked: intensity {view.intensity}, {listed}.",
            f"{' '.join(keys)} (every fifth level). Behind: the true class of each intensity.",
        )


def scaled(logits: np.ndarray, scale: str) -> np.ndarray:
    """What is drawn of logits (..., classes): themselves, or their softmax."""
    return logits if scale == "logit" else np.asarray(softmax(logits, axis=-1))


def _class_words(label: int) -> str:
    """A true class in words."""
    return "no class" if label < 0 else f"class {label}"
