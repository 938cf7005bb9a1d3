"""Scores of a method's maps under the two truths, which are never mixed.

Under the data truth relevance has to lie on the object that defines the class; under the model
truth, where repainting a cell changes this network's score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from intensity.analysis.response_curves import RENDERED
from intensity.attribution.cases import BATCH, Method
from intensity.data.levels import drawable
from intensity.data.rendering import masks
from intensity.data.scenes import Scenes
from intensity.data.tasks import LEVELS
from intensity.evaluation.cases import predicted_case
from intensity.evaluation.faithfulness import Effects, repaint_effects, truth_agreement
from intensity.evaluation.localization import (
    PARTS,
    mean_on,
    object_auc,
    pointing_game,
    relevance_mass,
    relevance_rank,
    scene_regions,
)
from intensity.models.inference import predicted_classes
from intensity.models.inputs import batches

if TYPE_CHECKING:
    import keras


def repaint_truth(model: keras.Model, scenes: Scenes) -> dict[str, np.ndarray]:
    """The model truth: what the predicted class's logit does when cells are repainted.

    Returns:
        `signed` and `absolute`, (n, k, l) float32.
    """
    case = predicted_case(model, scenes)
    found = repaint_effects(
        model, case.images, repaint=case.repaint, classes=case.classes, batch=BATCH
    )
    return found._asdict()


def map_scores(
    model: keras.Model, scenes: Scenes, method: Method, signed: np.ndarray, absolute: np.ndarray
) -> dict[str, np.ndarray]:
    """All scores of one method's maps.

    Args:
        signed: (n, k, l) model truth, from `repaint_truth`.
        absolute: (n, k, l) likewise.

    Returns:
        (n,) float64 each, by "<part>/<score>": `mass_<region>`, `rank`, `pointing`, `auc` (with a
        distractor only), `agreement` (with the model truth); and `strength`, the mean magnitude on
        visible pixels of the object. NaN where a scene has no such pixel; agreement is 0 where a
        map, or the truth, is the same everywhere.
    """
    maps, truth = method(predicted_case(model, scenes)), Effects(signed, absolute)
    regions = scene_regions(scenes)
    visible = regions["object"]
    found: dict[str, np.ndarray] = {
        "strength": mean_on(np.abs(maps), visible),
        "absolute/rank": relevance_rank(maps, visible, "absolute"),
        "absolute/pointing": pointing_game(maps, visible, "absolute"),
    }
    for region, where in regions.items():
        found[f"absolute/mass_{region}"] = relevance_mass(maps, where, "absolute")
    for part in PARTS:
        if part != "positive":
            found[f"{part}/agreement"] = np.nan_to_num(truth_agreement(maps, truth, part))
        if part != "signed" and scenes.options.distractor:
            found[f"{part}/auc"] = object_auc(maps, scenes, part)
    return found


def object_strength(model: keras.Model, scenes: Scenes, method: Method) -> dict[str, np.ndarray]:
    """`strength` (n,): mean magnitude of a method's maps on visible pixels of the object."""
    maps = method(predicted_case(model, scenes))
    return {"strength": mean_on(np.abs(maps), masks(scenes).object)}


def recoloring_effects(model: keras.Model, scenes: Scenes, step: int) -> dict[str, np.ndarray]:
    """The true effect of the object's intensity, scene by scene.

    Args:
        step: grey levels from one recoloring to the next.

    Returns:
        `effect` (n,), of all recolorings to another class the share that changes the answer;
        NaN where none can be drawn.
    """
    levels = np.arange(scenes.task.levels.min(), LEVELS, step)
    other = scenes.label_at(np.tile(levels, (len(scenes), 1))) != scenes.label[:, None]
    scene, place = np.nonzero(other & drawable(scenes, levels))
    before = predicted_classes(model, scenes)["predicted"]
    changed = np.zeros(len(scenes))
    for rows in batches(len(scene), RENDERED):
        shown = scenes[scene[rows]].replace(intensity=levels[place[rows]])
        after = predicted_classes(model, shown)["predicted"]
        np.add.at(changed, scene[rows], after != before[scene[rows]])
    counts = np.bincount(scene, minlength=len(scenes))
    share = np.divide(changed, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return {"effect": share}
