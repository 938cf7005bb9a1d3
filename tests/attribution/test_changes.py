"""What painting does to scores: both ways of computing, and both scores."""

import keras
import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of, rectified
from intensity.attribution import changes
from intensity.attribution.base import Output, prepare
from intensity.attribution.changes import score_changes
from intensity.attribution.incremental.stages import stages_of
from intensity.attribution.windows import place_windows


def shown_whole(model: keras.Model) -> keras.Model:
    """The same network with a step that stages do not know."""
    images = keras.Input((HEIGHT, WIDTH, 1))
    return keras.Model(images, model(images * 1.0))


def known() -> keras.Model:
    """A network of known stages."""
    keras.utils.set_random_seed(1)
    images = keras.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.ReLU()(keras.layers.Conv2D(3, 3)(images))
    return keras.Model(images, keras.layers.Dense(3)(keras.layers.Flatten()(x)))


@pytest.mark.parametrize("output", ["logit", "probability", "margin"])
def test_known_networks_give_what_full_passes_give(output: Output) -> None:
    model = known()
    other = shown_whole(model)
    assert stages_of(model) is not None
    assert stages_of(other) is None
    images, windows = images_of(5) // 16, place_windows((HEIGHT, WIDTH), 3, 2)
    levels = np.random.default_rng(0).uniform(0, 16, (2, 5, len(windows))).astype(np.float32)
    ours, full = (
        np.concatenate(
            list(score_changes(prepare(one, images, None, output, 2), windows, levels)), axis=1
        )
        for one in (model, other)
    )
    assert ours.shape == (2, 5, len(windows))
    assert ours.dtype == full.dtype == np.float32
    np.testing.assert_allclose(ours, full, atol=1e-4 * np.abs(full).max())


def test_many_windows_and_draws_come_in_fewer_images(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = place_windows((HEIGHT, WIDTH), 3, 2)
    target = prepare(known(), images_of(5), None, "logit", 64)
    levels = np.random.default_rng(0).uniform(0, 255, (2, 1, len(windows))).astype(np.float32)
    (whole,) = score_changes(target, windows, levels)
    for images, sizes in ((2, [2, 2, 1]), (0, [1] * 5)):
        monkeypatch.setattr(changes, "AT_ONCE", images * 2 * len(windows) * 3)
        parts = list(score_changes(target, windows, levels))
        assert [part.shape[1] for part in parts] == sizes
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, rtol=1e-4, atol=1e-5)


def test_scores_of_the_class_that_is_asked_for() -> None:
    model, images = rectified(), images_of(2)
    windows = place_windows((HEIGHT, WIDTH), HEIGHT, HEIGHT)
    levels = np.full((1, 1, 1), 30, np.float32)
    (change,) = score_changes(prepare(model, images, [2, 1], "logit", 4), windows, levels)
    painted = images.copy()
    painted[:, :, :HEIGHT] = 30
    before, after = (model.predict_on_batch(x[..., None].astype("f")) for x in (images, painted))
    np.testing.assert_allclose(change[0, 0, 0], (after - before)[0, 2], rtol=1e-3)
    np.testing.assert_allclose(change[0, 1, 0], (after - before)[1, 1], rtol=1e-3)
