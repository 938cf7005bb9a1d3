"""Noise squares move, as many pixels onto each region."""

import numpy as np
import pytest
from scipy import ndimage

from changes import COVERS, applied, count, scenes_of
from intensity.data.rendering import histograms, masks
from intensity.interventions.registry import COVERED, INTERVENTIONS


@pytest.mark.parametrize("kind", ["discs", "absolute", "pairs", "shapes", "varied", "hollow"])
def test_covers_hide_exactly_twenty_pixels_of_their_region(kind: str) -> None:
    scenes = scenes_of(kind)
    rows = [INTERVENTIONS[name](scenes).rows for name in COVERS]
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], rows[2])
    assert len(rows[0]) >= 45
    images = [INTERVENTIONS[name](scenes).images for name in COVERS]
    some = scenes[rows[0]]
    seen, whole = masks(some, rim=2), masks(some.without_noise()).object
    near = ndimage.binary_dilation(whole, np.ones((1, 3, 3), bool))
    background = ~(seen.object | seen.noise | seen.distractor)
    core, edge, outside = seen.object & ~seen.edge, seen.edge, background & ~near
    # Where the three images differ, a square lies in one of them.
    apart = [(images[i] != images[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    covered = [apart[0] & apart[1], apart[0] & apart[2], apart[1] & apart[2]]
    for hidden, region in zip(covered, (core, edge, outside), strict=True):
        assert not (hidden & ~region).any()
    assert (count(covered[0]) <= COVERED).all()
    # A square of the level below it does not show; all others do.
    assert np.mean(count(covered[0]) == COVERED) > 0.75


@pytest.mark.parametrize("kind", ["discs", "pairs", "absolute"])
def test_covers_move_the_same_squares_with_their_levels(kind: str) -> None:
    scenes = scenes_of(kind)
    core, some, before = applied("cover_core", scenes)
    edge, outside = (INTERVENTIONS[name](scenes) for name in COVERS[1:])
    counts = [histograms(changed.images) for changed in (core, edge, outside)]
    assert np.array_equal(counts[0], counts[1])
    # Outside, twenty more pixels of the object are seen and twenty fewer of the background.
    difference = counts[2] - counts[0]
    expected = np.zeros_like(difference)
    each = np.arange(len(some))
    np.add.at(expected, (each, some.intensity), COVERED)
    np.add.at(expected, (each, some.background), -COVERED)
    assert np.array_equal(difference, expected)
    # They leave old places, none of them on the object, which are the same in all three.
    left = (core.images != before) & (edge.images != before) & (outside.images != before)
    assert not (left & ~masks(some).noise).any()
    assert (count(left) > 0).all()
    for changed in (core, edge, outside):
        assert np.array_equal(changed.images[left], core.images[left])
