"""Probes: layers that hold intensity or class in a known way, and controls that hold nothing."""

import keras
import numpy as np
import pytest

from intensity.responses.probes import RIDGE, probes, read_out, ridge_predictions
from intensity.scenes import SceneOptions, Scenes, SquareNoise, draw_scenes
from intensity.tasks import TASKS
from intensity.values import InvalidInput

SIZE = 16
HARD = TASKS["hard"]


def scenes_of(count: int = 600) -> Scenes:
    options = SceneOptions(size=SIZE, areas=(21,), noise=SquareNoise(count=(6, 6), sides=(1, 3)))
    return draw_scenes(HARD, options, "test", 0, count)


@pytest.fixture(scope="module")
def thermometer() -> keras.Model:
    """relu1 holds every pixel's level; relu2 holds for each boundary whether it is below."""
    edges = HARD.edges
    images = keras.Input((SIZE, SIZE, 1))
    relus = [keras.layers.ReLU(name=f"relu{i}") for i in (1, 2, 3)]
    beyond = keras.layers.Conv2D(len(edges), 1, name="beyond")
    below = keras.layers.Conv2D(len(edges), 1, name="below")
    x = relus[0](keras.layers.Rescaling(1.0)(images))
    x = relus[1](below(relus[2](beyond(x))))
    model = keras.Model(images, keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(x)))
    # positive part of 2 (level - edge), at least 1 where the level is above; then 1 minus that
    beyond.set_weights([np.full((1, 1, 1, len(edges)), 2.0), -2 * edges])
    below.set_weights([-np.eye(len(edges))[None, None], np.ones(len(edges))])
    return model


def row_of(found: dict[str, np.ndarray], layer: str, over: str) -> dict[str, float]:
    """The measures of one layer and mean."""
    (row,) = np.flatnonzero((found["layer"] == layer) & (found["over"] == over))
    measures = ("r2", "rmse", "accuracy", "shuffled_r2", "shuffled_accuracy")
    return {name: float(found[name][row]) for name in measures}


def binomial(share: float, count: int) -> float:
    """Four standard deviations of a counted share."""
    return 4 * float(np.sqrt(share * (1 - share) / count))


def test_a_layer_that_holds_intensity_is_read_and_one_of_thresholds_gives_the_class(
    thermometer: keras.Model,
) -> None:
    found = probes(thermometer, scenes_of(), ["relu1", "relu2"], batch=100)
    assert found["layer"].tolist() == ["relu1", "relu1", "relu2", "relu2"]
    assert found["over"].tolist() == ["space", "object"] * 2
    level = row_of(found, "relu1", "object")
    assert level["r2"] > 0.9999
    assert level["rmse"] < 1
    # a thermometer tells the band, so the class follows; the level only to within a band
    code = row_of(found, "relu2", "object")
    assert code["accuracy"] == 1
    assert level["accuracy"] < 0.6
    assert code["rmse"] == pytest.approx(30 / np.sqrt(12), rel=0.15)
    # other squares add to the mean over space
    assert 0 < row_of(found, "relu1", "space")["r2"] < 0.9


def test_shuffled_targets_give_chance(thermometer: keras.Model) -> None:
    found, label = probes(thermometer, scenes_of()), scenes_of().label
    assert found["chance"] == np.mean(label[300:] == np.bincount(label[:300]).argmax())
    chance = float(found["chance"])
    assert chance == pytest.approx(HARD.priors.max(), abs=0.05)
    # naming a class for each of nine bands at random is right in 34 %, give or take 16 % once
    # and 1.6 % in the mean of a hundred; always naming one class is right in 36 %
    assert (found["shuffled_accuracy"] < chance + 0.05).all()
    assert (found["shuffled_accuracy"] > 0.28).all()
    # 8 units that are fitted to 300 scenes without any relation lose about 8 / 300
    assert (np.abs(found["shuffled_r2"]) < 0.06).all()


def test_features_that_say_nothing_give_chance() -> None:
    random, scenes = np.random.default_rng(0), scenes_of(2000)
    level, label = scenes.intensity.astype(float), scenes.label
    read = read_out(random.normal(size=(2000, 10)), level, label, 3)
    assert -0.05 < read["r2"] < 0.02
    assert read["rmse"] == pytest.approx(level[1000:].std(), rel=0.03)
    share = np.bincount(label).max() / 2000
    assert 1 / 3 - binomial(1 / 3, 1000) < read["accuracy"] < share + binomial(share, 1000)


