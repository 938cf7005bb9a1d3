"""The audit on patches of the template, and the same changes rendered with the maps of its tissues.

A user's mask is hard; the maps are soft, so a patch can be rendered again with another mean of one
tissue. Both ways change the mean level inside the mask, or outside of it, by the same dose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.audit import scanner
from intensity.audit.base import Edit, choose_donors
from intensity.audit.cases import Cases, make_cases
from intensity.audit.effects import answers, run_edits
from intensity.audit.plane import level_plane, level_slope
from intensity.audit.prediction import open_network, predict_all
from intensity.audit.registry import CONTROLS, EDITS
from intensity.data.tasks import LEVELS, Task
from intensity.data.tissue import (
    TISSUES,
    Patches,
    evaluation_patches,
    residuals,
    task_patches,
)
from intensity.models.inference import logits
from intensity.training.tissue import TissueTraining

if TYPE_CHECKING:
    import keras

FEWEST = 10
"""Patches that an edit has to apply to."""
EXAMPLE_SEED = 100
"""As that of the standard run's first networks."""
EXAMPLE_PATCHES = 300
OFFSET = 20
"""Grey levels that a scanner reads higher or lower."""
_NAMES = (
    *("level", "object", "surround", "whole", "core", "ring", "edge", "flat", "permuted"),
    *("gain_0.8", "gain_1.2", "padding"),
)
_CONTROLS = ("level_same", "sham", "mask+1", "mask-1", "feather_1")

Exact = Callable[[Patches, np.ndarray, np.ndarray], np.ndarray]
"""Patches, their images and the audit's doses -> images."""


class Audited(NamedTuple):
    """Patches and the cases that a user would make of them: hard masks, blocks as groups."""

    patches: Patches
    cases: Cases


def tissue_cases(task: Task | None, count: int) -> Audited:
    """Test patches; of so many those that are not all object, which has no surround.

    Args:
        task: as they are rendered again for it; None for the patches as they are.
        count: how many are looked at.
    """
    if task is None:
        patches = evaluation_patches("test", count)
        images, label = patches.images, patches.label
    else:
        patches, shown = task_patches(task, count)
        images, label = shown.images, shown.label
    classes = task.class_names if task else TISSUES
    kept = np.flatnonzero(~patches.object.all(axis=(1, 2)))
    patches = patches[kept]
    cases = make_cases(
        images[kept], patches.object, label[kept], patches.group, padding=0.0, classes=classes
    )
    return Audited(patches, cases)


def example() -> tuple[keras.Model, Cases]:
    """A network that names the tissue in the middle of a patch of brain, and test patches.

    Returns:
        The network, of grey levels as they are: the standard run's first, trained within seconds
        where no run has left it in the store; and `EXAMPLE_PATCHES` cases.
    """
    from intensity.training.runs import usual_store
    from intensity.training.tissue_runs import train_tissues

    (run,) = train_tissues([TissueTraining(seed=EXAMPLE_SEED)], usual_store())
    return run.model, tissue_cases(None, EXAMPLE_PATCHES).cases


def tissue_effects(model: keras.Model, task: Task | None, count: int) -> dict[str, np.ndarray]:
    """What edits by mask change, and what the same changes do that are rendered with the maps.

    Args:
        model: a network for patches.
        task: that it was trained on; None for the tissues.
        count: test patches.

    Returns:
        (k,) `edit` and `label`, its name and words; `changed`, share of answers; `followed`, share
        that becomes the class that the change goes with; `cases`; `unusual` (bool); `exact` and
        `exact_followed`, the shares where the patch is rendered again, NaN where that cannot be.
    """
    patches, cases = tissue_cases(task, count)
    network, donors = open_network(model, cases), choose_donors(cases)
    before = predict_all(network, cases)
    rows = []
    for effect in run_edits([network], cases, before[None], _edits(cases), donors):
        own, exact = effect.rows, EXACT.get(effect.edit.name)
        if len(own) < FEWEST:
            continue
        again = np.full((2, len(own)), np.nan)
        if exact:
            images = exact(patches[own], cases.images[own, ..., 0], effect.dose)
            after = answers(logits(model, images))
            target = cases.label[donors[own, 0]]
            told = np.isfinite(effect.followed[0])
            again = np.stack(
                [after != answers(before[own]), np.where(told, after == target, np.nan)]
            )
        shares = [_mean(one) for one in (effect.score[0], effect.followed[0], *again)]
        edit = effect.edit
        rows.append((edit.name, edit.label, *shares, len(own), effect.is_unusual))
    names = ("edit", "label", "changed", "followed", "exact", "exact_followed", "cases", "unusual")
    return {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }


