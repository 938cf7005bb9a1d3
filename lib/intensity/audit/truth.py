"""The audit of the audit: how far edits by mask are from scenes that are rendered again.

The networks that ship with the project are audited as anybody's are, from images and masks. Then
the same levels go to the renderer, which knows every layer of a scene: noise squares lie on top of
the object and stay when the surround changes, which no mask can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from intensity.audit.base import Shown, choose_donors
from intensity.audit.cases import Cases, make_cases
from intensity.audit.effects import answers
from intensity.audit.plane import level_slope
from intensity.audit.prediction import open_network, predict_all
from intensity.audit.registry import EDITS
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import Scenes
from intensity.interventions.recoloring import with_core
from intensity.models.inference import logits
from intensity.models.inputs import batches
from intensity.training.presets import TASKS, usual_setting
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

KNOWN = ("absolute", "contrast", "hard")
"""Tasks whose networks are audited."""
NETWORK, SEED = "bn_compact", 100
"""What ships: networks of other seeds in the store may be half trained."""
SCENES = 200
"""Scenes of each."""

Exact = Callable[[Scenes, np.ndarray, Scenes], np.ndarray]
"""Scenes, the audit's doses, and the donors' scenes -> images."""


def scene_cases(scenes: Scenes) -> Cases:
    """Scenes as a user would have them: images, masks of what is visible, labels.

    Raises:
        InvalidInput: of some nothing is visible, or all.
    """
    return make_cases(render(scenes), masks(scenes).object, scenes.label)


def visible_scenes(task: str, count: int) -> Scenes:
    """The first test scenes of a task whose objects can be seen."""
    return visible(draw_scenes(TASKS[task], usual_setting(TASKS[task]), "test", 0, count))


def visible(scenes: Scenes) -> Scenes:
    """Those of some scenes whose objects can be seen."""
    return scenes[np.flatnonzero(masks(scenes).object.any(axis=(1, 2)))]


def known_errors(count: int = SCENES) -> pd.DataFrame:
    """How far the audit is off on the networks that ship with the project.

    Args:
        count: scenes of each network; measured once, then read from the store.

    Returns:
        Columns network (its task), edit, label, audit, exact (shares of changed answers),
        difference, differ (share of images that the two ways give other answers), cases; the
        slope's row has no exact value. Empty where no such network is there.
    """
    from intensity.training.runs import choose_run, usual_store

    parts = []
    for task in KNOWN:
        with suppress(InvalidInput, OSError):  # it is not there, or nothing can be kept
            run = choose_run(usual_store(), NETWORK, task, usual_setting(TASKS[task]), SEED)
            found = run.measure(compare, visible_scenes(task, count))
            parts.append(pd.DataFrame(found).assign(network=task))
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    labels = {name: row.label for name, row in EDITS.items()} | {"slope": "slope"}
    return table.assign(label=table["edit"].map(labels), difference=table["audit"] - table["exact"])


def compare(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """Shares of answers that change by mask, and by rendering the scene again with the same levels.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes whose objects can be seen.

    Returns:
        (k,) `edit`, its name; `audit` and `exact`, shares; `differ`, share of images that the two
        give other answers; `cases`, images. Of the slope, the last, `exact` and `differ` are NaN.
    """
    cases = scene_cases(scenes)
    network, donors = open_network(model, cases), choose_donors(cases)
    before = predict_all(network, cases)
    rows = []
    for name, exact in EXACT.items():
        changed = []
        for batch in batches(len(cases), cases.batch):
            shown = Shown(cases, np.arange(batch.start, batch.stop), donors)
            edited = EDITS[name](shown)
            kept = np.flatnonzero(edited.applies)
            if not len(kept):
                continue
            own = shown.rows[kept]
            again = exact(scenes[own], edited.dose[kept], scenes[donors[own, 0]])
            both = network(edited.pixels[kept]), logits(model, again)
            changed.append([answers(before[own]), *map(answers, both)])
        if changed:
            was, by_mask, rendered = np.concatenate(changed, axis=1)
            numbers = (by_mask != was, rendered != was, by_mask != rendered)
            rows.append((name, *(float(n.mean()) for n in numbers), len(was)))
    slope = level_slope([network], cases, before[None], donors)
    if slope:
        rows.append(("slope", slope.groups.value, np.nan, np.nan, slope.cases))
    columns = ("edit", "audit", "exact", "differ", "cases")
    return {
        name: np.array(column)
        for name, column in zip(columns, zip(*rows, strict=True), strict=True)
    }


def _with_levels(*layers: str) -> Exact:
    """Scenes whose layers are a dose further."""
    return lambda scenes, dose, _: render(
        scenes.replace(**{name: _moved(getattr(scenes, name), dose) for name in layers})
    )


def _core(scenes: Scenes, dose: np.ndarray, _: Scenes) -> np.ndarray:
    new = _moved(scenes.intensity, dose)
    return render(with_core(scenes, scenes.area // 2, new, scenes.intensity))


def _ring(scenes: Scenes, dose: np.ndarray, _: Scenes) -> np.ndarray:
    new = _moved(scenes.intensity, dose)
    return render(with_core(scenes, scenes.area // 2, scenes.intensity, new))


def _flat(scenes: Scenes, _: np.ndarray, __: Scenes) -> np.ndarray:
    return render(scenes)


def _background(scenes: Scenes, _: np.ndarray, donors: Scenes) -> np.ndarray:
    around = {name: getattr(donors, name) for name in ("background", "noise_squares")}
    return render(scenes.replace(**around))


def _offset(scenes: Scenes, dose: np.ndarray, _: Scenes) -> np.ndarray:
    return _whole_levels(render(scenes) + dose[:, None, None])


def _gain(scenes: Scenes, dose: np.ndarray, _: Scenes) -> np.ndarray:
    return _whole_levels(render(scenes) * dose[:, None, None])


def _moved(levels: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Grey levels of scenes, a dose further."""
    return _whole_levels(levels + dose)


def _whole_levels(levels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


EXACT: dict[str, Exact] = {
    "level": _with_levels("intensity"), "object": _with_levels("intensity"),
    "surround": _with_levels("background"), "whole": _with_levels("intensity", "background"),
    "core": _core, "ring": _ring, "flat": _flat, "background": _background,
    "offset-0.5": _offset, "offset+0.5": _offset, "gain_0.8": _gain, "gain_1.2": _gain,
}  # fmt: skip
"""The edits that scenes can be rendered with, each with how."""
