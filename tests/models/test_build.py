"""Built networks: the paper's parameter counts, names, constants."""

import random
import threading

import keras
import numpy as np
import pytest

from intensity.models.architectures import (
    Average,
    Block,
    Convolution,
    Dense,
    Flatten,
    Pool,
    feature_sizes,
    multiplications,
)
from intensity.models.build import build
from intensity.training.presets import NETWORKS
from intensity.values import InvalidInput
from networks import images_of, network, randomize

COUNTS = [
    ("small", 64, 2_097_827),
    ("large", 64, 596_595),
    ("bn_tiny", 128, 1_689),
    ("bn_tiny", 64, 825),
    ("bn_medium", 128, 16_659),
    ("bn_large", 128, 91_059),
    ("bn_large_flat", 128, 134_067),
    ("bn_huge", 128, 387_315),
    ("bn_compact", 64, 18_251),
]


@pytest.mark.parametrize(("name", "size", "count"), COUNTS)
def test_trainable_parameters_as_in_the_paper(name: str, size: int, count: int) -> None:
    model = build(NETWORKS[name], size, classes=3, seed=0)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == count


def test_keras_settings_of_the_user_change_no_network_and_stay() -> None:
    usual = build(NETWORKS["bn_tiny"], 16, 3, 0)
    keras.config.set_floatx("float64")
    keras.config.set_image_data_format("channels_first")
    try:
        model = build(NETWORKS["bn_tiny"], 16, 3, 0)
        assert keras.config.floatx() == "float64"
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
    assert {str(w.dtype) for w in model.weights} == {"float32"}
    for here, there in zip(model.get_weights(), usual.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)
    images = images_of(2, 16)[..., None]
    np.testing.assert_array_equal(model.predict(images), usual.predict(images))


def test_every_stage_is_a_numbered_layer() -> None:
    names = [layer.name for layer in build(NETWORKS["bn_tiny"], 16, 3, 0).layers]
    block = ["conv1", "norm1", "relu1", "conv2", "norm2", "relu2"]
    second = ["conv3", "norm3", "relu3", "conv4", "norm4", "relu4"]
    assert names == ["grey_levels", "rescale", *block, *second, "flatten", "logits"]
    names = [layer.name for layer in build(NETWORKS["small"], 16, 3, 0).layers]
    head = ["flatten", "dense1", "relu2", "dropout1", "logits"]
    assert names == ["grey_levels", "rescale", "conv1", "relu1", "pool1", *head]


@pytest.mark.parametrize("name", NETWORKS)
def test_sizes_and_multiplications_are_those_of_the_built_model(name: str) -> None:
    data, size = NETWORKS[name], 37
    model = build(data, size, 3, 0)
    relus, pools, shapes = 0, 0, []
    for layer in data.layers:
        relus += {Convolution: 1, Block: 2, Dense: 1}.get(type(layer), 0)
        pools += isinstance(layer, Pool)
        stage = f"pool{pools}" if isinstance(layer, Pool) else f"relu{relus}"
        shapes.append(model.get_layer(stage).output.shape)
    maps = [shape[1] for shape in shapes if len(shape) == 4]
    body = [layer for layer in data.layers if isinstance(layer, Convolution | Block | Pool)]
    assert feature_sizes(data, size)[: len(body)] == maps[: len(body)]
    assert set(feature_sizes(data, size)[len(body) :]) <= {1}

    linear = [x for x in model.layers if isinstance(x, keras.layers.Conv2D | keras.layers.Dense)]
    places = [int(np.prod(layer.output.shape[1:-1])) for layer in linear]
    costs = [n * int(np.prod(x.kernel.shape)) for n, x in zip(places, linear, strict=True)]
    if name != "pixels":
        assert multiplications(data, size) == sum(costs[:-1])


