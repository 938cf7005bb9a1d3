"""Networks for patches: what each of them cannot know, by construction and whatever its weights."""

from typing import get_args

import numpy as np
import pytest

from intensity.models.inference import logits
from intensity.models.tissue import Kind, build_tissue

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(40, 200, (6, 32, 32)).astype(np.float32)
MIDDLE = np.zeros((32, 32), bool)
MIDDLE[16, 16] = True


@pytest.mark.parametrize("kind", get_args(Kind))
def test_one_seed_makes_one_network_and_another_another(kind: Kind) -> None:
    first = logits(build_tissue(kind, 3), IMAGES)
    assert first.shape == (6, 3)
    assert np.array_equal(first, logits(build_tissue(kind, 3), IMAGES))
    assert not np.allclose(first, logits(build_tissue(kind, 4), IMAGES))


def test_standardizing_inside_hides_gain_and_offset_of_the_whole_patch() -> None:
    model, plain = build_tissue("zscored", 0), build_tissue("raw", 0)
    for changed in (0.8 * IMAGES, IMAGES + 40, 1.2 * IMAGES - 30):
        assert np.allclose(logits(model, changed), logits(model, IMAGES), atol=1e-4)
        assert not np.allclose(logits(plain, changed), logits(plain, IMAGES), atol=1e-2)


def test_the_pixel_network_reads_the_middle_and_nothing_else() -> None:
    model = build_tissue("pixel", 0)
    others = RNG.uniform(0, 255, IMAGES.shape).astype(np.float32)
    around = np.where(MIDDLE, IMAGES, others)
    assert np.array_equal(logits(model, around), logits(model, IMAGES))
    assert not np.allclose(logits(model, np.where(MIDDLE, others, IMAGES)), logits(model, IMAGES))


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 31), (31, 0), (31, 31), (16, 16), (9, 20)])
def test_the_others_see_the_whole_patch(row: int, column: int) -> None:
    model, changed = build_tissue("raw", 0), IMAGES.copy()
    changed[:, row, column] += 200
    assert (logits(model, changed) != logits(model, IMAGES)).any()


def test_raw_and_augmented_are_built_alike() -> None:
    pair = [build_tissue(kind, 5) for kind in ("raw", "augmented")]
    assert np.array_equal(*[logits(model, IMAGES) for model in pair])
