"""Trainings on patches: the same ones twice, what they are shown, and what `augmented` changes."""

import numpy as np
import pytest

from intensity.data.tissue import evaluation_patches, training_patches
from intensity.models.inference import logits
from intensity.training.presets import TASKS
from intensity.training.tissue import PART, TissueTraining, _shown, augmented, train_tissue
from intensity.values import InvalidInput


def test_equal_trainings_end_in_equal_networks_that_have_learned() -> None:
    training = TissueTraining(kind="pixel", parts=12, learning_rate=0.03)
    model, history = train_tissue(training)
    again, _ = train_tissue(training)
    patches = evaluation_patches("validation", 300)
    found = logits(model, patches.images)
    assert np.array_equal(found, logits(again, patches.images))
    assert (found.argmax(axis=1) == patches.label).mean() > 0.6
    assert history["patches"].tolist() == [PART * part for part in range(1, 13)]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_the_class_is_the_tissue_or_that_of_the_level_which_the_middle_shows() -> None:
    images, label = _shown(TissueTraining(parts=1), 0)
    plain = training_patches(0, 0, PART)
    assert np.array_equal(images[..., 0], plain.images)
    assert np.array_equal(label, plain.label)
    images, label = _shown(TissueTraining(parts=1, task=TASKS["easy"]), 0)
    middle = images[:, 16, 16, 0]
    assert ((middle > 149) == label).mean() > 0.95


def test_two_seeds_and_two_parts_show_other_patches() -> None:
    first, _ = _shown(TissueTraining(parts=2), 0)
    for seed, part in ((0, 1), (1, 0)):
        other, _ = _shown(TissueTraining(parts=2, seed=seed), part)
        assert (other != first).any(axis=(1, 2, 3)).mean() > 0.95


def test_augmented_levels_change_within_the_brain_alone_and_stay_in_range() -> None:
    patches = training_patches(0, 0, 200)
    changed = augmented(patches.images, patches.inside, np.random.default_rng(0))
    assert not changed[~patches.inside].any()
    assert changed.min() >= 0
    assert changed.max() <= 255
    order = [np.argsort(one[inside], kind="stable") for one, inside in
             zip(patches.images, patches.inside, strict=True)]  # fmt: skip
    rising = [np.diff(one[inside][rank]).min() >= -1e-4 for one, inside, rank in
              zip(changed, patches.inside, order, strict=True)]  # fmt: skip
    assert all(rising)  # gamma, gain and offset keep the order of levels
    shift = changed[patches.inside].mean() - patches.images[patches.inside].mean()
    spread = np.std([(a - b)[i].mean() for a, b, i in
                     zip(changed, patches.images, patches.inside, strict=True)])  # fmt: skip
    assert abs(shift) < 15
    assert spread > 20


def test_a_training_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"TissueTraining\.parts: 0 is not allowed"):
        TissueTraining(parts=0)
    with pytest.raises(InvalidInput, match=r"TissueTraining\.kind: 'deep' is not allowed"):
        TissueTraining(kind="deep", parts=1)  # type: ignore[arg-type]
