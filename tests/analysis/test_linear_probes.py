"""Probes: layers that hold intensity or class in a known way, and controls that hold nothing."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intensity.analysis.linear_probes import (
    RIDGE,
    Read,
    chance_selectivity,
    class_selectivity,
    probes,
    read_out,
    ridge_predictions,
)
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.training.presets import TASKS
from intensity.values import InvalidInput

SIZE = 16
HARD = TASKS["hard"]


OPTIONS = SceneOptions(size=SIZE, areas=(21,), noise=SquareNoise(count=(6, 6), sides=(1, 3)))


def scenes_of(count: int = 300) -> tuple[Scenes, Scenes]:
    """Scenes that fit, and as many that test."""
    training, test = (draw_scenes(HARD, OPTIONS, s, 0, count) for s in ("validation", "test"))
    return training, test


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


MEASURES = ("r2", "rmse", "accuracy", "selectivity",
            "shuffled_r2", "shuffled_accuracy", "shuffled_selectivity")  # fmt: skip


def row_of(found: dict[str, np.ndarray], layer: str, over: str) -> dict[str, float]:
    """The measures of one layer and mean."""
    (row,) = np.flatnonzero((found["layer"] == layer) & (found["over"] == over))
    return {name: float(found[name][row]) for name in MEASURES}


def binomial(share: float, count: int) -> float:
    """Four standard deviations of a counted share."""
    return 4 * float(np.sqrt(share * (1 - share) / count))


def test_a_layer_that_holds_intensity_is_read_and_one_of_thresholds_gives_the_class(
    thermometer: keras.Model,
) -> None:
    found = probes(thermometer, *scenes_of())
    assert found["layer"].tolist() == np.repeat(["relu1", "relu3", "relu2", "logits"], 2).tolist()
    assert found["over"].tolist() == ["space", "object"] * 4
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
    training, test = scenes_of()
    found = probes(thermometer, training, test)
    assert found["chance"] == np.mean(test.label == np.bincount(training.label).argmax())
    chance = float(found["chance"])
    assert chance == pytest.approx(HARD.priors.max(), abs=0.05)
    # naming a class for each of nine bands at random is right in 34 %, give or take 16 % once
    # and 1.6 % in the mean of a hundred; always naming one class is right in 36 %
    assert (found["shuffled_accuracy"] < chance + 0.05).all()
    assert (found["shuffled_accuracy"] > 0.28).all()
    # 8 units that are fitted to 300 scenes without any relation lose about 8 / 300
    assert (np.abs(found["shuffled_r2"]) < 0.06).all()
    # three classes of 300 scenes, shuffled, part 2 of 299 squares
    assert found["shuffled_selectivity"] == pytest.approx(2 / 299)


def halves(features: np.ndarray, scenes: tuple[Scenes, Scenes]) -> tuple[Read, Read]:
    """Features of both kinds of scenes in one, cut in two."""
    half = len(features) // 2
    first, second = (
        Read(part, one.intensity.astype(float), one.label)
        for part, one in zip((features[:half], features[half:]), scenes, strict=True)
    )
    return first, second


def test_features_that_say_nothing_give_chance() -> None:
    random, scenes = np.random.default_rng(0), scenes_of(1000)
    read = read_out(*halves(random.normal(size=(2000, 10)), scenes), 3)
    assert -0.05 < read["r2"] < 0.02
    assert read["rmse"] == pytest.approx(scenes[1].intensity.std(), rel=0.03)
    share = np.bincount(scenes[1].label).max() / 1000
    assert 1 / 3 - binomial(1 / 3, 1000) < read["accuracy"] < share + binomial(share, 1000)
    assert read["selectivity"] == pytest.approx(read["shuffled_selectivity"], abs=0.004)


def test_only_training_scenes_fit_and_only_test_scenes_test() -> None:
    random, scenes = np.random.default_rng(0), scenes_of(500)
    level = np.concatenate([part.intensity for part in scenes]).astype(float)
    later = level + np.repeat([0.0, 10.0], 500)
    assert read_out(*halves(later[:, None], scenes), 3)["rmse"] == pytest.approx(10, rel=0.01)
    learned = np.where(np.arange(1000) < 500, level, random.permutation(level))
    assert read_out(*halves(learned[:, None], scenes), 3)["r2"] < 0


def test_selectivity_is_the_mean_over_units() -> None:
    scenes = scenes_of(100)
    label = np.concatenate([part.label for part in scenes])
    features = np.column_stack([label, -2.0 * label, np.zeros(200), np.ones(200)])
    assert read_out(*halves(features, scenes), 3)["selectivity"] == pytest.approx(0.5)


def test_constant_units_say_nothing_and_do_no_harm() -> None:
    scenes = scenes_of(50)
    level = np.concatenate([part.intensity for part in scenes]).astype(float)
    noise = 0.3 + 1e-9 * np.random.default_rng(0).normal(size=100)
    features = np.column_stack([np.zeros(100), level, noise])
    beside, alone = (read_out(*halves(part, scenes), 3) for part in (features, level[:, None]))
    for name in ("r2", "rmse", "accuracy", "shuffled_r2", "shuffled_accuracy"):
        assert beside[name] == alone[name]
    nothing = read_out(*halves(np.zeros((100, 2)), scenes), 3)
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
    np.testing.assert_allclose(ridge_predictions(seen, targets, rest), expected, rtol=1e-6)


def test_predictions_do_not_depend_on_the_units_of_features() -> None:
    random = np.random.default_rng(0)
    features, targets = random.normal(size=(50, 4)), random.normal(size=(30, 1))
    scaled = features * [1e-3, 1, 1e3, -5] + [0, 9, -9, 2]
    np.testing.assert_allclose(
        ridge_predictions(scaled[:30], targets, scaled[30:]),
        ridge_predictions(features[:30], targets, features[30:]),
        rtol=1e-8,
    )


def test_units_without_space_are_read_alike_over_both(thermometer: keras.Model) -> None:
    found = probes(thermometer, *scenes_of(60))
    assert row_of(found, "logits", "space") == row_of(found, "logits", "object")


def test_probes_can_be_stored_without_pickles(thermometer: keras.Model) -> None:
    found = probes(thermometer, *scenes_of(60))
    assert found["chance"].shape == ()
    assert not any(array.dtype.hasobject for array in found.values())


def test_scenes_that_do_not_show_all_are_refused(thermometer: keras.Model) -> None:
    training, test = scenes_of(60)
    without = {c: np.resize(np.flatnonzero(training.label != c), 60) for c in (0, 2)}
    with pytest.raises(InvalidInput, match=r"^training: class 2 is not in 60 scenes"):
        probes(thermometer, training[without[2]], test)
    lacking = test[np.resize(np.flatnonzero(test.label != 0), 60)]
    with pytest.raises(InvalidInput, match=r"^test: class 0 is not in 60 scenes"):
        probes(thermometer, training, lacking)
    with pytest.raises(InvalidInput, match=r"^test: 59 scenes is not allowed: 60"):
        probes(thermometer, training, test[:59])
    shapes = SceneOptions(size=SIZE, areas=(21,), shapes=("disc", "square", "triangle"))
    varied = draw_scenes(TASKS["shape"], shapes, "test", 0, 60)
    with pytest.raises(InvalidInput, match=r"^training: there is one intensity only"):
        probes(thermometer, varied.replace(intensity=90), varied)
    classless = draw_scenes(TASKS["three_bands"], OPTIONS, "test", 0, 60)
    with pytest.raises(InvalidInput, match=r"^test: an object without a class"):
        probes(thermometer, classless, classless.replace(intensity=50))


def test_class_selectivity_by_hand() -> None:
    labels = np.array([0, 0, 1, 1])
    units = [[2, 2, 5, 5], [1, 3, 1, 3], [0.1, 0.1, 0.1, 0.1], [0, 2, 2, 4]]
    # the last: means 1 and 3 about 2, so 4 of 8 squares lie between classes
    assert class_selectivity(np.array(units), labels) == pytest.approx([1, 0, 0, 0.5])
    assert class_selectivity(np.array(units[0]), labels) == 1


def test_class_selectivity_goes_with_scipys_analysis_of_variance() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [20, 5, 11])
    values = random.normal(size=36) + labels**2
    f = stats.f_oneway(*(values[labels == c] for c in range(3))).statistic
    assert class_selectivity(values, labels) == pytest.approx(2 * f / (2 * f + 33))


def test_shuffled_labels_give_no_class_selectivity() -> None:
    """Over all shuffles the mean is exactly the chance value, whatever the responses are."""
    random, labels = np.random.default_rng(1), np.repeat([0, 1, 2], [30, 30, 140])
    tuned = np.eye(3)[labels].T + random.normal(scale=0.1, size=(3, 200))
    assert class_selectivity(tuned, labels).min() > 0.8
    shuffled = [class_selectivity(tuned, random.permutation(labels)) for _ in range(2000)]
    assert chance_selectivity(labels) == 2 / 199
    # one shuffle has a standard deviation of about 2 / 199; the mean of 2000 of 2 / 199 / 45
    np.testing.assert_allclose(np.mean(shuffled, axis=0), 2 / 199, rtol=0.1)


@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6), st.sampled_from([-3.0, 0.5, 2.0]))
def test_class_selectivity_does_not_depend_on_scale(values: list[float], scale: float) -> None:
    labels, responses = np.array([0, 1, 1, 2, 2, 2]), np.round(values, 3)
    selectivity = class_selectivity(responses, labels)
    assert 0 <= selectivity <= 1
    assert class_selectivity(scale * responses + 7, labels) == pytest.approx(selectivity, abs=1e-6)
    assert class_selectivity(responses, 9 - labels) == pytest.approx(selectivity)


def test_labels_that_tell_nothing_apart_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^labels: \[4\] is not allowed: at least two"):
        class_selectivity(np.array([1.0, 2.0]), np.array([4, 4]))
    with pytest.raises(InvalidInput, match=r"^labels: \[\] is not allowed"):
        chance_selectivity(np.array([], int))
    with pytest.raises(InvalidInput, match=r"^labels: shape \(3,\) is not allowed: \(2,\)"):
        class_selectivity(np.array([[1.0, 2.0]]), np.array([0, 1, 1]))
