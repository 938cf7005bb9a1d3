"""What an audit says in words: sentences whose every number comes from its answer."""

from __future__ import annotations

import math

import numpy as np

from intensity.audit.answer import Answer
from intensity.audit.baselines import CUES
from intensity.audit.effects import Effect
from intensity.audit.registry import OFFSETS
from intensity.statistics.intervals import Interval
from intensity.units import FRACTION, find_unit

ABSOLUTE, CONTRAST = 0.25, 0.75
"""Slopes below and above which one speaks of the level alone, and of contrast alone."""
LITTLE = 0.05
"""Share of changed answers that counts as little."""
NO_CLAIM = (
    "This says what answers to these images rest on, not whether they should: in CT and thermal "
    "images the level itself has a meaning. It says nothing of images unlike these, of patients, "
    "or of other networks, and it is no medical device."
)


def share_text(estimate: Interval) -> str:
    """A share for people: "41 % [35, 47]", without brackets where no interval is given."""
    unit = find_unit(FRACTION)
    if math.isnan(estimate.value):
        return "-"
    if math.isnan(estimate.low):
        return unit.format(estimate.value, 1)
    return unit.estimate(estimate.value, *unit.clip(estimate.low, estimate.high), places=1)


def number_text(estimate: Interval) -> str:
    """A number without unit for people, likewise."""
    ends = "" if math.isnan(estimate.low) else f" [{estimate.low:.2f}, {estimate.high:.2f}]"
    return f"{estimate.value:.2f}{ends}"


def effect_text(answer: Answer, name: str) -> str:
    """What an edit changes; what is unlike the data is marked."""
    effect = answer.effects[name]
    text = number_text(effect.changed) if answer.scores else share_text(effect.changed)
    return text + (" (images unlike the data)" if effect.is_unusual else "")


def headline(answer: Answer) -> str:
    """In a sentence, what answers rest on."""
    level, slope = answer.effects.get("level"), answer.slope
    if level is None or slope is None:
        return "The images allow no statement about level and contrast."
    if answer.scores:
        return f"The slope of the level plane is {number_text(slope.groups)}."
    if not level.changed.value > LITTLE:
        return "Answers hardly rest on the level inside the mask."
    value = slope.groups.value
    low, high = value, value
    if not math.isnan(slope.groups.low):
        low, high = slope.groups.low, slope.groups.high
    if high < ABSOLUTE:
        return "Answers rest on the absolute level inside the mask."
    if low > CONTRAST:
        return "Answers rest on the contrast between the inside of the mask and its surround."
    return "Answers rest on the level inside the mask together with that of the surround."


def in_words(answer: Answer) -> list[str]:
    """What was found, a sentence or two for each question."""
    cases, said = answer.cases, []
    unit = cases.unit
    have = answer.effects.keys()
    if level := answer.effects.get("level"):
        dose = f"{float(np.abs(level.dose).mean()):.3g} {unit}"
        what = "Scores change by" if answer.scores else "Answers change in"
        text = (
            f"The object at the level of an object of another class ({dose} on average): {what} "
            f"{effect_text(answer, 'level')}"
        )
        if not math.isnan(level.follows.value):
            text += f", to that class in {share_text(level.follows)}"
        parts = [text + "."]
        if "surround" in have:
            parts.append(f"The surround by as much: {effect_text(answer, 'surround')}.")
        if "whole" in have:
            parts.append(f"Both, the contrast kept: {effect_text(answer, 'whole')}.")
        said.append(" ".join(parts))
    if answer.slope:
        said.append(
            f"Slope of the level plane: {number_text(answer.slope.groups)} "
            "(0: the object's level alone, 1: its contrast alone)."
        )
    names = {
        "core": "its core alone", "ring": "its ring alone", "edge": "its contour blurred",
        "flat": "it made flat", "permuted": "its pixels permuted", "shape": "another shape",
        "background": "another class's background",
    }  # fmt: skip
    others = [f"{text} {effect_text(answer, name)}" for name, text in names.items() if name in have]
    if others:
        said.append(f"Of the object: {'; '.join(others)}.")
    if "background" in have and "background_same" in have:
        both = [answer.effects[n].changed.value for n in ("background", "background_same")]
        if not answer.scores:
            said.append(
                f"A background of its own class changes {effect_text(answer, 'background_same')}: "
                f"{100 * (both[0] - both[1]):+.0f} points are the class of the background."
            )
    said += _scanner(answer)
    if answer.cues:
        said.append(_cues(answer))
    said.append(_controls(answer))
    return said


def _scanner(answer: Answer) -> list[str]:
    """How much another scanner would change, and where changes begin."""
    found = {s: answer.effects[f"offset{s:+}"] for s in OFFSETS if f"offset{s:+}" in answer.effects}
    if not found:
        return []
    step, unit = answer.cases.spread.step, answer.cases.unit
    text = "; ".join(
        f"{s * step:+.3g} {unit}: {effect_text(answer, f'offset{s:+}')}" for s in found
    )
    said = f"A scanner that reads all levels otherwise: {text}."
    if not answer.scores:
        for sign, word in ((1, "above"), (-1, "below")):
            reached = first_dose({abs(s): e for s, e in found.items() if s * sign > 0})
            if reached:
                said += f" {100 * LITTLE:.0f} % are reached at {reached * step:.2g} {unit} {word}."
    return [said]


def first_dose(effects: dict[float, Effect]) -> float | None:
    """The share of a standard deviation at which changes reach 5 %, between doses on a line."""
    doses = [0.0, *sorted(effects)]
    rates = [0.0, *(effects[dose].changed.value for dose in sorted(effects))]
    for i in range(1, len(doses)):
        if rates[i] >= LITTLE:
            way = (LITTLE - rates[i - 1]) / (rates[i] - rates[i - 1])
            return doses[i - 1] + way * (doses[i] - doses[i - 1])
    return None


def _cues(answer: Answer) -> str:
    """What the data tell of the class without a network."""
    found = [f"{CUES[name].label} {share_text(one)}" for name, one in answer.cues.items()]
    counts = np.bincount(answer.cases.label)
    return (
        f"In your data, without any network, the class is told by: {'; '.join(found)} "
        f"(the commonest class: {100 * counts.max() / counts.sum():.0f} %)."
    )


def _controls(answer: Answer) -> str:
    """How far the numbers can be trusted."""
    have, parts = answer.effects, []
    for name, text in (
        ("identity", "nothing changed"), ("level_same", "level of an object of the same class"),
        ("sham", "the step elsewhere"),
    ):  # fmt: skip
        if name in have:
            parts.append(f"{text} {effect_text(answer, name)}")
    for names, text in (
        (("mask+1", "mask-1"), "a mask of 1 pixel more or less moves the first number by up to"),
        (("feather_1", "feather_2"), "a feather of 1 or 2 pixels by up to"),
    ):
        there = [have[name].changed.value for name in names if name in have]
        if there and "level" in have:
            off = max(abs(value - have["level"].changed.value) for value in there)
            parts.append(
                f"{text} " + (f"{off:.2g}" if answer.scores else f"{100 * off:.1f} points")
            )
    return f"Controls: {'; '.join(parts)}."
