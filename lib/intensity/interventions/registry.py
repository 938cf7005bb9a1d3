"""All interventions, one row each, in the order in which tables and figures show them.

Every row that draws at random has the key of its random numbers among its options. A row added
changes the name of no measurement of the others.
"""

from collections.abc import Callable
from typing import Any

from intensity.data.scenes import SceneOptions
from intensity.interventions import (
    covering,
    geometry,
    pieces,
    pixels,
    recoloring,
    rectangle,
    scene,
)
from intensity.interventions.base import SCENE_REGIONS, Changed, Intervention

PIECE_SIDES = (8, 4, 2, 1)
"""Sides of the grids that cut objects into pieces, pixels."""
PAIRS = 4
"""Matched pairs of levels that an object is recolored to, at most."""
PIXEL_COUNTS = (1, 10, 40)
"""How many pixels get another level."""
COVERED = 20
"""Pixels that a scene's own noise squares newly cover."""
OFFSET, GAIN = 20, 0.8
"""Grey levels added to the whole image; factor of all of them."""
RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Visible areas of a rectangle beside an object, over the object's."""
FACTOR = 1.5
"""Areas differ in size where one is at least so many times the other."""


def _always(_: SceneOptions) -> bool:
    return True


def _never(_: SceneOptions) -> bool:
    return False


def _any_background(options: SceneOptions) -> bool:
    return options.background == "random"


def _hollow(options: SceneOptions) -> bool:
    return options.hollow


def _several_shapes(options: SceneOptions) -> bool:
    return len(options.shapes) > 1 or options.distractor is not None


def _several_sizes(options: SceneOptions) -> bool:
    return max(options.areas) >= FACTOR * min(options.areas)


def _row(
    group: str,
    name: str,
    label: str,
    function: Callable[..., Changed],
    needs: str = "nothing else",
    known: Callable[[SceneOptions], bool] = _never,
    **options: Any,
) -> Intervention:
    return Intervention(
        name, label, function, options, group=group, needs=needs, in_distribution=known
    )


_PAIR = "two levels equally far from its own, one of its class and one of another"
_HALVES = "a visible core and ring, not hollow, and levels of another class"
_ROOM = f"small noise squares beside it and room for {COVERED} pixels of them on core and edge"
_BLOCKS = "as many blocks of the image without it as it has pieces; pieces do not fit"
_ROWS = (
    *(
        _row("level", name, label, recoloring.recolored_in_pairs, _PAIR, _always,
             same_class=same, pairs=PAIRS)
        for name, label, same in (
            ("recolor_other_class", "recolored, other class", False),
            ("recolor_same_class", "recolored, same class", True),
        )
    ),
    _row("level", "recolor", "recolored, any level", recoloring.recolored_at_random,
         "a second level that can be drawn", _always, repeats=2, key=0),
    *(
        _row("parts", f"{part}_recolored", f"{part} recolored", recoloring.part_recolored, _HALVES,
             part=part, key=1)
        for part in ("core", "ring")
    ),
    *(
        _row("parts", f"cover_{region}", f"{region} covered, {COVERED} px", covering.covered, _ROOM,
             _always, region=region, pixels=COVERED, key=2)
        for region in SCENE_REGIONS
    ),
    *(
        _row("pieces", f"pieces_{side}",
             f"in pieces of {side} px" if side > 1 else "in single pixels",
             pieces.scattered, _BLOCKS, side=side, sides=PIECE_SIDES, key=3)
        for side in PIECE_SIDES
    ),
    _row("shape, place", "shape_swapped", "other shape", geometry.shape_swapped,
         "another shape, not that of a second object", _several_shapes, key=4),
    _row("shape, place", "moved", "moved", geometry.moved, "another place", _always, key=5),
    _row("shape, place", "resized", "other size", geometry.resized,
         f"areas that differ by a factor of {FACTOR} or more", _several_sizes,
         factor=FACTOR, key=6),
    _row("scene", "object_removed", "object removed", scene.object_removed),
    _row("scene", "noise_removed", "noise removed", scene.noise_removed, "noise"),
    _row("scene", "random_background", "other background", scene.random_background,
         known=_any_background, key=7),
    _row("scene", "rectangle_added", "larger rectangle added", rectangle.rectangle_added,
         "no second object, levels of another class, and room beside it", ratio=2.0, key=11,
         level_key=12),
    _row("scene", "offset", f"all levels + {OFFSET}", scene.rescaled,
         f"images up to level {255 - OFFSET}", _any_background, gain=1.0, offset=OFFSET),
    _row("scene", "gain", f"all levels x {GAIN}", scene.rescaled,
         known=_any_background, gain=GAIN, offset=0),
    _row("scene", "distractor_recolored", "distractor recolored", recoloring.distractor_recolored,
         "a distractor with a choice of levels", _always, key=8),
    *(
        _row("some pixels", f"pixels_{count}_{region}", f"{count} px changed, {region}",
             pixels.pixels_changed, f"{count} px of visible {region}, and levels of another class",
             _always, count=count, region=region, key=9, level_key=10)
        for count in PIXEL_COUNTS
        for region in SCENE_REGIONS
    ),
    _row("edges", "edge_only", "edge only", geometry.edge_only,
         "an inside that is not hollow yet", _hollow),
    _row("edges", "blurred", "blurred", scene.blurred, width=1.0),
)  # fmt: skip

INTERVENTIONS: dict[str, Intervention] = {row.name: row for row in _ROWS}
"""All interventions by name."""
