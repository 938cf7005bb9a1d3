"""Cases: what methods compare a scene with, and its negative."""

import numpy as np

from explainable import deep, images_of
from intensity.attribution.cases import case_of, with_inverted_input
from intensity.attribution.incremental.stages import stages_of
from intensity.data.rendering import masks, render
from intensity.data.sampling import draw_scenes
from intensity.models.build import build
from intensity.training.presets import TASKS, find_network, find_setting

PAIRS = draw_scenes(TASKS["distractor"], find_setting("pairs"), "test", 0, 4)


def test_negatives_are_the_same_input_to_the_network() -> None:
    model, images = deep(), images_of(4)
    negative = with_inverted_input(model)
    for one, other in ((images, 255 - images), (images.astype("f"), 255 - images.astype("f"))):
        np.testing.assert_array_equal(
            negative.predict_on_batch(other[..., None]), model.predict_on_batch(one[..., None])
        )


def test_a_case_is_rendered_without_objects_recolored_and_as_a_negative() -> None:
    model = build(find_network("bn_compact"), PAIRS.options.size, 3, 0)
    levels = np.where(PAIRS.intensity < 128, 255, 0)
    case, seen = case_of(model, PAIRS, levels), masks(PAIRS)
    either = seen.object | seen.distractor
    np.testing.assert_array_equal(case.empty[~either], render(PAIRS)[~either])
    assert (case.empty[either] == 0).all()
    np.testing.assert_array_equal(case.recolored != case.images, seen.object)
    other = case.negative()
    assert other.repaint.inverted
    assert stages_of(other.model) is not None, "occlusion would be slow"
    np.testing.assert_array_equal(
        other.model(other.images[..., None]), model(case.images[..., None])
    )
    for name in ("images", "empty", "recolored"):
        np.testing.assert_array_equal(getattr(other, name), 255 - getattr(case, name))
