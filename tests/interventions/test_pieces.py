"""Pieces keep the histogram to the last pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changes import DISCS, applied, count, scenes_of
from intensity.data.rendering import histograms, masks, render
from intensity.interventions.pieces import in_pieces
from intensity.interventions.registry import INTERVENTIONS, PIECE_SIDES
from intensity.values import InvalidInput


@pytest.mark.parametrize("kind", ["discs", "absolute", "pairs", "shapes", "varied", "squares"])
@pytest.mark.parametrize("side", PIECE_SIDES)
def test_pieces_keep_the_histogram_exactly(kind: str, side: int) -> None:
    changed, _, before = applied(f"pieces_{side}", scenes_of(kind))
    assert np.array_equal(histograms(changed.images), histograms(before))
    assert (changed.images != before).any(axis=(1, 2)).all()


@pytest.mark.parametrize("kind", ["discs", "absolute", "pairs", "varied"])
def test_pieces_of_all_sides_are_of_the_same_scenes(kind: str) -> None:
    rows = [INTERVENTIONS[f"pieces_{side}"](scenes_of(kind)).rows for side in PIECE_SIDES]
    assert all(np.array_equal(rows[0], other) for other in rows)
    assert len(rows[0]) > 50


@pytest.mark.parametrize("side", PIECE_SIDES)
def test_pieces_are_cut_by_a_grid_and_lie_in_one_other_block_each(side: int) -> None:
    scenes = DISCS.without_noise().replace(intensity=200)
    changed, some, before = applied(f"pieces_{side}", scenes)
    lines = 64 // side

    def blocks(images: np.ndarray) -> list[list[bytes]]:
        grid = (images == 200).reshape(-1, lines, side, lines, side).swapaxes(2, 3)
        rows = grid.reshape(len(images), lines**2, -1)
        return [sorted(block.tobytes() for block in row if block.any()) for row in rows]

    assert blocks(changed.images) == blocks(before)
    assert not (changed.images[masks(some).object] == 200).any()


def test_pieces_are_scattered_over_the_whole_image() -> None:
    changed, _, _ = applied("pieces_1", DISCS.without_noise().replace(intensity=200))
    often = (changed.images == 200).mean(axis=0)
    parts = often.reshape(8, 8, 8, 8).mean(axis=(1, 3))
    assert parts.min() > 0.5 * parts.mean()


def test_pieces_that_do_not_fit_are_refused() -> None:
    scenes = DISCS.without_noise().replace(center=(32, 32))
    areas = np.full(60, 197)
    areas[3] = 2601
    large = scenes.replace(area=areas)
    with pytest.raises(InvalidInput, match=r"side: 8 is not allowed: \d+ pieces do not fit .* 3;"):
        in_pieces(large, 8, 3)
    assert INTERVENTIONS["pieces_8"](large).rows.tolist() == [i for i in range(60) if i != 3]
    assert np.array_equal(in_pieces(scenes, 8, 3), INTERVENTIONS["pieces_8"](scenes).images)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(0, 40))
def test_any_grid_keeps_the_histogram(side: int, row: int) -> None:
    scenes = DISCS[row : row + 10]
    before, after = render(scenes), in_pieces(scenes, side, 3)
    assert np.array_equal(histograms(before), histograms(after))
    visible = masks(scenes).object
    changed = after != before
    assert (count(changed & ~visible) <= count(visible)).all()
