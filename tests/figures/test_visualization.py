"""Figures of where a network looks show the arrays that they are given, on named scales."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from intensity.figures import feature_maps_by_layer, four_panels
from intensity.figures.visualization import most_varied, strongest, unit_scale


@given(arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6)))
def test_unit_scale_keeps_the_order_and_fills_0_to_1(values: np.ndarray) -> None:
    scaled = unit_scale(values)
    assert scaled.min() == 0
    assert scaled.max() == (1 if np.ptp(values) > 0 else 0)
    order = np.argsort(values, axis=None, kind="stable")
    assert (np.diff(scaled.ravel()[order]) >= 0).all()


def maps(strengths: list[float]) -> np.ndarray:
    """(2, 2, channels) maps with these standard deviations."""
    return np.array([[1, -1], [-1, 1]])[..., None] * np.array(strengths)


def test_channels_are_chosen_by_their_variance_over_space() -> None:
    flat_but_large = maps([1, 0, 3, 2]) + np.array([0, 1000, 0, 0])
    assert most_varied(flat_but_large, 3).tolist() == [2, 3, 0]


def test_strongest_maps_stand_two_by_two_with_a_gap() -> None:
    picture = strongest(maps([1, 2, 3]))
    assert picture.shape == (5, 5)
    assert [picture[0, 0], picture[0, 3], picture[3, 0]] == [3, 2, 1]
    assert np.isnan(picture[2]).all()
    assert np.isnan(picture[:, 2]).all()
    assert np.isnan(picture[3:, 3:]).all()  # the layer has no fourth channel


def test_four_panels_show_magnitudes_of_gradients_and_signed_losses() -> None:
    image = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    gradients = np.tile(np.linspace(-2, 1, 16).reshape(1, 4, 4), (2, 1, 1))
    losses = np.stack([np.full((4, 4), -0.25), np.full((4, 4), 0.5)])
    shown = {
        "saliency": gradients,
        "occlusion": losses,
        "probability": losses + 1,
        "features": np.stack([maps([1, 2, 3, 4])] * 2),
        "predicted": np.array([2, 2]),
    }
    fig = four_panels(image, shown, [1, 0])
    first, second = fig.axes[:12:6]
    assert [ax.get_ylabel() for ax in (first, second)] == [
        "class 1\npredicted 2",
        "class 0\npredicted 2",
    ]
    picture, gradient, signed, loss, left, feature = (ax.images[0] for ax in fig.axes[:6])
    np.testing.assert_array_equal(picture.get_array(), image[0])
    assert picture.get_clim() == (0, 255)
    assert gradient.get_array().argmax() == 0
    assert (gradient.get_array().min(), gradient.get_array().max()) == (0, 1)
    assert signed.get_array().argmin() == 0
    assert (signed.get_array().min(), signed.get_array().max()) == (0, 1)
    assert loss.get_clim() == (-0.25, 0.25)
    assert fig.axes[9].images[0].get_clim() == (-0.5, 0.5)  # on the other image's own scale
    assert left.get_clim() == (0, 1)
    np.testing.assert_array_equal(left.get_array(), losses[0] + 1)
    assert feature.get_clim() == (0, 1)
    assert [ax.get_xlabel() for ax in fig.axes[12:] if ax.get_xlabel()] == [
        "grey level",
        "|gradient|,\nscaled per image",
        "signed gradient,\nscaled per image",
        "probability when\nit is covered",
        "activation,\nscaled per image",
    ]


def test_a_layer_shows_its_eight_most_varied_channels_on_one_scale() -> None:
    image = np.zeros((4, 4), np.uint8)
    fig = feature_maps_by_layer(image, {"relu1": maps(list(range(10))), "relu2": maps([1, 2])})
    rows = [ax for ax in fig.axes if ax.get_ylabel()]
    channels = [[text.get_text() for text in ax.texts] for ax in rows]
    assert channels == [["0"], list("98765432"), ["1", "0"]]
    assert [len(ax.images) for ax in rows] == [1, 8, 2]
    assert rows[0].images[0].get_clim() == (0, 255)
    assert {one.get_clim() for one in rows[1].images} == {(-9, 9)}
    assert rows[1].get_ylabel() == "relu1\n2 x 2\n10 channels"


@pytest.mark.parametrize("count", [1, 4, 9])
def test_no_more_channels_are_chosen_than_there_are(count: int) -> None:
    assert len(most_varied(maps([1, 2, 3]), count)) == min(3, count)
