"""Gain: no answer changes without biases, and those that should do change with them."""

import numpy as np
import pytest

from intensity.analysis.gain import gain_changes
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.models.build import build
from intensity.models.inference import logits
from intensity.training.presets import NETWORKS, TASKS
from intensity.values import InvalidInput

SCENES = draw_scenes(TASKS["easy"], SceneOptions(size=16, areas=(21,)), "validation", 0, 40)


@pytest.mark.parametrize("gain", [0.8, 0.5, 2.0])
def test_without_biases_no_answer_changes(gain: float) -> None:
    model = build(NETWORKS["unbiased"], 16, 3, seed=2)
    assert not gain_changes(model, SCENES, gain)["changed"].any()


def test_a_threshold_is_crossed_by_the_levels_that_a_gain_takes_over_it() -> None:
    model = build(NETWORKS["unbiased"].model_copy(update={"bias": True}), 16, 2, seed=0)
    weights = {weight.path: weight for weight in model.weights}
    for weight in weights.values():
        weight.assign(np.zeros(weight.shape))
    for number in range(1, 7):  # the first channel hands on the level of each pixel
        kernel = np.zeros(weights[f"conv{number}/kernel"].shape)
        kernel[1, 1, 0, 0] = 1
        weights[f"conv{number}/kernel"].assign(kernel)
    head = np.zeros(weights["logits/kernel"].shape)
    head[0, 1] = 1
    weights["logits/kernel"].assign(head)
    weights["logits/bias"].assign([0.03, 0])
    level = logits(model, render(SCENES))[:, 1]
    expected = (level > 0.03) != (0.5 * level > 0.03)
    assert 0 < expected.sum() < len(SCENES)
    np.testing.assert_array_equal(gain_changes(model, SCENES, 0.5)["changed"], expected)


def test_no_scene_is_refused() -> None:
    with pytest.raises(InvalidInput, match="0 scenes"):
        gain_changes(build(NETWORKS["unbiased"], 16, 3, seed=0), SCENES[:0], 0.8)
