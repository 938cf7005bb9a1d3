"""The explorer's pictures with their words: a drawn figure, its alternative text, its caption."""

import base64
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import to_hex
from scipy.special import softmax

from intensity.attribution.registry import find_method
from intensity.explorer.files import ImageFile
from intensity.explorer.view import PLANE_STEP, Answer, Curve, Plane, Shown, Subject, View
from intensity.figures.explorer import (
    LiveCurves,
    LiveFeatureMaps,
    LiveImage,
    LiveMap,
    LivePlane,
    LiveProbabilities,
    LiveUnits,
)
from intensity.figures.planes import answer_color
from intensity.figures.style import class_color, class_dash

SCALES = ("probability", "logit")
"""Scales of the response curves."""


class Picture(NamedTuple):
    """A picture with its words.

    png: the file.
    alt: alternative text; plain.
    caption: one line of HTML.
    place: left, top, width and height of its axes, as shares of it, where these can be clicked.
    """

    png: bytes
    alt: str
    caption: str
    place: tuple[float, ...] = ()

    @property
    def html(self) -> str:
        """The picture as a part of a page."""
        source = base64.b64encode(self.png).decode()
        place = ",".join(f"{share:.4f}" for share in self.place)
        image = (
            f'<img src="data:image/png;base64,{source}" alt="{escape(self.alt)}"'
            + (f' data-place="{place}"' if place else "")
            + ">"
        )
        return f"<figure>{image}<figcaption>{self.caption}</figcaption></figure>"


