"""A rectangle has the area that is asked for, away from the object, at a level of another class."""

from dataclasses import replace

import numpy as np
import pytest

from changes import DISCS, PAIRED, count, levels_of, scenes_of
from intensity.data.rendering import masks, render
from intensity.interventions.base import Changed
from intensity.interventions.registry import INTERVENTIONS, RATIOS

ROW = INTERVENTIONS["rectangle_added"]


def added(kind: str, ratio: float) -> Changed:
    return ROW.function(scenes_of(kind), **{**ROW.options, "ratio": ratio})


@pytest.mark.parametrize("kind", ["discs", "varied", "hollow"])
def test_visible_areas_have_the_ratio_in_the_same_scenes(kind: str) -> None:
    inside = None
    for ratio in RATIOS:
        changed = added(kind, ratio)
        some = scenes_of(kind)[changed.rows]
        seen = masks(some)
        differ = changed.images != render(some)
        assert len(changed.rows) > 40
        assert not (differ & (seen.object | seen.noise)).any()
        expected = [round(ratio * int(area)) for area in count(seen.object)]
        assert count(differ).tolist() == expected
        levels = levels_of(changed.images, differ)
        assert np.array_equal(some.label_at(levels), changed.label)
        assert (changed.label != some.label).all()
        assert inside is None or not (inside & ~differ).any()
        inside = differ


def test_it_is_nearly_square_and_a_pixel_or_more_from_the_object() -> None:
    plain = DISCS.without_noise()
    changed = ROW.function(plain, **ROW.options)
    some = plain[changed.rows]
    seen = masks(some).object
    for image, before, own in zip(changed.images, render(some), seen, strict=True):
        rows, columns = np.nonzero(image != before)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert abs(height - width) <= 2
        assert len(rows) > 0.85 * height * width
        top, left = max(rows.min() - 1, 0), max(columns.min() - 1, 0)
        assert not own[top : rows.max() + 2, left : columns.max() + 2].any()


def test_a_second_object_or_too_little_room_leaves_no_scene() -> None:
    assert not len(ROW.function(PAIRED, **ROW.options).rows)
    large = replace(DISCS, options=DISCS.options.model_copy(update={"areas": (900,)}))
    assert not len(ROW.function(large.replace(area=900, center=32), **ROW.options).rows)
