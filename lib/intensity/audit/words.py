"""What an audit says in words: sentences whose every number comes from its answer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from intensity.audit.answer import Answer
from intensity.audit.baselines import CUES
from intensity.audit.effects import Effect
from intensity.audit.registry import OFFSETS, SCANNER
from intensity.statistics.intervals import Interval
from intensity.units import DIFFERENCE, FRACTION, find_unit

ABSOLUTE, CONTRAST = 0.25, 0.75
"""Slopes as near to 0, and to 1, are of the level alone, and of contrast alone."""
LITTLE = 0.05
"""Share of changed answers that counts as little."""
UNLIKE = " (images unlike the data)"
NO_CLAIM = (
    "This says what answers to these images rest on, not whether they should: in CT and in thermal "
    "images the level itself has a meaning. It says nothing of images unlike these, of patients, "
    "or of other networks, and it is no medical device."
)
PARTS = {
    "core": "that level in its core alone", "ring": "in its ring alone",
    "edge": "contour blurred", "flat": "surface flat", "permuted": "pixels permuted",
    "shape": "another shape", "background": "background of another class",
}  # fmt: skip
"""Edits of the object that have a sentence together."""


def share_text(estimate: Interval) -> str:
    """A share for people: "41.0 % [35.2, 47.1]"; without brackets where no interval is given."""
    unit = find_unit(FRACTION)
    if math.isnan(estimate.value):
        return ""
    if math.isnan(estimate.low):
        return unit.format(estimate.value, 1)
    return unit.estimate(estimate.value, *unit.clip(estimate.low, estimate.high), places=1)


def number_text(estimate: Interval) -> str:
    """A number without unit for people, likewise."""
    ends = "" if math.isnan(estimate.low) else f" [{estimate.low:z.2f}, {estimate.high:z.2f}]"
    return f"{estimate.value:z.2f}{ends}"


def effect_text(answer: Answer, name: str) -> str:
    """What an edit changes."""
    changed = answer.effects[name].changed
    return number_text(changed) if answer.scores else share_text(changed)


def headline(answer: Answer) -> str:
    """In a sentence, what answers rest on."""
    level, slope = answer.effects.get("level"), answer.slope
    if level is not None:
        table = answer.table()
        by = "low" if "low" in table else "changed"  # few groups have no intervals
        most = table[table["group"] != SCANNER].sort_values(by, na_position="first").iloc[-1]
        first = f"{most['label']}, {_marked(answer, most['edit'])}"
        if level.changed.value <= LITTLE * (most["changed"] if answer.scores else 1):
            said = "Answers hardly rest on the level inside the mask"
            if most["changed"] <= LITTLE * (not answer.scores):
                return f"{said}, nor on anything else that was changed."
            return f"{said}; most change with: {first}."
    if level is None or slope is None:
        return "These images allow no statement about level and contrast."
    low, high, value = slope.groups
    low, high = (value, value) if math.isnan(low) else (low, high)
    cue = "the level inside the mask together with that of the surround"
    if low > -ABSOLUTE and high < ABSOLUTE:
        cue = "the absolute level inside the mask"
    elif low > CONTRAST and high < 2 - CONTRAST:
        cue = "the contrast of the inside of the mask to its surround"
    if most[by] > (level.changed.high if by == "low" else level.changed.value):
        said = f"Answers change most with: {first}; with the level inside the mask, "
        said += f"{effect_text(answer, 'level')}. As far as levels count, they rest on "
        return f"{said}{cue}."
    return f"Answers rest on {cue}."


def in_words(answer: Answer) -> list[str]:
    """What was found, a paragraph for each question."""
    said = [_levels(answer), _parts(answer), _scanner(answer), _cues(answer), _controls(answer)]
    return [text for text in said if text]


def _marked(answer: Answer, name: str) -> str:
    """What an edit changes, and whether its images are few or unlike the data."""
    effect = answer.effects[name]
    few = _of_few(len(effect.rows), len(answer.cases))
    return effect_text(answer, name) + few + UNLIKE * effect.is_unusual


def _of_few(some: int, all_: int) -> str:
    """Said of what less than half of the images allow."""
    return f" (of {some} images)" if 2 * some < all_ else ""


def _joined(answer: Answer, names: Mapping[str, str]) -> str:
    """What some edits change, those that were made."""
    there = {name: text for name, text in names.items() if name in answer.effects}
    return "; ".join(f"{text}, {_marked(answer, name)}" for name, text in there.items())


def _levels(answer: Answer) -> str:
    level = answer.effects.get("level")
    if level is None:
        return ""
    dose = f"{np.abs(level.dose).mean():.3g} {answer.cases.unit}"
    what = "the score changes by" if answer.scores else "the answer changes in"
    said = f"Where the object gets the level of one of another class, {dose} from its own on "
    said += f"average, {what} {_marked(answer, 'level')}"
    if not math.isnan(level.follows.value):
        said += f", to that class in {share_text(level.follows)}"
    said += "."
    if step := answer.effects.get("object"):
        by = f"{np.abs(step.dose).mean():.3g} {answer.cases.unit}"
        texts = {
            "object": "the object alone", "surround": "the surround alone, the other way",
            "whole": "both, the contrast kept",
        }  # fmt: skip
        said += f" By one step, {by} on average: {_joined(answer, texts)}."
    if answer.slope:
        few = _of_few(answer.slope.cases, len(answer.cases))
        said += f" Slope of the level plane: {number_text(answer.slope.groups)}{few} (0: the "
        said += "object's level alone; 1: its contrast to the surround alone)."
    return said


def _parts(answer: Answer) -> str:
    text = _joined(answer, PARTS)
    if not text:
        return ""
    said = f"Other edits of the object: {text}."
    if {"background", "background_same"} <= answer.effects.keys() and not answer.scores:
        other, same = (answer.effects[n].changed.value for n in ("background", "background_same"))
        difference = find_unit(DIFFERENCE).format(other - same, 1)
        said += f" A background of its own class changes {effect_text(answer, 'background_same')}: "
        said += f"the class of the background is worth {difference}."
    return said


def _scanner(answer: Answer) -> str:
    """How much another scanner would change, and where changes begin."""
    names = {share: f"offset{share:+}" for share in OFFSETS if f"offset{share:+}" in answer.effects}
    if not names:
        return ""
    step, unit = answer.cases.spread.step, answer.cases.unit
    doses = {name: f"{share * step:+.3g} {unit}" for share, name in names.items()}
    said = f"A scanner that reads all levels otherwise: {_joined(answer, doses)}."
    found = {share: answer.effects[name] for share, name in names.items()}
    begins = [
        f"{sign * dose * step:+.2g} {unit}"
        for sign in (-1, 1)
        if (dose := first_dose({abs(s): e for s, e in found.items() if s * sign > 0}))
    ]
    if begins and not answer.scores:
        said += f" The first {100 * LITTLE:.0f} % change at {' and '.join(begins)}."
    return said


def first_dose(effects: Mapping[float, Effect]) -> float | None:
    """Where changes reach 5 %, on straight lines from 0 and between doses; None if nowhere."""
    doses = [0.0, *sorted(effects)]
    rates = [0.0, *(effects[dose].changed.value for dose in doses[1:])]
    for i in range(1, len(doses)):
        if rates[i] >= LITTLE:
            way = (LITTLE - rates[i - 1]) / (rates[i] - rates[i - 1])
            return doses[i - 1] + way * (doses[i] - doses[i - 1])
    return None


def _cues(answer: Answer) -> str:
    """What the data tell of the class without a network."""
    if not answer.cues:
        return ""
    found = [f"{CUES[name].label} in {share_text(one)}" for name, one in answer.cues.items()]
    counts = np.bincount(answer.cases.label)
    return (
        f"Without any network, your data tell the class by {'; by '.join(found)} of images (naming "
        f"the commonest class: {find_unit(FRACTION).format(counts.max() / counts.sum(), 1)})."
    )


def _controls(answer: Answer) -> str:
    """How far the numbers can be trusted."""
    have = answer.effects
    said = "Controls: " + _joined(answer, {
        "identity": "nothing changed", "level_same": "the level of another object of its class",
        "sham": "the same step elsewhere in the image",
    })  # fmt: skip
    level = have.get("level")
    for names, text in (
        (("mask+1", "mask-1"), "a mask wider or narrower by a pixel"),
        (("feather_1", "feather_2"), "a feather of 1 or 2 pixels"),
    ):
        others = [have[name] for name in names if name in have]
        if level is not None and others:
            off = max(abs(other.changed.value - level.changed.value) for other in others)
            size = f"{off:.2g}" if answer.scores else find_unit(DIFFERENCE).format(off, 1)
            few = _of_few(min(len(other.rows) for other in others), len(answer.cases))
            said += f"; {text} moves the first number by up to {size}{few}"
    if "difference" in answer.errors:
        most = find_unit(DIFFERENCE).format(answer.errors["difference"].abs().max(), 1)
        said += f". On scenes whose truth is known such an audit is off by up to {most}"
    return f"{said}."