@pytest.mark.parametrize(("scaling", "ends"), [("raw", (0, 255)), ("unit", (0, 1))])
def test_grey_levels_are_rescaled_inside(scaling: str, ends: tuple[float, float]) -> None:
    data = NETWORKS["bn_tiny"].model_copy(update={"scaling": scaling})
    model = build(data, 16, 3, 0)
    rescale = keras.Model(model.input, model.get_layer("rescale").output)
    black_and_white = np.stack([np.zeros((16, 16, 1)), np.full((16, 16, 1), 255)])
    read = np.asarray(rescale.predict_on_batch(black_and_white.astype(np.uint8)))
    assert read[:, 0, 0, 0] == pytest.approx(ends)


def test_centered_grey_levels_have_a_mean_of_zero_in_the_middle() -> None:
    model = build(NETWORKS["pixels"], 16, 3, 0)
    rescale = keras.Model(model.input, model.get_layer("rescale").output)
    read = np.asarray(rescale.predict_on_batch(np.full((1, 16, 16, 1), 128, np.uint8)))
    assert not read.any()


def test_logits_are_linear_one_a_class_and_the_same_for_bytes_and_floats() -> None:
    model = build(NETWORKS["bn_tiny"], 16, 4, 0)
    randomize(model)
    images = images_of(5, 16)
    logits = model.predict_on_batch(images)
    assert model.get_layer("logits").activation is keras.activations.linear
    assert logits.shape == (5, 4)
    assert (logits < 0).any()
    np.testing.assert_array_equal(logits, model.predict_on_batch(images.astype(np.float32)))


def test_only_rectified_stages_are_not_linear() -> None:
    for name in ("large", "bn_huge", "pixels"):
        for layer in build(NETWORKS[name], 32, 3, 0).layers:
            assert getattr(layer, "activation", keras.activations.linear).__name__ == "linear"


def test_batch_norm_has_the_constants_of_the_authors() -> None:
    norms = [x for x in build(NETWORKS["bn_huge"], 32, 3, 0).layers if "norm" in x.name]
    assert len(norms) == 12
    assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.9, 1e-5)}


def test_convolutions_of_bn_compact_have_no_bias_and_those_of_the_authors_have() -> None:
    def biases(name: str) -> set[bool]:
        layers = build(NETWORKS[name], 32, 3, 0).layers
        return {x.use_bias for x in layers if isinstance(x, keras.layers.Conv2D)}

    assert biases("bn_compact") == {False}
    assert biases("bn_large") == biases("large") == {True}


def test_the_input_is_added_only_where_size_and_channels_agree() -> None:
    layers = (
        Block(channels=4),  # 1 -> 4 channels
        Block(channels=4),  # agrees
        Block(channels=4, stride=2),
        Block(channels=4, padding="valid"),
        Block(channels=5),
        Block(channels=5),  # agrees
    )
    model = build(network(*layers, Average()), 16, 3, 0)
    skips = {x.name: {t.name for t in x.input} for x in model.layers if "skip" in x.name}
    assert list(skips) == ["skip1", "skip2"]
    assert skips["skip1"] == {model.get_layer(name).output.name for name in ("relu2", "relu4")}
    assert model.get_layer("conv5").input is model.get_layer("skip1").output


def test_a_block_whose_last_norm_is_silent_hands_on_its_input() -> None:
    model = build(network(Block(channels=3), Block(channels=3), Average()), 9, 3, 0)
    randomize(model)
    gamma, beta, *statistics = model.get_layer("norm4").get_weights()
    model.get_layer("norm4").set_weights([0 * gamma, 0 * beta, *statistics])
    stages = [model.get_layer(name).output for name in ("relu2", "skip1")]
    before, after = keras.Model(model.input, stages).predict_on_batch(images_of(2, 9))
    assert before.any()
    np.testing.assert_array_equal(before, after)


