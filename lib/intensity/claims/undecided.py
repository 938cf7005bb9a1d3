"""What would decide a part of a claim that is undecided, in words."""

from intensity.claims.definitions import Part
from intensity.statistics.deciding import MOST, Deciding, scenes_for_width, what_decides
from intensity.statistics.intervals import LOGIT_SCALE, on_scale
from intensity.statistics.measurements import Measurement
from intensity.units import Unit, find_unit


def would_decide(part: Part, measurement: Measurement) -> str:
    """How many seeds or scenes would decide an undecided part, at the spread that was measured.

    Args:
        part: the rule.
        measurement: with the interval that decides.
    """
    unit, seeds = find_unit(measurement.unit), measurement.seeds
    low, high = measurement.ci95 or (measurement.value, measurement.value)
    if seeds:
        few = [f"{len(seeds)} seeds, of the {part.seeds} that it takes"] * (len(seeds) < part.seeds)
        if few and not low <= part.threshold <= high:
            return few[0]
        found = what_decides(seeds, part.threshold, unit, measurement.n.scenes, part.level)
        return "; ".join([*few, _in_seeds(found) + _in_scenes(found, measurement, unit)])
    gap = abs(measurement.value - part.threshold)
    scenes = scenes_for_width(measurement.n.scenes, (high - low) / 2, gap)
    return f"{scenes:,} scenes would make the interval narrower than its distance to the threshold"


def _in_seeds(found: Deciding) -> str:
    if found.hopeless:
        return (
            f"the value lies too near the threshold to be decided by seeds (more than {MOST} for "
            "a chance of 80 %)"
        )
    return (
        f"{found.for_width} seeds would make the interval narrower than its distance to the "
        f"threshold, {found.for_power} would decide with a chance of 80 %"
    )


def _in_scenes(found: Deciding, measurement: Measurement, unit: Unit) -> str:
    """Whether scenes are the limit, with both standard deviations, where it is a rate."""
    if not found.counting:
        return ""
    logit = on_scale(measurement.seeds or (), unit, measurement.n.scenes).scale is LOGIT_SCALE
    numbers = [
        f"{one:.2f} on the logit" if logit else unit.difference.format(one, 2)
        for one in (found.spread, found.counting)
    ]
    more = ": more scenes come first" if found.limited_by_scenes else ""
    return (
        f"; the standard deviation over seeds is {numbers[0]}, that of counting "
        f"{measurement.n.scenes:,} scenes {numbers[1]}{more}"
    )