def whole_patches(model: keras.Model, count: int) -> dict[str, np.ndarray]:
    """The slope of the level plane, of all patches and of those without black, and their gain.

    Returns:
        `slope` and `slope_whole`; `gain_whole`, the share of answers that a gain of 0.8 changes in
        patches without black; `cases` and `cases_whole`, how many patches there are.
    """
    patches, cases = tissue_cases(None, count)
    whole = cases[np.flatnonzero(patches.inside.all(axis=(1, 2)))]
    slope, _ = _slope(model, cases)
    slope_whole, gain = _slope(model, whole)
    found = (slope, slope_whole, gain, len(cases), len(whole))
    names = ("slope", "slope_whole", "gain_whole", "cases", "cases_whole")
    return {name: np.array(value) for name, value in zip(names, found, strict=True)}


def tissue_level_plane(model: keras.Model, count: int, grid: int) -> dict[str, np.ndarray]:
    """`levels`, `share`, `seen` and `cases` of test patches, as `plane.level_plane` has them."""
    cases = tissue_cases(None, count).cases
    plane = level_plane(open_network(model, cases), cases, choose_donors(cases), grid)
    assert plane is not None  # every patch has a surround or another does
    return {name: np.array(value) for name, value in plane._asdict().items()}


def _edits(cases: Cases) -> list[Edit]:
    """Rows of the registry, and a scanner's offset in grey levels."""
    step = cases.spread.step
    offsets = [
        Edit(f"offset{shift:+}", f"all levels {shift:+}", scanner.offset, {"share": shift / step})
        for shift in (OFFSET, -OFFSET)
    ]
    return [*(EDITS[n] for n in _NAMES), *offsets, *(CONTROLS[n] for n in _CONTROLS)]


def _slope(model: keras.Model, cases: Cases) -> tuple[float, float]:
    """The slope of the level plane, and the share of answers that a gain changes."""
    network, donors = open_network(model, cases), choose_donors(cases)
    before = predict_all(network, cases)[None]
    slope = level_slope([network], cases, before, donors)
    (gain,) = run_edits([network], cases, before, [EDITS["gain_0.8"]], donors)
    return (slope.seeds[0] if slope else np.nan), float(gain.score.mean())


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _within(share: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(n, 1, 1) mean of a share in a region, that of a whole pixel where there is no region."""
    area = mask.sum(axis=(1, 2), keepdims=True)
    return np.where(area, (share * mask).sum(axis=(1, 2), keepdims=True) / np.maximum(area, 1), 1)


def _object(patches: Patches, images: np.ndarray, dose: np.ndarray) -> np.ndarray:
    step = dose[:, None, None] / _within(patches.soft, patches.object)
    return _cut(images + patches.soft * step)


def _surround(patches: Patches, images: np.ndarray, dose: np.ndarray) -> np.ndarray:
    others = patches.inside - patches.soft
    step = dose[:, None, None] / _within(others, patches.inside & ~patches.object)
    return _cut(images + others * step)


def _whole(patches: Patches, images: np.ndarray, dose: np.ndarray) -> np.ndarray:
    return _cut(images + patches.inside * dose[:, None, None])


def _flat(patches: Patches, images: np.ndarray, _: np.ndarray) -> np.ndarray:
    return _cut(images - patches.soft * residuals(patches))


def _cut(images: np.ndarray) -> np.ndarray:
    return np.clip(images, 0, LEVELS - 1).astype(np.float32)


EXACT: dict[str, Exact] = {
    "level": _object, "object": _object, "surround": _surround, "whole": _whole, "flat": _flat,
    "level_same": _object,
}  # fmt: skip
"""The edits that patches can be rendered with, each with how. "whole" moves all of the brain by one
step, as the audit does: there the two cannot differ."""