def test_weight_decay_adds_to_the_gradient_of_kernels_alone() -> None:
    import tensorflow as tf

    layers = (Convolution(channels=2), Block(channels=2), Flatten(), Dense(units=3))
    model = build(network(*layers), 8, 3, 0, weight_decay=0.3)
    randomize(model)
    with tf.GradientTape() as tape:
        penalty = tf.add_n(model.losses)
    variables = [weight.value for weight in model.trainable_weights]
    gradients = tape.gradient(penalty, variables)
    kernels = [weight.name == "kernel" for weight in model.trainable_weights]
    assert [gradient is not None for gradient in gradients] == kernels
    assert sum(kernels) == 5  # of three convolutions, the dense layer and the logits
    for gradient, weight in zip(gradients, variables, strict=True):
        if gradient is not None:
            np.testing.assert_allclose(gradient, 0.3 * weight, rtol=1e-6)


def test_without_weight_decay_there_is_no_penalty() -> None:
    assert build(NETWORKS["bn_tiny"], 16, 3, 0).losses == []


def test_bn_medium_sees_nine_pixels() -> None:
    model = build(NETWORKS["bn_medium"], 24, 3, 0)
    randomize(model)
    last = keras.Model(model.input, model.get_layer("norm4").output)
    plain, dotted = images_of(1, 24).astype(np.float32), images_of(1, 24).astype(np.float32)
    dotted[0, 12, 11] += 100
    changed = (last.predict_on_batch(plain) != last.predict_on_batch(dotted)).any(axis=-1)[0]
    rows, columns = np.nonzero(changed)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 16, 7, 15)


def test_seeds_decide_the_initial_weights() -> None:
    first, same, other = (
        build(NETWORKS["bn_tiny"], 16, 3, seed).get_weights() for seed in (1, 1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_initial_weights_do_not_depend_on_what_other_threads_draw() -> None:
    data = network(Convolution(channels=2, spread=0.5), Flatten(), Dense(units=2))
    alone, stop = build(data, 8, 3, 1).get_weights(), threading.Event()

    def draw() -> None:
        """Use the global generators, as the threads of a Dask worker do."""
        while not stop.is_set():
            random.random()
            np.random.rand()  # noqa: NPY002

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        beside = build(data, 8, 3, 1).get_weights()
    finally:
        stop.set()
        thread.join()
    assert all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))


def test_biases_spread_where_asked_and_start_at_zero_elsewhere() -> None:
    model = build(NETWORKS["pixels"], 8, 3, 0)
    spread, rest = (model.get_layer(name).get_weights()[1] for name in ("conv1", "conv2"))
    assert np.unique(spread).size == 64
    assert -0.5 <= spread.min() < -0.3 < 0.3 < spread.max() <= 0.5
    assert not rest.any()


def test_without_biases_logits_grow_with_gain() -> None:
    model = build(NETWORKS["unbiased"], 16, 3, 0)
    images = images_of(4, 16).astype(np.float32)
    plain, dimmed = model.predict_on_batch(images), model.predict_on_batch(0.8 * images)
    np.testing.assert_allclose(dimmed, 0.8 * plain, rtol=1e-4, atol=1e-5)
    assert np.ptp(plain, axis=0).min() > 0


def test_standardized_images_have_no_level_and_no_contrast() -> None:
    data = NETWORKS["bn_compact"].model_copy(update={"standardized": True})
    model = build(data, 16, 3, 0)
    images = images_of(4, 16).astype(np.float32)
    plain, other = (model.predict_on_batch(x) for x in (images, 0.5 * images + 40))
    np.testing.assert_allclose(other, plain, atol=1e-3)
    read = keras.Model(model.input, model.get_layer("standardize").output).predict_on_batch(images)
    np.testing.assert_allclose(read.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(read.std(axis=(1, 2, 3)), 1, atol=1e-3)


def test_an_image_that_is_too_small_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^size: 10 is too small for network bn_tiny"):
        build(NETWORKS["bn_tiny"], 10, 3, 0)
