"""Cases: what they know of images, and what is refused before any work."""

from typing import Any

import numpy as np
import pytest

from audited import arrays, discs
from intensity.audit.cases import make_cases, sample
from intensity.values import InvalidInput


def image(**changed: np.ndarray) -> dict[str, Any]:
    """Arguments of which one array is changed in the second image."""
    given: dict[str, Any] = arrays(10)
    for name, value in changed.items():
        given[name] = given[name].copy()
        given[name][1] = value
    return given


def refusal(**arguments: Any) -> str:
    """The one line with which arguments are refused."""
    with pytest.raises(InvalidInput) as caught:
        make_cases(**arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_numbers_are_those_of_object_and_surround() -> None:
    images = np.full((2, 10, 10), 40.0)
    images[:, 2:5, 2:6] = 100
    images[1, 3, 3] = 124
    masks = images > 50
    spread = make_cases(images, masks, [0, 1]).spread
    np.testing.assert_allclose(spread.level, [100, 102])
    np.testing.assert_allclose(spread.around, 40)
    np.testing.assert_allclose(spread.contrast, [60, 62])
    np.testing.assert_array_equal(spread.area, 12)
    np.testing.assert_array_equal(spread.room, 88)
    np.testing.assert_allclose(spread.texture, [0, np.sqrt(24**2 * 11 / 144)])
    assert spread.step == pytest.approx(np.sqrt(2))


def test_padding_is_what_has_its_value_and_is_tied_to_the_border() -> None:
    images = np.full((1, 10, 10), 40.0)
    images[0, :3] = 0  # a frame
    images[0, 6, 6] = 0  # a dark pixel
    images[0, 8, 4:8] = 90
    cases = make_cases(images, images > 50, values=(0, 255), padding=0)
    assert cases.valid(slice(0, 1)).sum() == 70
    assert cases.spread.room[0] == 66
    assert cases.spread.around[0] == pytest.approx(40 * 65 / 66)


def test_a_frame_that_may_be_padding_is_noticed() -> None:
    given = arrays(10)
    given["images"][:, :2] = 0
    (note,) = make_cases(**given).notes
    assert note.startswith("29 % of pixels at the border are exactly 0")
    assert not make_cases(**given, padding=0).notes


def test_one_channel_may_be_meant() -> None:
    given = arrays(10)
    given["images"] = np.stack([given["images"], given["images"] / 2], axis=-1)
    levels = [make_cases(**given, channel=c).spread.level for c in (None, 0, 1)]
    np.testing.assert_allclose(levels[0], 0.75 * levels[1], rtol=1e-6)
    np.testing.assert_allclose(levels[2], 0.5 * levels[1], rtol=1e-6)
    assert "channel: 2 is not allowed: 0..1" in refusal(**given, channel=2)


def test_names_of_classes_are_numbered_in_order() -> None:
    given = arrays(10)
    names = np.array(["dark", "middle", "bright"])[given["label"]]
    cases = make_cases(**{**given, "label": names})
    assert cases.classes == ("bright", "dark", "middle")
    ordered = make_cases(**{**given, "label": names}, classes=("dark", "middle", "bright"))
    np.testing.assert_array_equal(ordered.label, given["label"])
    assert "label: bright is not allowed: dark, middle" in refusal(
        **{**given, "label": names}, classes=("dark", "middle")
    )


@pytest.mark.parametrize("kind", [bool, np.uint8, float])
def test_masks_of_all_kinds_mean_the_same(kind: Any) -> None:
    given = arrays(10)
    cases = discs(10, masks=given["masks"].astype(kind) * (255 if kind is np.uint8 else 1))
    np.testing.assert_array_equal(cases.masks, given["masks"])


def test_soft_masks_are_cut_at_one_half_and_that_is_said() -> None:
    given = arrays(10)
    soft = np.where(given["masks"], 0.7, 0.2)
    cases = discs(10, masks=soft)
    np.testing.assert_array_equal(cases.masks, given["masks"])
    assert "10 soft masks were cut at one half." in cases.notes


def test_one_of_several_objects_may_be_chosen() -> None:
    given = arrays(10)
    several = np.where(given["masks"], 2, 0)
    several[:, 0] = 1
    np.testing.assert_array_equal(discs(10, masks=several, mask_label=2).masks, given["masks"])
    assert "mask_label" in refusal(**{**given, "masks": several})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (image(masks=False), "masks: that of image 1 is empty"),
        (image(masks=True), "masks: that of image 1 is full"),
        (image(images=np.nan), "images: image 1 holds NaN or infinity"),
        (image(images=np.inf), "images: image 1 holds NaN or infinity"),
        ({**arrays(10), "masks": np.ones((10, 9, 24))}, "masks: shape (10, 9, 24) is not allowed"),
        ({**arrays(10), "masks": arrays(10)["images"]}, "that of image 0 (the image itself)"),
        ({**arrays(10), "masks": arrays(10)["masks"] / 255}, "is empty"),
        ({**arrays(10), "masks": 7 * arrays(10)["masks"].astype(int)}, "0..7, 2 values"),
        ({**arrays(10), "values": (0, 100)}, "0..100 grey levels were declared"),
        ({**arrays(10), "values": (9, 9)}, "values: 9..9 is not allowed"),
        ({**arrays(10), "images": arrays(10)["images"] / 255}, "scaled to 0..1 already"),
        ({**arrays(10), "values": (-1024, 3071), "unit": "HU"}, "were slope and intercept lost?"),
        ({**arrays(10), "label": np.array([0, 2] * 5)}, "label: class 1 has no image"),
        ({**arrays(10), "label": np.zeros(10, int)}, "label: 1 class is not allowed"),
        ({**arrays(10), "label": np.array([0, np.nan] * 5)}, "label: nan is not allowed"),
        ({**arrays(10), "label": np.array([0, 0.5] * 5)}, "label: 0.5 is not allowed: whole"),
        ({**arrays(10), "label": np.arange(9)}, "label: shape (9,) is not allowed: (10,)"),
        ({**arrays(10), "group": np.arange(9)}, "group: shape (9,) is not allowed: (10,)"),
        ({**arrays(10), "images": np.zeros((10, 24))}, "images: float64 of shape (10, 24)"),
        ({**arrays(10), "images": np.zeros((0, 24, 24))}, "n >= 1"),
        ({**arrays(10), "images": arrays(10)["images"].astype(str)}, "is not allowed: numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(arguments: dict[str, Any], said: str) -> None:
    assert said in refusal(**arguments)


def test_sixteen_bits_declared_as_eight_are_refused() -> None:
    images = (257 * arrays(10)["images"]).astype(np.uint16)
    assert "0..255 grey levels were declared" in refusal(**{**arrays(10), "images": images})


def test_a_sample_takes_classes_and_groups_in_turn() -> None:
    label = np.repeat([0, 1], [90, 10])
    group = np.repeat(np.arange(10), 10)
    rows = sample(label, group, 18)
    assert np.bincount(label[rows]).tolist() == [9, 9]
    assert np.bincount(group[rows])[:9].tolist() == [1] * 9
    np.testing.assert_array_equal(rows, sample(label, group, 18))
    np.testing.assert_array_equal(sample(label, group, 1000), np.arange(100))


def test_some_cases_keep_their_order_and_count_their_groups_anew() -> None:
    cases = discs(20)
    some = cases[np.array([19, 0, 1])]
    assert some.names.tolist() == ["image 19", "image 0", "image 1"]
    assert some.group.tolist() == [1, 0, 0]
    assert some.groups == 2
