"""The audit of one network, or of several of one kind: everything asked, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from intensity.audit.base import Edit, choose_donors
from intensity.audit.baselines import cue_accuracies
from intensity.audit.cases import FEWEST_GROUPS, SURROUND, Cases, sample
from intensity.audit.effects import Effect, Tick, answers, run_edits
from intensity.audit.intervals import ratio_interval
from intensity.audit.plane import (
    GRID,
    MOST,
    PER_CASE,
    QUICK_GRID,
    Plane,
    Slope,
    level_plane,
    level_slope,
)
from intensity.audit.prediction import Prediction, check_knowledge, open_network, predict_all
from intensity.audit.registry import CONTROLS, EDITS
from intensity.audit.truth import known_errors
from intensity.statistics.intervals import Interval
from intensity.values import InvalidInput

QUICK = 60
"""Cases of a quick audit."""
IMAGES = 300
"""Cases of any other, at most."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What an audit has found.

    Args:
        network: its name.
        title: the name of the cases.
        cases: those that were audited.
        total: how many there are.
        before: (s, n, classes) logits of the images as they are, or (s, n, 1) scores.
        accuracy: share of right answers, the mean over networks; None for scores.
        effects: by the name of the edit, controls included.
        slope, plane: of levels; None where no case has a surround.
        cues: accuracy of each cue alone, by name; none for scores, nor of a single group.
        settings: how it was asked, for the report.
        notes: what a reader has to know, a sentence each.
        errors: how far such an audit is off where the truth is known; empty where it was not asked.
    """

    network: str
    title: str
    cases: Cases
    total: int
    before: np.ndarray
    accuracy: Interval | None
    effects: dict[str, Effect]
    slope: Slope | None
    plane: Plane | None
    cues: dict[str, Interval]
    settings: dict[str, str]
    notes: tuple[str, ...]
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def scores(self) -> bool:
        """Whether the network gives scores and no classes."""
        return self.accuracy is None

    @cached_property
    def rows(self) -> pd.DataFrame:
        """All effects: one row an edit, controls last.

        Returns:
            Columns group, edit, label, changed (share of answers, or mean size of a score's
            change), low, high (over groups; missing for fewer than ten), followed, followed_low,
            followed_high (share that becomes the class that goes with the change), change (mean
            change of a score), seeds_low, seeds_high (over networks), cases, dose (mean size, in
            the unit of images), clipped (share of pixels), unusual (bool).
        """
        return pd.DataFrame([_row(effect, self.scores) for effect in self.effects.values()])

    def table(self) -> pd.DataFrame:
        """The effects of all edits but the controls, the largest of each group first."""
        rows = self.rows[~self.rows["edit"].isin(CONTROLS)]
        order = {group: place for place, group in enumerate(dict.fromkeys(rows["group"]))}
        sorted_ = rows.assign(place=rows["group"].map(order)).sort_values(
            ["place", "changed"], ascending=[True, False], kind="stable"
        )
        return sorted_.drop(columns="place").dropna(axis=1, how="all").reset_index(drop=True)

    @cached_property
    def by_case(self) -> pd.DataFrame:
        """One row a case, those whose answers change most often first.

        Returns:
            Columns image, group, site (where it was given), class, answer, level, around, area,
            then `changed_<edit>`: share of networks whose answer changed, or the mean change of the
            score; missing where an edit does not apply.
        """
        cases, spread = self.cases, self.cases.spread
        known = np.array([*cases.classes, ""])
        table = pd.DataFrame({"image": cases.names, "group": cases.group})
        if cases.site is not None:
            table["site"] = cases.site
        if not self.scores:
            table["class"] = known[cases.label]
            table["answer"] = known[answers(self.before.mean(axis=0))]
        table = table.assign(level=spread.level, around=spread.around, area=spread.area)
        changes = np.full((len(self.effects), len(cases)), np.nan)
        for change, effect in zip(changes, self.effects.values(), strict=True):
            change[effect.rows] = effect.score.mean(axis=0)
        asked = [name not in CONTROLS for name in self.effects]
        order = np.argsort(-np.nansum(np.abs(changes[asked]), axis=0), kind="stable")
        names = [f"changed_{name}" for name in self.effects]
        return pd.concat([table, pd.DataFrame(changes.T, columns=names)], axis=1).iloc[order]

    @property
    def words(self) -> list[str]:
        """What was found, in sentences: first the answer, then what it rests on."""
        from intensity.audit.words import headline, in_words

        return [headline(self), *in_words(self)]

    def picture(self) -> bytes:
        """The level plane, examples of edits and the effects of all, as PNG."""
        from intensity.audit.report import picture

        return picture(self)

    def save(self, folder: str | Path) -> Path:
        """Write the report, whole or not at all: results.json, index.html, audit.png and CSV.

        Returns:
            The page.

        Raises:
            InvalidInput: the folder holds anything else.
        """
        from intensity.audit.report import write_report

        return write_report(self, Path(folder))


def audit(
    network: Any,
    cases: Cases,
    *,
    images: int = IMAGES,
    quick: bool = False,
    name: str = "",
    title: str = "cases",
    known: bool = True,
    tell: Callable[[str, int], object] = lambda *_: None,
    tick: Tick = lambda _: None,
    **options: Any,
) -> Answer:
    """What a network's answers rest on in images with masks of their objects.

    Args:
        network: a function from (n, h, w, c) images to (n, k) numbers, a built Keras model, a path
            to a .keras file, "module:function"; or several of one kind, as a list.
        cases: of `make_cases` or `read_cases`.
        images: at most so many cases are audited, drawn by class and group.
        quick: 60 cases and only the edits that a first look needs.
        name: how results call the network.
        title: how they call the cases.
        known: whether to add how far such an audit is off on scenes whose truth is rendered.
        tell: told in a line what is to be done and how long that takes, and how many images.
        tick: told after each batch how many images were predicted.
        options: of `open_network`: output, preprocess, threshold, of.

    Raises:
        InvalidInput: network and cases do not fit, or there is nothing to audit.
    """
    if (least := min(images, len(cases))) < 2:
        raise InvalidInput(f"images: {least} is not allowed: 2 or more")
    total, most = cases.total or len(cases), min(images, QUICK) if quick else images
    if most < len(cases.classes):
        raise InvalidInput(f"images: {most} is not allowed: {len(cases.classes)} classes or more")
    if len(cases) > most:
        cases = cases[sample(cases.label, cases.group, most)]
    given = list(network) if isinstance(network, list | tuple) else [network]
    asked = [open_network(one, cases, name=name, **options) for one in given]
    edits = [row for row in (*EDITS.values(), *CONTROLS.values()) if row.quick or not quick]
    grid = QUICK_GRID if quick else GRID
    before = np.stack([predict_all(one, cases) for one in asked])
    accuracy = _accuracy(asked, cases, before)
    count = predictions(len(cases), len(edits), len(asked), grid)
    tell(_estimate(asked, cases, count), count)
    donors = choose_donors(cases)
    effects = run_edits(asked, cases, before, edits, donors, tick)
    slope = level_slope(asked, cases, before, donors, tick)
    plane = level_plane(asked[0], cases, donors, grid, tick)
    cues = cue_accuracies(cases) if cases.classes and cases.groups > 1 else {}
    errors = known_errors() if known else pd.DataFrame()
    named = {key: getattr(value, "__name__", str(value)) for key, value in options.items()}
    settings = {"networks": str(len(asked)), "quick": str(quick), **named}
    return Answer(
        asked[0].name, title, cases, total, before, accuracy,
        {effect.edit.name: effect for effect in effects}, slope, plane, cues, settings,
        (*cases.notes, *_notes(asked, cases, edits, effects)), errors,
    )  # fmt: skip


def predictions(cases: int, edits: int, networks: int, grid: int) -> int:
    """How many images are predicted once a network is known to be worth an audit."""
    return cases * networks * (edits + PER_CASE) + min(cases, MOST) * grid**2


def _estimate(asked: Sequence[Prediction], cases: Cases, count: int) -> str:
    """How long predicting so many images takes, by a batch that is timed."""
    some = cases.images[: cases.batch]
    start = time.perf_counter()
    asked[0](some)
    each = (time.perf_counter() - start) / len(some)
    return f"{len(cases)} cases, {count:,} images to predict, about {1.5 * count * each:.0f} s"


def _accuracy(asked: Sequence[Prediction], cases: Cases, before: np.ndarray) -> Interval | None:
    if asked[0].scores:
        return None
    for values in before:
        check_knowledge(cases, values)
    right = (answers(before) == cases.label).mean(axis=0)
    return ratio_interval(right, np.ones(len(cases)), cases.group)


def _row(effect: Effect, scores: bool) -> dict[str, Any]:
    changed, follows, seeds = effect.changed, effect.follows, effect.over_seeds
    dose = np.abs(effect.dose[np.isfinite(effect.dose)])
    return {
        "group": effect.edit.group, "edit": effect.edit.name, "label": effect.edit.label,
        "changed": changed.value, "low": changed.low, "high": changed.high,
        "followed": follows.value, "followed_low": follows.low, "followed_high": follows.high,
        "change": float(effect.score.mean()) if scores else np.nan,
        "seeds_low": seeds.low if seeds else np.nan, "seeds_high": seeds.high if seeds else np.nan,
        "cases": len(effect.rows), "dose": float(dose.mean()) if len(dose) else np.nan,
        "clipped": float(effect.clipped.mean()), "unusual": effect.is_unusual,
    }  # fmt: skip


def _notes(
    asked: Sequence[Prediction], cases: Cases, edits: Sequence[Edit], effects: Sequence[Effect]
) -> list[str]:
    """What was left out, and what limits the numbers."""
    said = []
    if cases.groups < FEWEST_GROUPS:
        said.append(
            f"There are {cases.groups} groups: fewer than {FEWEST_GROUPS} say nothing of others, "
            "so no interval is given."
        )
    if small := int((cases.spread.room < SURROUND).sum()):
        said.append(
            f"{small} of {len(cases)} images have fewer than {SURROUND} pixels around the object: "
            "they are left out where contrast or background is changed."
        )
    made = {effect.edit.name for effect in effects}
    if absent := [edit.label for edit in edits if edit.name not in made]:
        said.append(f"Left out, since fewer than two images allow them: {', '.join(absent)}.")
    if len(asked) == 1:
        said.append("One network was audited: nothing is said of others trained alike.")
    if saturated := max(one.saturated for one in asked):
        said.append(
            f"{100 * saturated:.0f} % of probabilities are exactly 0 or 1: margins are cut there; "
            "give logits where you can."
        )
    return said
