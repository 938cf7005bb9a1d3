"""All scores and checks of attribution maps, one row each."""

from typing import NamedTuple

from intensity.units import FRACTION

SHARE = "share of map"
"""The unit of a share of a map's magnitude."""


class Score(NamedTuple):
    """A score of maps, or a check that they have to pass.

    name: in tables; a score's begins with the part of the map that it is of.
    unit: of its mean over scenes.
    label: heads its column in tables and figures of all scores or checks; empty: it has none there.
    axis: what the axis of its own figure is called.
    nothing: what a map has that says nothing; None where that depends on the scene.
    side: what a good method does in a check.
    """

    name: str
    unit: str
    label: str = ""
    axis: str = ""
    nothing: float | None = None
    side: str = ""


_RANKS = "rank correlation"
_DATA = "data truth: share of |relevance| on the object"
_MODEL = "model truth: rank correlation with repainting"
_SCORES = (
    Score("absolute/mass_object", SHARE, axis=_DATA),
    Score("absolute/mass_core", SHARE, "core"),
    Score("absolute/mass_edge", SHARE, "edge"),
    Score("absolute/mass_noise_on_object", SHARE, "noise on object"),
    Score("absolute/mass_noise_elsewhere", SHARE, "noise elsewhere"),
    Score("absolute/mass_distractor", SHARE),
    Score("absolute/mass_background", SHARE, "background"),
    Score("absolute/rank", FRACTION, "rank"),
    Score("absolute/pointing", FRACTION, "pointing"),
    Score("absolute/agreement", _RANKS, "agreement", _MODEL, 0.0),
    Score("signed/agreement", _RANKS, "agreement, signed"),
    Score("absolute/auc", "AUC", axis="AUC, |relevance|", nothing=0.5),
    Score("positive/auc", "AUC", axis="AUC, positive relevance", nothing=0.5),
)
_CHECKS = (
    Score(
        "shuffled_weights_agreement",
        "rank correlation",
        "all weights\nshuffled",
        side="should differ",
    ),
    Score(
        "shuffled_labels_agreement", "rank correlation", "labels\nshuffled", side="should differ"
    ),
    Score("class_map_correlation", "correlation", "another\nclass", side="should differ"),
    Score("polarity_agreement", _RANKS, "negatives", side="should agree"),
    Score("blank_maps", "share of maps", "blank"),
)

SCORES = {row.name: row for row in _SCORES}
"""Scores by name: where relevance lies, and how well it ranks what the network relies on."""

CHECKS = {row.name: row for row in _CHECKS}
"""Checks by name; a share of blank maps has no side."""
