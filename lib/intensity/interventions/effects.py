"""Effects: how predictions change when scenes are rendered again with one thing changed.

For every intervention that is asked for there is an effect of its name: the share of predictions
that differ from the one on the unmodified image. Some have further effects, each listed only where
at least two scenes count for it:

    recolor_followed, _kept, _third   recolored to another class, the prediction is the new class,
                                      is the one it was, or is neither; an error that names the new
                                      class beforehand is kept
    shape_swap_followed,              likewise followed, in scenes whose class changes with the
    offset_followed, gain_followed    shape or with the levels
    core_share                        core and ring in conflict, both ways: of the predictions that
                                      are one of the two classes, the share that are the core's
    core_third                        the share of all these predictions that are neither class
    core_share_least                  the share of all that are the core's: what remains of
                                      core_share if every third class were counted for the ring
    drop_8, drop_4, drop_2, drop_1    accuracy before minus accuracy after cutting into pieces
    loss_core, _edge, _outside        accuracy before minus accuracy after covering
    loss_core_edge                    loss_core minus loss_edge, paired within scene

Last comes `accuracy`, the share of all scenes whose class is predicted before anything is changed.

Each scene has one score for each effect, the mean over its images where there are several. All
effects are compared with the class of the scene, or with the prediction on it, in the same way for
networks and for baselines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from intensity.baselines.base import Baseline, decision
from intensity.data.rendering import render
from intensity.data.scenes import Scenes
from intensity.interventions.transforms import (
    INTERVENTIONS,
    PERIOD,
    PIECES,
    REGIONS,
    Changed,
    check_any,
    check_name,
)
from intensity.models.inference import logits
from intensity.models.inputs import check_scenes
from intensity.values import InvalidInput

if TYPE_CHECKING:
    import keras

Decide = Callable[[np.ndarray], np.ndarray]
"""Images (m, height, width) uint8 -> classes (m,), -1 for none."""

FEWEST = 2
"""Scenes that an effect needs, so that its deviation exists."""
TRIED = 64
"""Scenes on which it is tried whether an intervention applies."""


def network_effects(
    model: keras.Model, scenes: Scenes, names: Sequence[str]
) -> dict[str, np.ndarray]:
    """Effects of interventions on a network's predictions.

    Args:
        model: from (n, h, w, 1) grey levels to (n, classes) logits.
        scenes: n scenes.
        names: of interventions, keys of `INTERVENTIONS`.

    Returns:
        `effect` (k,) names; `value` (k,) mean of the scores over scenes; `deviation` (k,) their
        standard deviation, divisor n - 1; `scenes` (k,) how many there are.

    Raises:
        InvalidInput: a name is unknown, an intervention has fewer than two scenes, or scenes do
            not fit the model.
    """
    check_scenes(model, scenes)
    return _effects(lambda images: logits(model, images).argmax(axis=1), scenes, names)


def baseline_effects(
    baseline: Baseline, scenes: Scenes, names: Sequence[str], training_scenes: int = 20_000
) -> dict[str, np.ndarray]:
    """Effects of interventions on the decisions of a baseline classifier.

    Args:
        baseline: a row of `BASELINES`.
        scenes: n scenes; their task and options say what the baseline learns from.
        names: of interventions, keys of `INTERVENTIONS`.
        training_scenes: number of scenes of the split "train" that the baseline learns from.

    Returns:
        As `network_effects`.

    Raises:
        InvalidInput: as for `network_effects`, or the baseline does not apply.
    """
    decide = decision(baseline, scenes.task, scenes.options, training_scenes)
    return _effects(decide, scenes, names)


def applicable(scenes: Scenes) -> tuple[str, ...]:
    """The interventions that apply to at least two of the first 64 scenes.

    One that applies to fewer is left out even where more scenes would have some: what holds for a
    few odd scenes says little about the others.

    Args:
        scenes: n scenes.

    Returns:
        Names, in the order of `INTERVENTIONS`.

    Raises:
        InvalidInput: there is no scene.
    """
    check_any(scenes)
    return tuple(name for name in INTERVENTIONS if _applies(name, scenes[:TRIED]))


def _applies(name: str, scenes: Scenes) -> bool:
    """Whether an intervention applies to enough of some scenes."""
    try:
        return len(np.unique(INTERVENTIONS[name](scenes).rows)) >= FEWEST
    except InvalidInput:
        return False


class _Answers(NamedTuple):
    """What was answered to the m images of one intervention.

    rows: (m,) numbers of the scenes.
    own: (m,) class of the scene as it is.
    label: (m,) class that goes with what was changed, -1 for none.
    before: (m,) prediction on the scene as it is.
    after: (m,) prediction on the changed image.
    """

    rows: np.ndarray
    own: np.ndarray
    label: np.ndarray
    before: np.ndarray
    after: np.ndarray


_Scores = tuple[np.ndarray, np.ndarray]
"""Numbers of scenes (m,) and scores (m,); those of one scene are averaged."""


def _effects(decide: Decide, scenes: Scenes, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Effects of interventions on decisions in the order of the names, further ones, accuracy."""
    if not names or isinstance(names, str):
        raise InvalidInput(f"names: {names!r} is not allowed: a list of interventions")
    for name in names:
        check_name(name)
    check_any(scenes)
    before = np.concatenate([decide(render(part)) for _, part in _parts(scenes)])
    scores = _scores({name: _answers(decide, scenes, name, before) for name in names})
    scores["accuracy"] = np.arange(len(scenes)), before == scenes.label
    values = np.array([_summary(effect, *scored) for effect, scored in scores.items()])
    return {
        "effect": np.array(list(scores)),
        "value": values[:, 0],
        "deviation": values[:, 1],
        "scenes": values[:, 2].astype(np.int64),
    }