def test_constant_units_say_nothing_and_do_no_harm() -> None:
    scenes = scenes_of(100)
    level = scenes.intensity.astype(float)
    noise = 0.3 + 1e-9 * np.random.default_rng(0).normal(size=100)
    features = np.column_stack([np.zeros(100), level, noise])
    assert read_out(features, level, scenes.label, 3) == read_out(
        level[:, None], level, scenes.label, 3
    )
    nothing = read_out(np.zeros((100, 2)), level, scenes.label, 3)
    assert nothing["r2"] == pytest.approx(
        1 - np.mean((level[50:] - level[:50].mean()) ** 2) / level[50:].var()
    )


@pytest.mark.parametrize("units", [3, 80])
def test_ridge_regression_is_least_squares_with_a_row_for_each_unit(units: int) -> None:
    random = np.random.default_rng(units)
    features = random.normal(3, 20, (100, units)) @ random.normal(size=(units, units))
    targets = random.normal(size=(60, 2)) + features[:60, :1]
    seen, rest = features[:60], features[60:]
    x, new = ((part - seen.mean(axis=0)) / seen.std(axis=0) for part in (seen, rest))
    rows = np.concatenate([x, np.sqrt(RIDGE) * np.eye(units)])
    aims = np.concatenate([targets - targets.mean(axis=0), np.zeros((units, 2))])
    weights, *_ = np.linalg.lstsq(rows, aims)
    expected = new @ weights + targets.mean(axis=0)
    np.testing.assert_allclose(ridge_predictions(features, targets), expected, rtol=1e-6)


def test_predictions_do_not_depend_on_the_units_of_features() -> None:
    random = np.random.default_rng(0)
    features, targets = random.normal(size=(50, 4)), random.normal(size=(30, 1))
    scaled = features * [1e-3, 1, 1e3, -5] + [0, 9, -9, 2]
    np.testing.assert_allclose(
        ridge_predictions(scaled, targets), ridge_predictions(features, targets), rtol=1e-8
    )


def test_units_without_space_are_read_alike_over_both(thermometer: keras.Model) -> None:
    found = probes(thermometer, scenes_of(60), ["logits"])
    assert row_of(found, "logits", "space") == row_of(found, "logits", "object")


def test_probes_can_be_stored_without_pickles(thermometer: keras.Model) -> None:
    found = probes(thermometer, scenes_of(60), ["relu1"])
    assert found["chance"].shape == ()
    assert not any(array.dtype.hasobject for array in found.values())


def test_scenes_that_do_not_show_all_are_refused(thermometer: keras.Model) -> None:
    scenes = scenes_of(60)
    by_class = scenes[np.argsort(scenes.label, kind="stable")]
    with pytest.raises(InvalidInput, match=r"^scenes: class 2 is not in the first half of 60"):
        probes(thermometer, by_class)
    zero_first = scenes[np.argsort(scenes.label != 0, kind="stable")]
    with pytest.raises(InvalidInput, match=r"^scenes: class 0 is not in the second half of 60"):
        probes(thermometer, zero_first)
    with pytest.raises(InvalidInput, match=r"^scenes: class 0 is not in the first half of 1 "):
        probes(thermometer, scenes[:1])
    with pytest.raises(InvalidInput, match=r"^layers: \['relu9'\]"):
        probes(thermometer, scenes, ["relu9"])
    shapes = SceneOptions(size=SIZE, areas=(21,), shapes=("disc", "square", "triangle"))
    alike = draw_scenes(TASKS["shape"], shapes, "test", 0, 60).replace(intensity=90)
    with pytest.raises(InvalidInput, match=r"^scenes: the first half has one intensity only"):
        probes(thermometer, alike)
    classless = draw_scenes(TASKS["three_bands"], scenes.options, "test", 0, 60)
    with pytest.raises(InvalidInput, match=r"^scenes: an object without a class"):
        probes(thermometer, classless.replace(intensity=50))
