"""Exactly so many pixels change, in their region."""

import numpy as np
import pytest

from changes import applied, count, levels_of, scenes_of
from intensity.data.rendering import masks
from intensity.interventions.registry import INTERVENTIONS, PIXEL_COUNTS


@pytest.mark.parametrize("kind", ["discs", "absolute", "contrast", "pairs", "hollow"])
@pytest.mark.parametrize("region", ["core", "edge", "outside"])
def test_exactly_so_many_pixels_get_one_level_of_another_class(kind: str, region: str) -> None:
    scenes = scenes_of(kind)
    inside: np.ndarray | None = None
    for number in PIXEL_COUNTS:
        changed, some, before = applied(f"pixels_{number}_{region}", scenes)
        seen = masks(some, rim=2)
        regions = {
            "core": seen.object & ~seen.edge,
            "edge": seen.edge,
            "outside": ~(seen.object | seen.noise | seen.distractor),
        }
        differ = changed.images != before
        assert not (differ & ~regions[region]).any()
        if kind != "hollow" or region == "outside":
            assert (count(differ) >= number - (region == "outside")).mean() > 0.95
            assert count(differ).max() == number
        levels = levels_of(changed.images, differ) if kind == "discs" else None
        if levels is not None:
            assert np.array_equal(some.label_at(levels), changed.label)
        assert (changed.label != some.label).all()
        if inside is not None and len(inside) == len(differ):
            assert not (inside & ~differ).any()
        inside = differ


def test_scenes_with_too_few_pixels_are_left_out() -> None:
    scenes = scenes_of("varied")
    seen = masks(scenes, rim=2)
    enough = np.flatnonzero(count(seen.object & ~seen.edge) >= 40)
    assert 0 < len(enough) < 60
    assert np.array_equal(INTERVENTIONS["pixels_40_core"](scenes).rows, enough)


def test_pixels_get_the_noise_of_their_place() -> None:
    scenes = scenes_of("squares")
    changed, _, before = applied("pixels_40_core", scenes)
    differ = changed.images != before
    assert (count(differ) > 20).mean() > 0.5
    # Many values, not one: the noise of 255 * 0.46 is on them.
    assert (
        np.median([len(np.unique(i[d])) for i, d in zip(changed.images, differ, strict=True)]) > 9
    )