def _parts(scenes: Scenes) -> Iterator[tuple[int, Scenes]]:
    """Scenes in parts, each with the number of its first; parts bound the memory."""
    for start in range(0, len(scenes), PERIOD):
        yield start, scenes[start : start + PERIOD]


def _answers(decide: Decide, scenes: Scenes, name: str, before: np.ndarray) -> _Answers:
    """Answers to all images of an intervention."""
    parts = [
        (start + changed.rows, changed.label, decide(changed.images))
        for start, changed in _changed_parts(name, scenes)
    ]
    rows, label, after = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Answers(rows, scenes.label[rows], label, before[rows], after)


def _changed_parts(name: str, scenes: Scenes) -> Iterator[tuple[int, Changed]]:
    """An intervention on part after part; one that it does not apply to is passed over.

    Raises:
        InvalidInput: it applies to no part.
    """
    refusals = []
    for start, part in _parts(scenes):
        try:
            yield start, INTERVENTIONS[name](part)
        except InvalidInput as refusal:
            refusals.append(refusal)
    if len(refusals) * PERIOD >= len(scenes):
        raise refusals[0]


def _summary(effect: str, rows: np.ndarray, scores: np.ndarray) -> tuple[float, float, int]:
    """Mean and standard deviation over scenes, and their number.

    Raises:
        InvalidInput: there are fewer than two scenes to count.
    """
    _, scene, images = np.unique(rows, return_inverse=True, return_counts=True)
    if len(images) < FEWEST:
        raise InvalidInput(
            f"{effect}: {len(images)} scenes can be counted; at least {FEWEST} are needed"
        )
    means = np.bincount(scene, scores) / images
    return float(means.mean()), float(means.std(ddof=1)), len(means)


# Scores


def _scores(answers: dict[str, _Answers]) -> dict[str, _Scores]:
    """All effects that follow from the interventions at hand."""
    scores = {name: _changed(given) for name, given in answers.items()}
    for effect, (needed, score) in _FURTHER.items():
        given = [answers[name] for name in needed if name in answers]
        if len(given) == len(needed):
            rows, scored = score(*given)
            if len(np.unique(rows)) >= FEWEST:
                scores[effect] = rows, scored
    return scores


def _changed(answers: _Answers) -> _Scores:
    """1 where the prediction is another one."""
    return answers.rows, answers.after != answers.before


def _followed(answers: _Answers) -> _Scores:
    """1 where the prediction changes to the new class, in images that have one."""
    new = (answers.label >= 0) & (answers.label != answers.own)
    followed = (answers.after == answers.label) & (answers.after != answers.before)
    return answers.rows[new], followed[new]


def _kept(answers: _Answers) -> _Scores:
    """1 where the prediction stays."""
    return answers.rows, answers.after == answers.before


def _third(answers: _Answers) -> _Scores:
    """1 where the prediction changes to neither class."""
    return answers.rows, (answers.after != answers.before) & (answers.after != answers.label)


def _core_or_ring(core: _Answers, ring: _Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of all images in conflict; where predictions are the core's class; where the ring's."""
    at_core = np.concatenate([core.after == core.label, ring.after == ring.own])
    at_ring = np.concatenate([core.after == core.own, ring.after == ring.label])
    return np.concatenate([core.rows, ring.rows]), at_core, at_ring


def _core_share(core: _Answers, ring: _Answers) -> _Scores:
    """1 where the prediction is the core's class, 0 the ring's; others do not count."""
    rows, at_core, at_ring = _core_or_ring(core, ring)
    counted = at_core | at_ring
    return rows[counted], at_core[counted]


def _core_third(core: _Answers, ring: _Answers) -> _Scores:
    """1 where the prediction is neither class."""
    rows, at_core, at_ring = _core_or_ring(core, ring)
    return rows, ~(at_core | at_ring)


def _core_share_least(core: _Answers, ring: _Answers) -> _Scores:
    """1 where the prediction is the core's class, 0 any other."""
    rows, at_core, _ = _core_or_ring(core, ring)
    return rows, at_core


def _lost(answers: _Answers) -> _Scores:
    """Right before (1 or 0) minus right after."""
    right = [now == answers.own for now in (answers.before, answers.after)]
    return answers.rows, right[0].astype(float) - right[1]


def _lost_more(first: _Answers, second: _Answers) -> _Scores:
    """What the first change loses minus what the second does, on the same images of scenes."""
    return first.rows, _lost(first)[1] - _lost(second)[1]


_CONFLICT = ("core_recolored", "ring_recolored")
_FURTHER: dict[str, tuple[tuple[str, ...], Callable[..., _Scores]]] = {
    "recolor_followed": (("recolor_other_class",), _followed),
    "recolor_kept": (("recolor_other_class",), _kept),
    "recolor_third": (("recolor_other_class",), _third),
    "shape_swap_followed": (("shape_swapped",), _followed),
    "core_share": (_CONFLICT, _core_share),
    "core_third": (_CONFLICT, _core_third),
    "core_share_least": (_CONFLICT, _core_share_least),
    **{f"drop_{side}": ((f"pieces_{side}",), _lost) for side in PIECES},
    **{f"loss_{region}": ((f"cover_{region}",), _lost) for region in REGIONS},
    "loss_core_edge": (("cover_core", "cover_edge"), _lost_more),
    "offset_followed": (("offset",), _followed),
    "gain_followed": (("gain",), _followed),
}
"""Effects beside the share of changed predictions: the interventions and the score."""
