"""Batches: every scene once, in an order of the seed's, and never a scene of another seed."""

from typing import Any

import numpy as np
import pytest

from intensity.data.batches import evaluation_scenes, training_batches
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.training.presets import TASKS

OPTIONS = SceneOptions(size=16, areas=(21,), noise=SquareNoise(count=(8, 12), sides=(1, 2)))
EPOCH = 50


Batch = tuple[np.ndarray, np.ndarray]


def batches_of(**changed: Any) -> list[Batch]:
    """Batches of 16 noisy scenes, 50 an epoch, with some options changed."""
    options = {"seed": 3, "epoch": 0, "epoch_images": EPOCH, "repeat": False, "batch": 16}
    return list(training_batches(TASKS["hard"], OPTIONS, **(options | changed)))


def epochs(count: int, **changed: Any) -> list[Batch]:
    """All images and labels of each of the first epochs."""
    read = [batches_of(epoch=epoch, **changed) for epoch in range(count)]
    return [tuple(np.concatenate(c) for c in zip(*steps, strict=True)) for steps in read]


def rows(images: np.ndarray) -> list[bytes]:
    """Every image as something to compare and sort by; noise makes all of them different."""
    return [image.tobytes() for image in images]


def expected(start: int, count: int) -> Scenes:
    return draw_scenes(TASKS["hard"], OPTIONS, "train", start, count)


def test_the_last_batch_holds_what_is_left() -> None:
    assert [len(labels) for _, labels in batches_of()] == [16, 16, 16, 2]
    assert len(batches_of(epoch_images=48)) == 3


def test_batches_are_images_of_bytes_with_their_labels() -> None:
    images, labels = batches_of()[0]
    assert (images.shape, images.dtype) == ((16, 16, 16, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((16,), np.int64)


@pytest.mark.parametrize("repeat", [True, False])
def test_every_image_has_the_label_of_its_scene(repeat: bool) -> None:
    scenes = expected(3 * 10**9, EPOCH if repeat else 2 * EPOCH)
    known = dict(zip(rows(render(scenes)), scenes.label.tolist(), strict=True))
    for images, labels in epochs(2, repeat=repeat):
        assert [known[row] for row in rows(images)] == labels.tolist()


def test_jitter_shifts_each_image_by_one_number_and_keeps_its_label() -> None:
    shifts = set()
    for (plain, labels), (moved, same) in zip(batches_of(), batches_of(jitter=9), strict=True):
        np.testing.assert_array_equal(same, labels)
        for before, after in zip(plain.astype(int), moved.astype(int), strict=True):
            fitting = [k for k in range(-9, 10) if np.array_equal((before + k).clip(0, 255), after)]
            assert len(fitting) == 1
            shifts.update(fitting)
    assert {-9, 9} <= shifts or len(shifts) > 10


def test_a_stream_shows_no_scene_twice() -> None:
    seen = [row for images, _ in epochs(4) for row in rows(images)]
    assert len(seen) == len(set(seen)) == 4 * EPOCH
    assert set(seen) == set(rows(render(expected(3 * 10**9, 4 * EPOCH))))


def test_a_fixed_set_comes_again_in_another_order() -> None:
    first, second, third = (rows(images) for images, _ in epochs(3, repeat=True))
    assert sorted(first) == sorted(second) == sorted(third)
    assert len(set(first)) == EPOCH
    assert first != second != third != first


def test_the_first_epoch_is_the_same_with_and_without_repetition() -> None:
    (stream, _), (fixed, _) = (epochs(1, repeat=r)[0] for r in (False, True))
    np.testing.assert_array_equal(stream, fixed)


def test_seeds_share_no_scene_and_equal_seeds_share_all() -> None:
    first, same, other = (
        [row for images, _ in epochs(2, seed=seed) for row in rows(images)] for seed in (0, 0, 1)
    )
    assert first == same
    assert not set(first) & set(other)


def test_the_largest_seed_has_scenes() -> None:
    images, _ = batches_of(seed=2**31 - 1)[0]
    assert len(set(rows(images))) == 16


def test_splits_for_evaluation_are_the_same_for_all_and_share_nothing_with_training() -> None:
    splits = [
        render(evaluation_scenes(TASKS["hard"], OPTIONS, split, 30))
        for split in ("validation", "test")
    ]
    seen = [set(rows(images)) for images in (*splits, render(expected(0, 30)))]
    assert len(set.union(*seen)) == 90
    first = draw_scenes(TASKS["hard"], OPTIONS, "test", 1_000_000, 30)
    np.testing.assert_array_equal(splits[1], render(first))
    longer = render(evaluation_scenes(TASKS["hard"], OPTIONS, "test", 40))
    np.testing.assert_array_equal(longer[:30], splits[1])
