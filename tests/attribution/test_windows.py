"""Windows and fills: by hand."""

import numpy as np
import pytest

from explainable import HEIGHT, WIDTH, images_of
from intensity.attribution.backgrounds import background_levels
from intensity.attribution.windows import Repaint, Windows, fill_levels, place_windows
from intensity.data.rendering import render
from intensity.data.sampling import draw_scenes
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput


def test_windows_of_a_line() -> None:
    windows = place_windows((5, 4), 2, 2)
    assert windows.rows.astype(int).tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]
    assert windows.columns.astype(int).tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]
    assert windows.corners.tolist() == [[0, 0], [0, 2], [2, 0], [2, 2], [4, 0], [4, 2]]
    assert len(windows) == 6
    assert len(place_windows((4, 4), 4, 1)) == 1


def test_what_a_window_covers() -> None:
    covered = place_windows((3, 4), 2, 2).covering(np.array([1, 2]))
    assert covered.astype(int).tolist() == [
        [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0]],
    ]


def test_spreading_by_hand() -> None:
    windows = Windows(2, np.array([0]), np.array([0, 1]), (2, 3))
    maps = windows.spread(np.array([[2.0, 6.0]]))
    assert maps.tolist() == [[[2, 4, 6], [2, 4, 6]]]
    assert maps.dtype == np.float32


@pytest.mark.parametrize(
    ("argument", "window", "stride"),
    [("window", HEIGHT + 1, 1), ("window", 0, 1), ("stride", 3, 4), ("stride", 3, 0)],
)
def test_other_windows_are_refused(argument: str, window: int, stride: int) -> None:
    with pytest.raises(InvalidInput, match=f"^{argument}: .* is not allowed"):
        place_windows((HEIGHT, WIDTH), window, stride)


def test_the_background_is_the_most_frequent_level_of_the_border() -> None:
    image = np.full((4, 5), 9)
    image[1:3, 1:4] = 200  # an object that covers more than the border's levels
    image[0, 0] = 3
    assert background_levels(np.stack([image, image + 0.5])).tolist() == [9, 9.5]
    assert background_levels(np.array([[[5, 2], [2, 5]]])).tolist() == [2]
    scenes = draw_scenes(TASKS["absolute"], find_setting("backgrounds"), "test", 0, 20)
    np.testing.assert_array_equal(background_levels(render(scenes)), scenes.background)


def test_fills_have_draws_images_and_windows() -> None:
    images = np.stack([np.full((3, 3), level) for level in (4, 7)])
    assert fill_levels(30, images, 5).tolist() == [[[30]]]
    assert fill_levels("background", images, 5).tolist() == [[[4], [7]]]
    assert fill_levels(Repaint(TASKS["hard"], 3), images, 5).shape == (3, 1, 5)


def test_repainting_draws_what_scenes_have() -> None:
    levels = Repaint(TASKS["three_bands"], draws=40, seed=1).levels(50)
    assert (TASKS["three_bands"].label(levels.astype(int)) >= 0).all()
    assert len(np.unique(levels)) > 60
    np.testing.assert_array_equal(levels, Repaint(TASKS["three_bands"], 40, 1).levels(50))
    assert (levels != Repaint(TASKS["three_bands"], 40, 2).levels(50)).any()
    negative = Repaint(TASKS["three_bands"], 40, 1, inverted=True).levels(50)
    np.testing.assert_array_equal(negative, 255 - levels)
    with pytest.raises(InvalidInput, match=r"^draws: 0 is not allowed"):
        Repaint(TASKS["hard"], 0).levels(5)


@pytest.mark.parametrize("fill", [256, -1, float("nan"), "black", None, [1, 2]])
def test_other_fills_are_refused(fill: object) -> None:
    with pytest.raises(InvalidInput, match=r"^fill: .* is not allowed"):
        fill_levels(fill, images_of(1), 4)  # type: ignore[arg-type]
