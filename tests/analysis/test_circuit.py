"""The circuit: weights and thresholds known by hand, and closed forms of any weights."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from intensity.analysis.activations import activations
from intensity.analysis.circuit import (
    closed_form,
    final_maps,
    folded,
    folded_kernels,
    goodness,
    hinges,
)
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions, Scenes, SquareNoise
from intensity.models.architectures import Average, Block, Flatten, Network
from intensity.models.build import build
from intensity.training.presets import TASKS, find_network
from intensity.values import InvalidInput

LEVELS = np.arange(0, 256, 15)
EPSILON = 1e-5


def block(channels: int, *, padding: str = "valid") -> Network:
    """One block of stride 4 on grey levels as they are, and logits that read its maps."""
    layers = (Block(channels=channels, stride=4, padding=padding), Flatten())
    return Network(name="hand", layers=layers, scaling="raw")


def scramble(model: keras.Model, seed: int) -> None:
    """Give all weights and all averages of batch norm random values."""
    random = np.random.default_rng(seed)
    for stage in model.layers:
        shapes = [weights.shape for weights in stage.weights]
        values = [random.normal(size=shape) for shape in shapes]
        if stage.name.startswith("norm"):
            values[3] = random.uniform(0.2, 3, shapes[3])
        stage.set_weights(values)


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    """bn_tiny with weights of every kind."""
    model = build(find_network("bn_tiny"), 64, 3, seed=0)
    scramble(model, 1)
    return model


def square_scene() -> Scenes:
    """Object of 6 x 6 pixels in rows and columns 5..10 of 16, and noise that is left out."""
    noise = SquareNoise(count=(6, 6), sides=(1, 3))
    options = SceneOptions(size=16, shapes=("square",), areas=(36,), noise=noise)
    return draw_scenes(TASKS["hard"], options, "test", 0, 1).replace(center=[[8, 8]])


def box_model() -> keras.Model:
    """relu1 = (mean of 3 x 3 pixels - 100, 0), relu2 = (twice the first - 50, 3) where positive."""
    model = build(block(2), 16, 3, seed=0)
    kernel = np.zeros((3, 3, 1, 2))
    kernel[..., 0] = 1 / 9
    onward = np.zeros((3, 3, 2, 2))
    onward[1, 1, 0, 0] = 2
    model.get_layer("conv1").set_weights([kernel, np.array([-100.0, 0.0])])
    model.get_layer("conv2").set_weights([onward, np.array([-50.0, 3.0])])
    for name in ("norm1", "norm2"):
        gain = np.full(2, np.sqrt(1 + EPSILON))
        model.get_layer(name).set_weights([gain, np.zeros(2), np.zeros(2), np.ones(2)])
    return model


def box_response(levels: np.ndarray) -> np.ndarray:
    """(k, 16) first-layer responses: the kernel meets 4, 6, 6, 9 and twelve times no pixel."""
    weights = np.array([4, 6, 6, 9] + 12 * [0]) / 9
    return (weights * levels[:, None] - 100).clip(0)


def test_hinges_are_the_object_pixels_that_a_kernel_meets() -> None:
    visible = np.zeros((1, 16, 16), bool)
    visible[:, 5:11, 5:11] = True
    weights, shares = hinges(np.full((3, 3, 1, 1), 1 / 9), visible, 4)
    found = sorted(zip(np.rint(9 * weights[:, 0]).tolist(), (16 * shares).tolist(), strict=True))
    assert found == [(0, 12), (4, 1), (6, 1), (6, 1), (9, 1)]
    # a kernel that counts columns from 1 to 3 tells the two patterns of 6 pixels apart
    weights, _ = hinges(np.tile([1.0, 2.0, 3.0], (3, 1)).reshape(3, 3, 1, 1), visible, 4)
    assert sorted(weights[:, 0]) == [0, 10, 12, 15, 18]


def test_a_box_kernel_has_the_thresholds_that_follow_by_hand() -> None:
    form = closed_form(box_model(), square_scene(), LEVELS)
    assert list(zip(form["layer"].tolist(), form["unit"].tolist(), strict=True)) == [
        ("relu1", 0), ("relu1", 1), ("relu2", 0), ("relu2", 1)
    ]  # fmt: skip
    one = box_response(LEVELS)
    expected = np.stack([one.mean(1), 0 * LEVELS, (2 * one - 50).clip(0).mean(1), 0 * LEVELS + 3])
    np.testing.assert_allclose(form["predicted"], expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(form["measured"], expected, rtol=1e-5, atol=1e-4)
    assert form["has_threshold"].tolist() == [True, False, False, False]
    assert form["threshold"] == pytest.approx([100, 0, 0, 0])
    inside = (LEVELS - 100).clip(0)
    crude = 36 / 256 * np.stack([inside, 0 * inside, (2 * inside - 50).clip(0)])
    np.testing.assert_allclose(form["interior"][:3], crude, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(form["interior"][3], 3, rtol=1e-6)
    assert form["r2"] == pytest.approx(np.ones(4))
    assert form["r2_interior"][0] == pytest.approx(goodness(expected[:1], crude[:1])[0], abs=1e-4)
    assert form["r2_interior"][0] < 0.99


@settings(deadline=None, max_examples=3)
@given(seed=st.integers(0, 10**6))
def test_the_closed_form_holds_for_any_weights(seed: int, tiny: keras.Model) -> None:
    scramble(tiny, seed)
    options = SceneOptions(areas=(197, 240), noise=SquareNoise())
    form = closed_form(tiny, draw_scenes(TASKS["hard"], options, "test", 0, 3), LEVELS)
    measured, predicted = form["measured"], form["predicted"]
    largest = np.abs(measured).max() + 1
    np.testing.assert_allclose(predicted / largest, measured / largest, atol=1e-5)
    varies = np.ptp(measured, axis=1) > 1e-3 * largest
    np.testing.assert_allclose(form["r2"][varies], 1, atol=1e-4)
    assert all(np.isfinite(array).all() for array in form.values() if array.dtype.kind == "f")
    assert not any(array.dtype.hasobject for array in form.values())


def test_interior_thresholds_are_where_a_uniform_image_turns_a_unit_on(tiny: keras.Model) -> None:
    options = SceneOptions(areas=(197,))
    form = closed_form(tiny, draw_scenes(TASKS["hard"], options, "test", 0, 1), LEVELS)
    kernel, bias = folded(tiny, "conv1", "norm1")
    assert form["has_threshold"].tolist() == [True, True, False, False]
    for unit in range(2):
        level = form["threshold"][unit]
        uniform = np.array([level - 1, level, level + 1])[:, None, None] * np.ones((3, 64, 64))
        before = activations(tiny, uniform, ["norm1"])["norm1"][:, 0, 0, unit]
        rising = np.sign(kernel[..., unit].sum())
        assert np.sign(before[2]) == rising == -np.sign(before[0])
        assert before[1] == pytest.approx(0, abs=1e-3 * (abs(before[0]) + abs(bias[unit])))


def test_folded_kernels_reproduce_the_network(tiny: keras.Model) -> None:
    arrays = folded_kernels(tiny)
    assert list(arrays) == [f"conv{i}_{part}" for i in range(1, 5) for part in ("kernel", "bias")]
    images = np.random.default_rng(3).integers(0, 256, (5, 64, 64), np.uint8)
    names = [f"relu{i}" for i in range(1, 5)]
    expected, x = activations(tiny, images, names), images[..., None].astype(np.float64)
    for number, strides in enumerate((4, 1, 4, 1), start=1):
        kernel, bias = arrays[f"conv{number}_kernel"], arrays[f"conv{number}_bias"]
        padding = "valid" if strides == 4 else "same"
        x = np.maximum(ops.conv(x, kernel, strides=strides, padding=padding) + bias, 0)
        target = expected[f"relu{number}"]
        np.testing.assert_allclose(x, target, atol=1e-4 * np.abs(target).max())


def test_folding_a_convolution_without_bias() -> None:
    layers = (Block(channels=1, stride=4, padding="valid", bias=False), Flatten())
    model = build(Network(name="hand", layers=layers, scaling="centered"), 16, 3, seed=0)
    model.get_layer("conv1").set_weights([np.ones((3, 3, 1, 1))])
    model.get_layer("norm1").set_weights(
        [np.array([3.0]), *np.ones((2, 1)), np.array([4 - EPSILON])]
    )
    kernel, bias = folded(model, "conv1", "norm1")
    np.testing.assert_allclose(
        kernel, 1.5 / 64, rtol=1e-6
    )  # 3 / sqrt(4), and grey levels are divided by 64
    np.testing.assert_allclose(
        bias, 1 + 1.5 * (-18 - 1), rtol=1e-6
    )  # black is -2 at each of nine pixels


def test_final_maps_weigh_units_at_their_places(tiny: keras.Model) -> None:
    maps = final_maps(tiny)["maps"]
    assert maps.shape == (4, 4, 6, 3)
    images = np.random.default_rng(4).integers(0, 256, (3, 64, 64), np.uint8)
    read = activations(tiny, images, ["relu4", "logits"])
    bias = tiny.get_layer("logits").get_weights()[1]
    logits = np.einsum("nhwc,hwcl->nl", read["relu4"], maps) + bias
    np.testing.assert_allclose(logits, read["logits"], rtol=1e-4, atol=1e-3)


def test_goodness_of_fit_by_hand() -> None:
    measured = np.array([[0.0, 1, 2], [0, 1, 2], [0, 1, 2], [5, 5, 5], [5, 5, 5]])
    predicted = np.array([[0.0, 1, 2], [1, 1, 1], [2, 1, 0], [5, 5, 5], [5, 5, 6]])
    assert goodness(measured, predicted).tolist() == [1, 0, -3, 1, 0]


def test_scenes_of_another_kind_are_refused() -> None:
    model, scenes = box_model(), square_scene()
    pairs = SceneOptions(size=16, areas=(9,), distractor="square")
    for other in (
        scenes.replace(background=9),
        scenes.only_edge().replace(core_intensity=77),
        draw_scenes(TASKS["hard"], pairs, "test", 0, 1),
    ):
        with pytest.raises(InvalidInput, match=r"^scenes: only whole objects, alone on a black"):
            closed_form(model, other, LEVELS)
    with pytest.raises(InvalidInput, match=r"^scenes: 0 scenes"):
        closed_form(model, scenes[:0], LEVELS)
    with pytest.raises(InvalidInput, match=r"^levels: "):
        closed_form(model, scenes, LEVELS[:1])


def test_networks_of_another_kind_are_refused() -> None:
    padded = build(block(2, padding="same"), 16, 3, seed=0)
    with pytest.raises(InvalidInput, match=r"^model: padding same of conv1 is not allowed: valid"):
        closed_form(padded, square_scene(), LEVELS)
    with pytest.raises(InvalidInput, match=r"^model: has no layer norm1, only .*conv1, relu1"):
        folded_kernels(build(find_network("small"), 16, 3, seed=0))
    with pytest.raises(InvalidInput, match=r"^model: logits read 128 units"):
        final_maps(build(find_network("small"), 16, 3, seed=0))
    averaged = Network(name="hand", layers=(Block(channels=2), Average()))
    with pytest.raises(InvalidInput, match=r"^model: has no layer flatten"):
        final_maps(build(averaged, 16, 3, seed=0))