class Pictures:
    """Draws the parts of the page for one network; figures are changed in place.

    Args:
        subject: the network.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        size, self._classes = subject.options.size, subject.task.classes
        self._image, self._map = LiveImage(size), LiveMap(size)
        self._bars = LiveProbabilities(self._classes)
        self._layers: dict[tuple[int, ...], LiveFeatureMaps | LiveUnits] = {}
        self._plane: LivePlane | None = None
        self._found: dict[str, Any] = {}
        self._drawn: tuple[Curve | None, str] = (None, "")

    def compute(self, part: str, choice: str, shown: Shown) -> Any:
        """The numbers of a part of the page; in any thread, as it draws nothing.

        Args:
            part: "answer", "features", "map", "curve" or "plane".
            choice: the layer or the method.
            shown: what the network is shown.

        Raises:
            InvalidInput: there are none for what is shown.
        """
        match part:
            case "features":
                return self.subject.features(shown, choice)
            case "map":
                return self.subject.map(shown, choice)
            case "curve":
                return self.subject.curve(shown)
            case "plane":
                return self.subject.plane(shown)
        return self.subject.answer(shown)

    def draw(self, part: str, choice: str, shown: Shown, found: Any) -> dict[str, Picture]:
        """The pictures of a part, by panel; a curve or plane is then shown by `mark`.

        Args:
            part, choice, shown: as for `compute`.
            found: what that returned; None where it refused, of which nothing stays.
        """
        self._found[part] = found
        if found is None:
            return {}
        match part:
            case "features":
                return {part: self._features(found, choice)}
            case "map":
                return {part: self._attribution(found, choice)}
            case "plane":
                self._draw_plane(found)
            case "answer":
                bars = self._probabilities(found, isinstance(shown, View))
                return {"image": self._scene(found, shown), "answer": bars}
        return {}

    def _scene(self, answer: Answer, shown: Shown) -> Picture:
        """The image and its true class."""
        png = self._image.show(answer.image)
        if isinstance(shown, ImageFile):
            words = shown.described(self.subject.options.size)
            return Picture(png, f"The image file {words}.", f"{escape(words)}.")
        what = f"{shown.shape} of grey level {shown.intensity}"
        return Picture(
            png,
            f"Test scene {shown.scene} with a {what} at row {shown.row}, column {shown.column}.",
            f"A {what}: {_class_words(answer.label)}.",
        )

    def _probabilities(self, answer: Answer, is_scene: bool) -> Picture:
        """The probability of each class."""
        shares = answer.probabilities
        listed = ", ".join(f"class {c} {share:.1%}" for c, share in enumerate(shares))
        true = _class_words(answer.label) if is_scene else "not known"
        if not is_scene:
            verdict = "; what is true nobody has said."
        elif answer.label < 0:
            verdict = "; this object has no class."
        elif answer.label == answer.predicted:
            verdict = ", which is right."
        else:
            verdict = f"; true is class {answer.label}."
        return Picture(
            self._bars.show(shares, answer.label),
            f"Bars of probability: {listed}. True: {true}.",
            f"The network says <b>class {answer.predicted}</b>{verdict}",
        )

    def _attribution(self, values: np.ndarray, method: str) -> Picture:
        """The map of an attribution method or of an edge filter."""
        most, row = float(np.abs(values).max()), find_method(method)
        means = "Needs no network: the least that a method has to beat"
        if row.group != "image":
            means = "Red speaks for the class that is answered, blue against it"
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

    def _draw_plane(self, plane: Plane) -> None:
        """Draw the answers on the plane, whose figure is laid out once."""
        if self._plane is None:
            self._plane = LivePlane(plane.levels, self.subject.task)
        self._plane.draw(plane.answers)

    def mark(self, part: str, shown: Shown, scale: str) -> dict[str, Picture]:
        """The curves or the plane with a mark at a view's levels; none where either is refused.

        Args:
            part: "curve" or "plane".
            shown: what the network is shown; its answer is drawn.
            scale: of the curves, one of `SCALES`.
        """
        answer, found = self._found.get("answer"), self._found.get(part)
        if answer is None or found is None or not isinstance(shown, View):
            return {}
        if part == "curve":
            return {part: self._marked_curve(found, answer, shown, scale)}
        return {part: self._marked_plane(found, answer, shown)}

    def _marked_curve(self, curve: Curve, answer: Answer, view: View, scale: str) -> Picture:
        """The response curves."""
        drawn, drawn_scale = self._drawn
        if drawn is None or (drawn.bands, drawn_scale) != (curve.bands, scale):
            self._figure = LiveCurves(curve.levels, curve.bands, self._classes, scale)
        if drawn is not curve or drawn_scale != scale:
            self._figure.draw(_scaled(curve.logits, scale))
            self._drawn = (curve, scale)
        values = _scaled(answer.logits, scale)
        listed = ", ".join(f"class {c} {value:.3g}" for c, value in enumerate(values))
        return Picture(
            self._figure.mark(view.intensity, values),
            f"The {scale} of each class over the object's intensity from 0 to 255, before bands of "
            f"the true class. Marked: intensity {view.intensity}, {listed}.",
            f"{self._keys(_line_key)} (every fifth level). Behind: the true class of each level.",
        )

    def _marked_plane(self, plane: Plane, answer: Answer, view: View) -> Picture:
        """The answers at every level of object and background."""
        assert self._plane is not None, "drawn before it is marked"
        shares = np.bincount(plane.answers.ravel(), minlength=self._classes) / plane.answers.size
        listed = ", ".join(f"class {c} {share:.0%}" for c, share in enumerate(shares))
        task = self.subject.task
        true = " Numbers: the class of an object of that level."
        if task.shapes:
            true = ""
        elif task.draws_backgrounds:
            true = " Lines and numbers: true classes; grey: no object is drawn."
        return Picture(
            self._plane.mark(view.intensity, view.background, answer.predicted),
            f"The class that is answered at every level of object and background, in steps of "
            f"{PLANE_STEP}: {listed} of the pairs. Marked: object {view.intensity}, background "
            f"{view.background}, class {answer.predicted}.",
            f"Answers: {self._keys(_patch_key)}.{true}",
            self._plane.place,
        )

    def _keys(self, key: Callable[[int], str]) -> str:
        """A legend in a line of HTML."""
        return " ".join(
            f'<span class="key">{key(c)} class {c}</span>' for c in range(self._classes)
        )


_DASHES = {"solid": "none", "dashed": "6 3", "dashdot": "8 2 2 2"}
"""Dashes of lines in SVG, by matplotlib's names."""


def _line_key(label: int) -> str:
    """A piece of a class's curve."""
    look = f'stroke="{class_color(label)}" stroke-dasharray="{_DASHES[class_dash(label)]}"'
    line = f'<line x2="26" y1="4" y2="4" stroke-width="2.5" {look} />'
    return f'<svg width="26" height="8" aria-hidden="true">{line}</svg>'


def _patch_key(label: int) -> str:
    """A piece of a class's color on the plane."""
    patch = f'<rect width="12" height="12" fill="{to_hex(answer_color(label))}" />'
    return f'<svg width="12" height="12" aria-hidden="true">{patch}</svg>'


def _scaled(logits: np.ndarray, scale: str) -> np.ndarray:
    return logits if scale == "logit" else np.asarray(softmax(logits, axis=-1))


def _class_words(label: int) -> str:
    return "no class" if label < 0 else f"class {label}"
