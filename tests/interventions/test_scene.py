"""What is missing and what is around the object."""

import numpy as np
import pytest

from changes import DISCS, PAIRED, applied, levels_of, scenes_of
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.data.tasks import MINIMUM_CONTRAST
from intensity.interventions.registry import INTERVENTIONS, OFFSET
from intensity.interventions.scene import with_room
from intensity.training.presets import TASKS, find_setting


def test_removed_objects_and_noise_are_gone() -> None:
    changed, some, before = applied("object_removed", PAIRED)
    visible = masks(some).object
    assert (changed.images[visible] == 0).all()
    assert np.array_equal(changed.images[~visible], before[~visible])
    assert set(changed.label.tolist()) == {-1}
    quiet = INTERVENTIONS["noise_removed"](PAIRED)
    assert np.array_equal(quiet.images, render(PAIRED.without_noise()))
    gaussian = scenes_of("squares")
    images = INTERVENTIONS["noise_removed"](gaussian).images
    assert np.array_equal(images, render(gaussian.without_noise()))


@pytest.mark.parametrize("kind", ["discs", "pairs", "absolute", "contrast"])
def test_random_backgrounds_can_be_told_from_objects(kind: str) -> None:
    changed, some, before = applied("random_background", scenes_of(kind))
    seen = masks(some)
    background = ~(seen.object | seen.noise | seen.distractor)
    assert np.array_equal(changed.images[~background], before[~background])
    levels = levels_of(changed.images, background).astype(int)
    assert (levels != some.background).all()
    assert np.abs(levels - some.intensity).min() >= MINIMUM_CONTRAST
    if kind == "pairs":
        assert np.abs(levels - some.distractor_intensity).min() >= MINIMUM_CONTRAST
    expected = some.task.classify(some.intensity, levels, some.shape)
    assert np.array_equal(changed.label, expected)
    assert np.array_equal(changed.label, some.label) == (kind != "contrast")


@pytest.mark.parametrize("kind", ["absolute", "contrast"])
def test_offset_and_gain_change_every_level_alike_and_clip_none(kind: str) -> None:
    scenes = scenes_of(kind, 2000)
    changed, some, before = applied("offset", scenes)
    assert np.array_equal(changed.images.astype(int), before.astype(int) + 20)
    clipping = np.delete(np.arange(2000), changed.rows)
    assert (render(scenes[clipping]).max(axis=(1, 2)) > 235).all()
    levels = some.intensity.astype(int) + 20, some.background.astype(int) + 20
    assert np.array_equal(changed.label, some.task.classify(*levels, some.shape))
    assert np.array_equal(changed.label, some.label) == (kind == "contrast")
    scenes = scenes[:400]
    changed, some, before = applied("gain", scenes)
    assert np.array_equal(changed.images, np.rint(0.8 * before).astype(int))
    levels = np.rint(0.8 * some.intensity).astype(int), np.rint(0.8 * some.background).astype(int)
    assert np.array_equal(changed.label, some.task.classify(*levels, some.shape))
    assert np.array_equal(changed.rows, np.arange(400))


def test_levels_without_a_class_have_none_after_a_gain() -> None:
    scenes = scenes_of("squares").replace(intensity=150)
    assert set(INTERVENTIONS["gain"](scenes).label.tolist()) == {1}
    assert set(INTERVENTIONS["gain"](scenes.replace(intensity=240)).label.tolist()) == {-1}


def test_blur_is_gaussian_and_keeps_the_mean() -> None:
    # The response to a dot of 250, four pixels from the border or more, is 250 times the kernel.
    options = SceneOptions(size=20, areas=(1,))
    dots = draw_scenes(TASKS["hard"], options, "test", 0, 50)
    dots = dots.replace(intensity=250, center=np.clip(dots.center, 4, 15))
    changed, some, _ = applied("blurred", dots)
    kernel = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    kernel /= kernel.sum()
    for image, (row, column) in zip(changed.images, some.center.tolist(), strict=True):
        around = image[row - 4 : row + 5, column - 4 : column + 5]
        np.testing.assert_array_equal(around, np.rint(250 * np.outer(kernel, kernel)))
        assert image.sum() == around.sum()
    flat = INTERVENTIONS["blurred"](DISCS.without_noise().replace(intensity=0))
    assert not flat.images.any()


def test_no_image_with_room_clips() -> None:
    scenes = draw_scenes(TASKS["absolute"], find_setting("backgrounds"), "test", 0, 400)
    room = with_room(scenes, OFFSET)
    assert 0 < len(room) < len(scenes)
    assert INTERVENTIONS["offset"](room).rows.tolist() == list(range(len(room)))
    # Scenes are left out for what is hidden too, so some more would not clip.
    assert len(INTERVENTIONS["offset"](scenes).rows) >= len(room)


def test_the_brightest_level_that_has_room_is_the_offset_below_white() -> None:
    plain = draw_scenes(TASKS["hard"], find_setting({"noise": None}), "test", 0, 2)
    levels = np.array([255 - OFFSET, 256 - OFFSET], np.uint8)
    assert with_room(plain.replace(intensity=levels), OFFSET).intensity.tolist() == [255 - OFFSET]
    assert len(with_room(plain.replace(intensity=10, distractor_intensity=250), OFFSET)) == 2
    assert len(with_room(plain.replace(intensity=10, background=levels), OFFSET)) == 1
