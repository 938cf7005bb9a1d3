"""Another shape, place or size, and nothing else."""

import numpy as np
import pytest
from scipy import ndimage

from changes import DISCS, PAIRED, applied, count, levels_of, scenes_of
from intensity.data.rendering import histograms, masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.data.shapes import SHAPES
from intensity.interventions.registry import INTERVENTIONS
from intensity.training.presets import TASKS


def test_other_shapes_have_equal_area_and_their_class() -> None:
    for kind in ("shapes", "conjunction"):
        changed, some, _ = applied("shape_swapped", scenes_of(kind).without_noise())
        assert np.array_equal(count(changed.images > 0), some.area)
        assert (changed.label != some.label).all()
        levels = levels_of(changed.images, changed.images > 0)
        assert np.array_equal(levels, some.intensity)
        again = [
            render(some.replace(shape=name)).reshape(len(some), -1) for name in some.task.shapes
        ]
        flat = changed.images.reshape(len(some), -1)
        drawn = np.array([(flat == other).all(axis=1) for other in again])
        assert np.array_equal(drawn.sum(axis=0), np.ones(len(some)))
        shape = np.array([SHAPES.index(name) for name in some.task.shapes])[drawn.argmax(axis=0)]
        expected = some.task.classify(some.intensity, some.background, shape)
        assert np.array_equal(changed.label, expected)


def test_discs_become_squares_and_squares_discs() -> None:
    plain = DISCS.without_noise()
    assert np.array_equal(
        INTERVENTIONS["shape_swapped"](plain).images, render(plain.replace(shape="square"))
    )
    squares = scenes_of("squares")
    assert np.array_equal(
        INTERVENTIONS["shape_swapped"](squares).images, render(squares.replace(shape="disc"))
    )


def test_another_shape_is_not_cut_and_moved_as_little_as_needed() -> None:
    # A square of 400 pixels reaches 10 up and 9 down, a disc of as many 11 in every direction.
    options = SceneOptions(size=32, shapes=("square",), areas=(400,))
    scenes = draw_scenes(TASKS["hard"], options, "test", 0, 200)
    assert {*scenes.center.ravel().tolist()} == set(range(10, 23))
    changed, some, _ = applied("shape_swapped", scenes)
    assert np.array_equal(count(changed.images > 0), np.full(200, 400))
    expected = some.replace(shape="disc", center=np.clip(some.center, 11, 20))
    assert np.array_equal(changed.images, render(expected))


def test_beside_a_distractor_the_two_objects_exchange_shapes() -> None:
    changed, some, before = applied("shape_swapped", PAIRED)
    assert np.array_equal(changed.label, some.task.label(some.distractor_intensity))
    both = masks(some.without_noise())
    near = ndimage.binary_dilation(both.object | both.distractor, np.ones((1, 7, 7), bool))
    assert np.array_equal(changed.images[~near], before[~near])
    plain, clean, _ = applied("shape_swapped", PAIRED.without_noise())
    for level, center, shape in (
        (clean.intensity, clean.center, "square"),
        (clean.distractor_intensity, clean.distractor_center, "disc"),
    ):
        alone = clean.replace(distractor_area=0, intensity=level, center=center, shape=shape)
        assert np.array_equal(plain.images == level[:, None, None], render(alone) > 0)


@pytest.mark.parametrize("kind", ["discs", "pairs", "absolute", "hollow"])
def test_moved_objects_lie_elsewhere_and_apart(kind: str) -> None:
    scenes = scenes_of(kind).without_noise()
    changed, some, before = applied("moved", scenes)
    assert np.array_equal(histograms(changed.images), histograms(before))
    assert (changed.images != before).any(axis=(1, 2)).all()
    if kind == "pairs":
        seen = masks(some).distractor
        assert np.array_equal(changed.images[seen], before[seen])


def test_places_are_spread_over_all_that_are_allowed() -> None:
    changed, _, _ = applied("moved", scenes_of("discs", 400).without_noise())
    rows = [np.flatnonzero(image.any(axis=1)).mean() for image in changed.images]
    assert (min(rows), max(rows)) == (8, 55)
    assert np.mean(rows) == pytest.approx(31.5, abs=2.5)


def test_resized_objects_differ_by_half_or_more() -> None:
    scenes = scenes_of("varied").without_noise()
    changed, some, _ = applied("resized", scenes)
    area = count(changed.images > 0)
    assert np.isin(area, some.options.areas).all()
    assert (np.maximum(area / some.area, some.area / area) >= 1.5).all()
    assert len(changed.rows) == 60
    middle = scenes.replace(area=150)
    assert set(count(INTERVENTIONS["resized"](middle).images > 0).tolist()) == {317}


def test_hollow_objects_stay_hollow() -> None:
    scenes = scenes_of("hollow").without_noise()
    for name in ("moved", "shape_swapped", "random_background", "recolor"):
        changed, some, _ = applied(name, scenes)
        filled = some.replace(core_area=0)
        assert (count(changed.images == changed.images[:, :1, :1]) > 64**2 - 100).all()
        assert not np.array_equal(changed.images, render(filled))


def test_edge_only_is_the_hollow_object() -> None:
    changed = INTERVENTIONS["edge_only"](DISCS)
    assert np.array_equal(changed.images, render(DISCS.only_edge()))
    assert np.array_equal(changed.rows, np.arange(60))
