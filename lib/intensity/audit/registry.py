"""All edits by name, one row each, in the order in which tables and figures show them."""

from collections.abc import Callable
from typing import Any

from intensity.audit import controls, edits, scanner
from intensity.audit.base import Edit, Edited

OFFSETS = (-0.5, -0.1, 0.1, 0.5)
"""Shares of a standard deviation of levels that are added to all pixels."""


def _row(
    group: str,
    name: str,
    label: str,
    function: Callable[..., Edited],
    *,
    quick: bool = False,
    **options: Any,
) -> Edit:
    return Edit(name, label, function, options, group=group, quick=quick)


_LEVEL, _PARTS, _SURFACE, _LAYOUT = "level", "core and edge", "surface", "shape, background"
SCANNER, CONTROL = "scanner", "control"
"""Names of groups: edits of the whole image; edits whose effect is known."""
_ROWS = (
    _row(_LEVEL, "level", "object's level: another class's", edits.other_level, quick=True,
         column=0),
    *(
        _row(_LEVEL, name, label, edits.moved, quick=True, part=part)
        for name, part, label in (
            ("object", "object", "object by a step"),
            ("surround", "surround", "surround by the step, level kept"),
            ("whole", "both", "both by the step, contrast kept"),
        )
    ),
    *(
        _row(_PARTS, part, f"{part} alone: another class's level", edits.part_moved, quick=True,
             part=part)
        for part in ("core", "ring")
    ),
    _row(_PARTS, "edge", "contour blurred", edits.contour_blurred, width=2.0, sigma=1.5),
    _row(_SURFACE, "flat", "object flat", edits.flattened),
    _row(_SURFACE, "permuted", "object's pixels permuted", edits.residuals_permuted),
    _row(_LAYOUT, "shape", "shape of another class's object", edits.shape_swapped),
    _row(_LAYOUT, "background", "background of another class", edits.background_swapped, column=0),
    *(
        _row(SCANNER, f"offset{share:+}", f"all levels {share:+} SD", scanner.offset,
             quick=abs(share) == max(OFFSETS), share=share)
        for share in OFFSETS
    ),
    *(
        _row(SCANNER, f"gain_{factor}", f"all levels x {factor}", scanner.gain, factor=factor)
        for factor in (0.8, 1.2)
    ),
    *(
        _row(SCANNER, f"gamma_{power}", f"gamma {power}", scanner.gamma, power=power)
        for power in (0.8, 1.25)
    ),
    _row(SCANNER, "field", "gain 0.8 to 1.2 across", scanner.field, depth=0.2),
    _row(SCANNER, "window", "window of the data", scanner.windowed),
    _row(SCANNER, "eight_bit", "8 bit", scanner.eight_bit),
    _row(SCANNER, "polarity", "dark and bright exchanged", scanner.polarity),
    _row(SCANNER, "renormalised", "normalised per image", scanner.renormalised),
    _row(SCANNER, "padding", "padding of middle brightness", scanner.padding_moved),
)  # fmt: skip
EDITS = {row.name: row for row in _ROWS}
"""All edits by name."""

_CONTROLS = (
    _row(CONTROL, "identity", "nothing changed", controls.identity, quick=True),
    _row(CONTROL, "level_same", "object's level: its own class's", edits.other_level, quick=True,
         column=1),
    _row(CONTROL, "background_same", "background of its own class", edits.background_swapped,
         column=1),
    _row(CONTROL, "sham", "the step elsewhere", controls.sham, quick=True),
    *(
        _row(CONTROL, f"mask{by:+}", f"level, mask {by:+} px", controls.mask_changed, quick=True,
             by=by)
        for by in (1, -1)
    ),
    *(
        _row(CONTROL, f"feather_{width}", f"level, feather {width} px", controls.mask_feathered,
             width=width)
        for width in (1, 2)
    ),
)  # fmt: skip
CONTROLS = {row.name: row for row in _CONTROLS}
"""Edits that say how far the others can be trusted."""
