"""The claims: what the paper and we say, each with the measurement and the rule that decide it.

A claim is *reproduced* when the whole interval of its measurement lies on its side of the
threshold, *not reproduced* when it lies wholly on the other side, and *undecided* otherwise.
A claim of several parts is reproduced if all parts are, not reproduced if any part is not, else
undecided.

Thresholds stand before the runs that test them. Change one only with a reason in the commit, and
never after seeing the result that it decides.
"""

import operator
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

import pandas as pd
from pydantic import FiniteFloat

from intensity.statistics.intervals import Measurement, wilson
from intensity.units import FRACTION
from intensity.values import Value

Verdict = Literal["reproduced", "not reproduced", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Source = Literal["paper", "ours"]
Comparison = Literal[">", ">=", "<", "<="]

NEAR = 0.02
"""Rates this close to 0 or 1 are decided by every seed's Wilson bound: they cannot spread there."""

NO_EFFECT: float = 0.05
"""The largest share of changed answers that counts as no effect, chosen beforehand."""

COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
"""What each sign asks of the decisive end of an interval."""


class Part(Value):
    """One measurement, and the side of a threshold on which its whole interval has to lie."""

    what: str
    """The measurement in words."""
    measurement: str
    """Its id."""
    comparison: Comparison
    """With > and >= the lower bound has to pass the threshold, with < and <= the upper bound."""
    threshold: FiniteFloat

    @property
    def bound(self) -> Literal["lower", "upper"]:
        """Which end of the interval has to pass the threshold."""
        return "lower" if self.comparison.startswith(">") else "upper"

    @property
    def rule(self) -> str:
        """The rule in words, for example "lower bound >= 0.99"."""
        return f"{self.bound} bound {self.comparison} {self.threshold:g}"

    def judge(self, low: float, high: float) -> Verdict:
        """What an interval says.

        Args:
            low: its lower end, in the measurement's unit.
            high: its upper end.

        Returns:
            Reproduced if the decisive end is on the claim's side (then so is the other end), not
            reproduced if not even the other end is there.
        """
        passes = COMPARISONS[self.comparison]
        decisive, other = (low, high) if self.bound == "lower" else (high, low)
        if passes(decisive, self.threshold):
            return "reproduced"
        return "undecided" if passes(other, self.threshold) else "not reproduced"


class Claim(Value):
    """A sentence that measurements can decide."""

    id: str
    statement: str
    source: Source
    """Did the paper or its authors say it, or is it ours?"""
    starred: bool
    """Would it be among the most interesting ones to fail?"""
    parts: tuple[Part, ...]

    @property
    def measurements(self) -> list[str]:
        """The ids that it rests on, each once."""
        return list(dict.fromkeys(part.measurement for part in self.parts))

    @property
    def rule(self) -> str:
        """The rules of all parts, in words."""
        return "; ".join(f"{part.what}: {part.rule}" for part in self.parts)


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim of several parts.

    Args:
        verdicts: one for each part.

    Returns:
        Reproduced if all parts are, not reproduced if any part is not, else undecided.
    """
    if "not reproduced" in verdicts:
        return "not reproduced"
    return "undecided" if "undecided" in verdicts else "reproduced"


def decision_interval(measurement: Measurement) -> tuple[float, float, str]:
    """The interval by which a measurement decides.

    Its own interval does, as a rule. An exact value decides by itself. A trained network's rate
    within 2 % of 0 or 1 decides by the seeds' Wilson intervals over the scenes: from the smallest
    lower to the largest upper end, so that a verdict holds for every seed.

    Args:
        measurement: what was measured.

    Returns:
        The two ends, in the measurement's unit, and how the interval was made.
    """
    if measurement.ci95 is None:
        return measurement.value, measurement.value, measurement.method
    if not (measurement.seeds and measurement.unit == FRACTION and _is_near(measurement.value)):
        return *measurement.ci95, measurement.method
    scenes = measurement.n.scenes
    bounds = [wilson(round(seed * scenes), scenes) for seed in measurement.seeds]
    low, high = min(bound.low for bound in bounds), max(bound.high for bound in bounds)
    return low, high, "Wilson over scenes, every seed"


def evaluate(measurements: Iterable[Measurement]) -> list[dict[str, Any]]:
    """Judge the claims whose measurements are all there.

    Args:
        measurements: all that is known, with different ids.

    Returns:
        For each such claim, in the order of `CLAIMS`: id, statement, source, starred, measurement
        (a list of ids), rule, verdict, and parts: what, measurement, measured (text), rule,
        interval (the two ends that decide), decided_by (how that was made), verdict, estimate (the
        verdict if the measured value had no interval).
    """
    known = {measurement.id: measurement for measurement in measurements}
    return [_judge(claim, known) for claim in CLAIMS if set(claim.measurements) <= set(known)]


def claims_table(judged: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Judged claims as a table for display.

    Args:
        judged: what `evaluate` gives, or the claims of a results.json.

    Returns:
        A row a claim, all text: id (with * if starred), statement, source, measured, rule, verdict.
    """
    columns = ["id", "statement", "source", "measured", "rule", "verdict"]
    return pd.DataFrame([_row(claim) for claim in judged], columns=columns)


def _is_near(rate: float) -> bool:
    """Is a rate within 2 % of 0 or 1?"""
    return rate <= NEAR or rate >= 1 - NEAR


def _judge(claim: Claim, known: dict[str, Measurement]) -> dict[str, Any]:
    """One claim with its verdict, as `evaluate` describes."""
    parts = [_judge_part(part, known[part.measurement]) for part in claim.parts]
    return {
        "id": claim.id,
        "statement": claim.statement,
        "source": claim.source,
        "starred": claim.starred,
        "measurement": claim.measurements,
        "rule": claim.rule,
        "verdict": combine([part["verdict"] for part in parts]),
        "parts": parts,
    }


def _judge_part(part: Part, measurement: Measurement) -> dict[str, Any]:
    """One part with its verdict and with what decided it."""
    low, high, method = decision_interval(measurement)
    measured = measurement.text
    if method != measurement.method:
        # The printed interval is not the one that decides: the reader sees both.
        measured += f" (decided by {method}: {measurement.interval_text(low, high)})"
    return {
        "what": part.what,
        "measurement": part.measurement,
        "measured": measured,
        "rule": part.rule,
        "interval": [low, high],
        "decided_by": method,
        "verdict": part.judge(low, high),
        "estimate": part.judge(measurement.value, measurement.value),
    }


def _row(claim: dict[str, Any]) -> tuple[str, ...]:
    """One row of the table for display."""
    star = "*" if claim["starred"] else ""
    # Two parts may bound one measurement from both sides; it is shown once.
    shown = dict.fromkeys(f"{part['what']}: {part['measured']}" for part in claim["parts"])
    statement, source = claim["statement"], claim["source"]
    return claim["id"] + star, statement, source, "; ".join(shown), claim["rule"], claim["verdict"]


def _part(what: str, measurement: str, comparison: Comparison, threshold: float) -> Part:
    """A part on one line of the table below."""
    return Part(what=what, measurement=measurement, comparison=comparison, threshold=threshold)


def _claim(name: str, source: Source, statement: str, *parts: Part, starred: bool = False) -> Claim:
    """A claim in a few lines of the table below."""
    return Claim(id=name, statement=statement, source=source, starred=starred, parts=parts)


def _saliency_parts(method: str) -> tuple[Part, Part]:
    """What C23 asks of one saliency method: better than chance, and better than an edge filter."""
    place = f"distractor/bn_compact/{method}"
    return (
        _part(f"AUC of {method}, Holm-corrected", f"saliency_auc/{place}", ">", 0.5),
        _part(
            f"AUC of {method} minus Sobel, Holm-corrected",
            f"saliency_auc_difference/{place}/sobel",
            ">",
            0,
        ),
    )


SALIENCY_METHODS = (
    "gradient",
    "gradient_x_input",
    "guided_backprop",
    "integrated_gradients",
    "deeplift",
    "pca_direction",
)
"""The paper's saliency methods: the family inside which C23 is corrected after Holm."""

# "paper": the paper or its authors say it or take it for granted (C4: that the task needs shape).
# "ours": what we add to tell apart the explanations that the paper leaves open.
CLAIMS = (
    _claim(
        "C1",
        "paper",
        "The three bands are learned",
        _part("test accuracy of large", "accuracy/three_bands/large", ">=", 0.99),
        _part("test accuracy of small", "accuracy/three_bands/small", ">=", 0.95),
    ),
    _claim(
        "C2",
        "paper",
        "The hard task is learned (by bn_compact, which is ours)",
        _part("test accuracy of bn_compact", "accuracy/hard/bn_compact", ">=", 0.90),
    ),
    _claim(
        "C3",
        "ours",
        "Layout is used on three_bands",
        _part(
            "error of large minus error of the histogram likelihood",
            "error_difference/three_bands/large/histogram_likelihood",
            "<",
            0,
        ),
    ),
    _claim(
        "C4",
        "paper",
        "The paper's task needs shape",
        _part(
            "accuracy of pixels minus bn_compact on hard",
            "accuracy_difference/hard/pixels/bn_compact",
            "<",
            -0.05,
        ),
        starred=True,
    ),
    _claim(
        "C5",
        "ours",
        "Averaging does not solve the hard task, a mean of a per-pixel code does",
        _part("accuracy of the mean-intensity reader", "accuracy/hard/mean_intensity", "<=", 0.40),
        _part("accuracy of the linear histogram", "accuracy/hard/linear_histogram", ">=", 0.97),
    ),
    _claim(
        "C6",
        "paper",
        "Errors sit at the class boundaries",
        _part(
            "error rate within 3 levels of a boundary over that at 10 levels or more",
            "boundary_error_ratio/hard/bn_compact",
            ">=",
            3,
        ),
    ),
    _claim(
        "C7",
        "paper",
        "The response curve follows the label function",
        _part("share of levels read right", "levels_read_right/hard/bn_compact", ">=", 0.90),
        _part(
            "median distance of crossings to boundaries in levels",
            "crossing_distance/hard/bn_compact",
            "<=",
            2,
        ),
    ),
    _claim(
        "C8",
        "paper",
        "The deeper network does better with fewer parameters (after as many images)",
        _part(
            "accuracy of large minus small after as many images",
            "accuracy_difference/three_bands/large/small",
            ">",
            0.01,
        ),
    ),
    _claim(
        "C9",
        "paper",
        "Training makes deep units non-monotone",
        _part(
            "monotonicity in the last block, trained on hard minus trained on monotone for as long",
            "monotonicity_difference/hard/bn_compact_screen/monotone",
            "<",
            -0.2,
        ),
        _part(
            "monotonicity in the last block, trained on hard for as long minus random weights",
            "monotonicity_difference/hard/bn_compact_screen/random",
            "<",
            0,
        ),
    ),
    _claim(
        "C10",
        "ours",
        "Most last units turn twice or more with intensity: they are no thermometer",
        _part(
            "range-weighted share of last-block units with two or more turning points",
            "turning_share/hard/bn_compact/last_block",
            ">",
            0.5,
        ),
        starred=True,
    ),
    _claim(
        "C11",
        "paper",
        "Thresholds of units sit at class boundaries",
        _part(
            "largest p of any seed, mean distance against cyclic shifts",
            "threshold_alignment_p/hard/bn_compact/largest",
            "<",
            0.01,
        ),
    ),
    _claim(
        "C12",
        "ours",
        "Recoloring the object is followed",
        _part(
            "recoloring into another class followed", "recolor_followed/hard/bn_compact", ">=", 0.90
        ),
        _part(
            "predictions changed by recoloring as far within the class",
            "same_class_recolor_changes/hard/bn_compact",
            "<=",
            0.10,
        ),
    ),
    _claim(
        "C13",
        "ours",
        "Networks for shape and for intensity dissociate both ways",
        _part(
            "shape network, predictions changed by recoloring",
            "recolor_changes/shape/bn_compact",
            "<=",
            0.05,
        ),
        _part(
            "shape network, swapped shape followed",
            "shape_swap_followed/shape/bn_compact",
            ">=",
            0.90,
        ),
        _part("hard network, recoloring followed", "recolor_followed/hard/bn_compact", ">=", 0.90),
        _part(
            "hard network, predictions changed by a swapped shape",
            "shape_swap_changes/hard/bn_compact",
            "<=",
            0.10,
        ),
    ),
    _claim(
        "C14",
        "ours",
        "On hard and absolute the core weighs more than the ring",
        _part("core / (core + ring) on black", "core_share/hard/bn_compact", ">", 0.5),
        _part(
            "core / (core + ring) on varying background", "core_share/absolute/bn_compact", ">", 0.5
        ),
        starred=True,
    ),
    _claim(
        "C15",
        "ours",
        "Cut into 4 px pieces the object is lost to bn_compact, not to pixels",
        _part(
            "drop of bn_compact on scattered objects", "scatter_drop/hard/bn_compact", ">=", 0.30
        ),
        _part("drop of pixels on scattered objects", "scatter_drop/hard/pixels", "<=", 0.05),
        starred=True,
    ),
    _claim(
        "C16",
        "ours",
        "What is learned on black does not find the object on other backgrounds",
        _part(
            "accuracy of the hard network on random backgrounds",
            "accuracy/hard/bn_compact/random_background",
            "<=",
            0.50,
        ),
    ),
    _claim(
        "C17",
        "ours",
        "Absolute and relative intensity can both be learned",
        _part(
            "own label followed where the labels differ, absolute network",
            "accuracy/absolute/bn_compact/differing",
            ">=",
            0.90,
        ),
        _part(
            "own label followed where the labels differ, contrast network",
            "accuracy/contrast/bn_compact/differing",
            ">=",
            0.90,
        ),
        starred=True,
    ),
    _claim(
        "C18",
        "ours",
        "Intensity is bound to shape where the task needs it",
        _part("accuracy on the distractor task", "accuracy/distractor/bn_compact", ">=", 0.90),
        _part(
            "predictions changed by recoloring the distractor",
            "distractor_recolor_changes/distractor/bn_compact",
            "<=",
            0.05,
        ),
    ),
    _claim(
        "C19",
        "paper",
        "One pixel is nothing, many add up",
        _part(
            "predictions changed by 1 pixel in the core",
            "changed_predictions/hard/bn_compact/one_pixel_core",
            "<=",
            0.01,
        ),
        _part(
            "predictions changed by 1 pixel at the 2 px edge",
            "changed_predictions/hard/bn_compact/one_pixel_edge",
            "<=",
            0.01,
        ),
        _part(
            "predictions changed by 1 pixel outside",
            "changed_predictions/hard/bn_compact/one_pixel_outside",
            "<=",
            0.01,
        ),
        _part(
            "changed predictions, 10 pixels minus 1", "dose_difference/hard/bn_compact/10_1", ">", 0
        ),
        _part(
            "changed predictions, 40 pixels minus 10",
            "dose_difference/hard/bn_compact/40_10",
            ">",
            0,
        ),
    ),
    _claim(
        "C20",
        "ours",
        "On black covering the core costs more than covering the edge",
        _part(
            "loss with the core covered minus with the edge covered",
            "cover_loss_difference/hard/bn_compact/core/edge",
            ">",
            0,
        ),
    ),
    _claim(
        "C21",
        "ours",
        "Guided backprop is class-blind",
        _part(
            "correlation of its maps for two classes",
            "class_map_correlation/hard/bn_compact/guided_backprop",
            ">=",
            0.9,
        ),
    ),
    _claim(
        "C22",
        "ours",
        "The gradient shows the margin, not the reliance",
        _part(
            "rank correlation of the gradient in the object with the distance to the boundary",
            "margin_rank_correlation/hard/bn_compact/gradient",
            "<=",
            -0.3,
        ),
        _part(
            "rank correlation of the effect of recoloring with that distance",
            "margin_rank_correlation/hard/bn_compact/recolor",
            ">=",
            -0.1,
        ),
        _part(
            "rank correlation of the effect of recoloring with that distance",
            "margin_rank_correlation/hard/bn_compact/recolor",
            "<=",
            0.1,
        ),
    ),
    _claim(
        "C23",
        "ours",
        "Saliency can find the object that matters",
        *(part for method in SALIENCY_METHODS for part in _saliency_parts(method)),
        starred=True,
    ),
    _claim(
        "C24",
        "ours",
        "A map should not depend on the polarity of the code",
        _part(
            "rank agreement of gradient x input after inversion",
            "polarity_agreement/hard/bn_compact/gradient_x_input",
            "<",
            0.5,
        ),
        _part(
            "rank agreement of integrated gradients from black after inversion",
            "polarity_agreement/hard/bn_compact/integrated_gradients_black",
            "<",
            0.5,
        ),
        _part(
            "rank agreement of integrated gradients from a recoloring after inversion",
            "polarity_agreement/hard/bn_compact/integrated_gradients_recolor",
            ">",
            0.99,
        ),
        _part(
            "rank agreement of occlusion by the generator after inversion",
            "polarity_agreement/hard/bn_compact/occlusion_generator",
            ">",
            0.99,
        ),
    ),
)
"""All claims, in the order in which they are told."""
