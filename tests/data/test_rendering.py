"""Images and masks against a plain painter, known pixels, exact counterfactuals and statistics."""

import hashlib
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from intensity.data import rendering
from intensity.data.rendering import histograms, masks, permuted, render
from intensity.data.sampling import FIXED_PERMUTATIONS, draw_scenes
from intensity.data.scenes import GaussianNoise, SceneOptions, Scenes
from intensity.data.shapes import SHAPES, pixel_order
from intensity.training.presets import TASKS, find_setting

HARD = TASKS["hard"]
ALPHA = 1e-6
"""Images never change, so a test that passes once always does; this is how odd they may be."""

PAIR = {
    "setting": "discs",
    "areas": (158, 197, 236),
    "shapes": ("disc", "triangle"),
    "distractor": "square",
    "background": "random",
}
FIELDS = {"kind": "gaussian", "scales": (1, 4, 16)}
VARIANTS: dict[str, tuple[str, Any]] = {
    "discs": ("hard", "discs"),
    "discs_full": ("hard", "discs_full"),
    "squares": ("three_bands", "squares"),
    "random_background": ("hard", {"setting": "discs", "background": "random"}),
    "fixed_permutations": ("hard", {"setting": "discs", "permutation": "fixed"}),
    "fresh_permutations": ("hard", {"setting": "discs", "permutation": "fresh"}),
    "spatial_scales": ("three_bands", {"setting": "squares", "noise": FIELDS}),
    "pairs": ("medium", PAIR),
    "backgrounds": ("absolute", "backgrounds"),
    "disc_beside_square": ("distractor", "pairs"),
    "shapes": ("shape", "shapes"),
    "varied": ("hard", {"setting": "discs", "background": "random", "varied": 0.5}),
}
PINNED = {
    "discs": "3cfd1a7ea8469aca",
    "discs_full": "199bc077f97f176d",
    "squares": "8da24738e155d25d",
    "random_background": "d2b42e01b6aa78a3",
    "fixed_permutations": "4ea98990e5d33ea1",
    "fresh_permutations": "c6e56ba29dceea8b",
    "spatial_scales": "3f0b5670b82eb3c8",
    "pairs": "ed79132630df7d92",
    "backgrounds": "36d07ac393c93f40",
    "disc_beside_square": "7ce367f6ca85a453",
    "shapes": "40e55ec95cfdbf8d",
    "varied": "7b0313b78f24ddfd",
}
"""Digests of images. They change only if scenes or their images do, which makes all runs anew."""


def variant(name: str, start: int = 1000, count: int = 48) -> Scenes:
    """Some test scenes of a variant, across the end of a block."""
    task, setting = VARIANTS[name]
    return draw_scenes(TASKS[task], find_setting(setting), "test", start, count)


def digest(images: np.ndarray) -> str:
    """The start of the images' sha256."""
    return hashlib.sha256(images.tobytes()).hexdigest()[:16]


def scene(n: int = 1, **changes: Any) -> Scenes:
    """Scenes of 8 x 8 pixels: a disc of 5 pixels and level 200 at (3, 4) on level 10."""
    options = SceneOptions(size=8, areas=(5,), background=10)
    columns = {
        name: changes.pop(name) for name in list(changes) if name in SceneOptions.model_fields
    }
    options = SceneOptions(**(options.model_dump() | columns))
    drawn = draw_scenes(HARD, options, "train", 0, n)
    return drawn.replace(**({"intensity": 200, "center": (3, 4)} | changes))


# The same images everywhere


@pytest.mark.parametrize("name", VARIANTS)
def test_images_are_the_pinned_ones(name: str) -> None:
    images = render(variant(name))
    assert images.dtype == np.uint8
    assert digest(images) == PINNED[name]


@pytest.mark.parametrize("name", VARIANTS)
def test_an_image_does_not_depend_on_its_batch(name: str) -> None:
    scenes = variant(name)
    together, regions = render(scenes), masks(scenes)
    for i in (0, 23, 24, 47):
        assert np.array_equal(render(scenes[i : i + 1])[0], together[i])
        for one, all_ in zip(masks(scenes[i : i + 1]), regions, strict=True):
            assert np.array_equal(one[0], all_[i])
    assert np.array_equal(render(scenes[::-1]), together[::-1])


# Painting


def painted(scenes: Scenes, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Image and regions (0 background, 1 distractor, 2 object, 3 noise) of one scene, by hand."""
    size = scenes.options.size
    image = np.full((size, size), int(scenes.background[i]))
    region = np.zeros((size, size), int)

    def put(row: int, column: int, level: int, kind: int) -> None:
        if 0 <= row < size and 0 <= column < size:
            image[row, column], region[row, column] = level, kind

    if scenes.options.distractor:
        for row, column in pixel_order("square").offsets[: scenes.distractor_area[i]].tolist():
            r, c = scenes.distractor_center[i].tolist()
            put(r + row, c + column, scenes.distractor_intensity[i], 1)
    offsets = pixel_order(SHAPES[scenes.shape[i]]).offsets[: scenes.area[i]].tolist()
    for k, (row, column) in enumerate(offsets):
        r, c = scenes.center[i].tolist()
        core = k < scenes.core_area[i]
        put(r + row, c + column, scenes.core_intensity[i] if core else scenes.intensity[i], 2)
    for top, left, side, level in scenes.noise_squares[i].tolist():
        for row in range(side):
            for column in range(side):
                put(top + row, left + column, level, 3)
    return image, region


def test_a_negative_shows_every_level_from_the_other_end() -> None:
    plain = draw_scenes(HARD, find_setting("discs"), "test", 1000, 48)
    options = find_setting({"setting": "discs", "inverted": True})
    negative = draw_scenes(HARD, options, "test", 1000, 48)
    np.testing.assert_array_equal(render(negative), 255 - render(plain))
    for one, other in zip(masks(negative), masks(plain), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["discs", "pairs", "backgrounds", "disc_beside_square", "shapes"])
@pytest.mark.parametrize("hollow", [False, True])
def test_images_and_masks_are_those_of_a_plain_painter(name: str, hollow: bool) -> None:
    scenes = variant(name, count=6)
    scenes = scenes.only_edge() if hollow else scenes
    images, regions = render(scenes), masks(scenes)
    for i in range(len(scenes)):
        image, region = painted(scenes, i)
        assert np.array_equal(images[i], image)
        assert np.array_equal(regions.distractor[i], region == 1)
        assert np.array_equal(regions.object[i], region == 2)
        assert np.array_equal(regions.noise[i], region == 3)


def test_objects_cut_by_the_border_are_those_of_a_plain_painter() -> None:
    scenes = variant("squares", count=40).without_noise()
    images = render(scenes)
    assert (masks(scenes).object.sum(axis=(1, 2)) < scenes.area).sum() > 20
    for i in range(len(scenes)):
        assert np.array_equal(images[i], painted(scenes, i)[0])


def test_a_disc_of_five_pixels() -> None:
    expected = np.full((8, 8), 10)
    expected[[2, 3, 3, 3, 4], [4, 3, 4, 5, 4]] = 200
    assert np.array_equal(render(scene())[0], expected)
    regions = masks(scene())
    assert np.array_equal(regions.object[0], expected == 200)
    assert regions.edge[0].sum() == 4
    assert not regions.edge[0, 3, 4]


def test_the_border_cuts_objects() -> None:
    image = render(scene(placement="anywhere", center=(0, 7)))[0]
    assert np.argwhere(image == 200).tolist() == [[0, 6], [0, 7], [1, 7]]


def test_later_squares_lie_on_top_of_everything() -> None:
    squares = [[[2, 3, 2, 90], [3, 4, 3, 120], [0, 0, 0, 250]]]
    noise = {"kind": "squares", "count": (3, 3), "sides": (1, 3)}
    scenes = scene(noise=noise, noise_squares=squares)
    image = render(scenes)[0]
    assert image[2:6, 3:7].tolist() == [
        [90, 90, 10, 10],
        [90, 120, 120, 120],
        [10, 120, 120, 120],
        [10, 120, 120, 120],
    ]
    regions = masks(scenes)
    assert not regions.object.any()
    assert regions.noise.sum() == 3 + 9


def test_objects_lie_on_top_of_distractors() -> None:
    scenes = scene(size=24, areas=(25,), distractor="square", distractor_center=(3, 4))
    scenes = scenes.replace(center=(3, 4), distractor_intensity=50, area=5)
    image = render(scenes)[0]
    assert (image == 200).sum() == 5
    assert (image == 50).sum() == 25 - 5
    assert masks(scenes).distractor.sum() == 20
    assert not (render(scenes.replace(distractor_area=0)) == 50).any()


def test_scenes_without_an_object_show_none() -> None:
    scenes = variant("discs").replace(area=0)
    assert not masks(scenes).object.any()
    assert (render(scenes.without_noise()) == 0).all()


@pytest.mark.parametrize("name", VARIANTS)
def test_masks_partition_the_image_and_agree_with_it(name: str) -> None:
    scenes = variant(name)
    regions = masks(scenes)
    overlaps = regions.object.astype(int) + regions.noise + regions.distractor
    assert overlaps.max() == 1
    assert not (regions.edge & ~regions.object).any()
    if isinstance(scenes.options.noise, GaussianNoise):
        scenes = scenes.without_noise()
    images = render(scenes)
    for mask, level in (
        (regions.object, scenes.intensity),
        (regions.distractor, scenes.distractor_intensity),
        (overlaps == 0, scenes.background),
    ):
        expected = np.broadcast_to(level[:, None, None], mask.shape)
        assert np.array_equal(images[mask], expected[mask])


def test_objects_inside_show_all_their_pixels_without_noise() -> None:
    for name in ("discs", "discs_full", "pairs", "fresh_permutations", "backgrounds", "shapes"):
        scenes = variant(name).without_noise()
        regions = masks(scenes)
        assert np.array_equal(regions.object.sum(axis=(1, 2)), scenes.area)
        assert np.array_equal(regions.distractor.sum(axis=(1, 2)), scenes.distractor_area)


def test_disc_and_square_have_equally_many_pixels_and_a_pixel_between_them() -> None:
    scenes = variant("disc_beside_square", start=0, count=2000).without_noise()
    disc, _, _, square = masks(scenes)
    assert np.array_equal(disc.sum(axis=(1, 2)), square.sum(axis=(1, 2)))
    around = ndimage.binary_dilation(disc, np.ones((1, 3, 3), bool))
    assert not (around & square).any()


@pytest.mark.parametrize("name", ["backgrounds", "shapes", "discs"])
def test_of_hollow_objects_only_the_rim_is_painted(name: str) -> None:
    task, setting = VARIANTS[name]
    options = find_setting(setting).model_copy(update={"hollow": True})
    hollow = draw_scenes(TASKS[task], options, "test", 1000, 48)
    edge = masks(variant(name)).edge
    assert np.array_equal(masks(hollow).edge, edge)
    images = render(hollow.without_noise())
    painted = images != hollow.background[:, None, None]
    assert np.array_equal(painted, masks(variant(name).without_noise()).edge)
    levels = np.broadcast_to(hollow.intensity[:, None, None], images.shape)
    assert np.array_equal(images[painted], levels[painted])
    filled, regions = render(variant(name)), masks(variant(name))
    inside = regions.object & ~regions.edge
    assert np.array_equal(render(hollow)[~inside], filled[~inside])


@pytest.mark.parametrize("width", [1, 2, 3])
def test_rims_are_as_wide_as_asked(width: int) -> None:
    scenes = variant("shapes").without_noise()
    visible, edge, *_ = masks(scenes, rim=width)
    assert np.array_equal(visible, masks(scenes).object)
    span = np.hypot(*np.mgrid[-width : width + 1, -width : width + 1])
    eroded = ndimage.binary_erosion(visible, (span <= width)[None])
    inside = visible & ~edge
    assert inside.any(axis=(1, 2)).all()
    assert not (inside & ~eroded).any()
    wider = masks(scenes, rim=width + 1).edge
    assert not (edge & ~wider).any()
    assert (edge.sum(axis=(1, 2)) < wider.sum(axis=(1, 2))).all()


@pytest.mark.parametrize("name", ["discs", "discs_full"])
def test_noise_squares_cover_a_ninth_of_the_disc(name: str) -> None:
    scenes = variant(name, start=0, count=2000)
    covered = 1 - masks(scenes).object.sum(axis=(1, 2)) / scenes.area
    assert covered.mean() == pytest.approx(0.11, abs=0.025)
    assert covered.max() < 0.5


# Counterfactuals


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(VARIANTS)), st.integers(0, 47), st.integers(0, 255))
def test_another_intensity_changes_visible_object_pixels_only(
    name: str, row: int, level: int
) -> None:
    scenes = variant(name)[row : row + 1]
    before, after = render(scenes), render(scenes.replace(intensity=level))
    visible = masks(scenes).object
    assert np.array_equal(before[~visible], after[~visible])
    if not isinstance(scenes.options.noise, GaussianNoise):
        assert (after[visible] == level).all()
    elif level >= scenes.intensity[0]:
        assert (after >= before).all()


@pytest.mark.parametrize("name", ["discs", "pairs", "fixed_permutations"])
def test_other_counterfactuals_change_only_what_they_name(name: str) -> None:
    scenes = variant(name)
    image, regions = render(scenes), masks(scenes)
    hollow = render(scenes.only_edge())
    inside = regions.object & ~regions.edge
    assert np.array_equal(hollow[~inside], image[~inside])
    background = np.broadcast_to(scenes.background[:, None, None], image.shape)
    assert np.array_equal(hollow[inside], background[inside])
    quiet = render(scenes.without_noise())
    assert np.array_equal(quiet[~regions.noise], image[~regions.noise])
    alone = render(scenes.replace(distractor_area=0))
    assert np.array_equal(alone[~regions.distractor], image[~regions.distractor])
    assert np.array_equal(alone[regions.distractor], background[regions.distractor])


# Gaussian noise


def noisy(level: int, n: int = 64, **noise: Any) -> np.ndarray:
    """(n, 64, 64) images of nothing but a grey level and noise."""
    options = SceneOptions(background=level, noise=GaussianNoise(**noise))
    return render(draw_scenes(HARD, options, "test", 0, n).replace(area=0))


def probabilities(level: int, sigma: float) -> np.ndarray:
    """(256,) how often each grey level is seen where one was painted: rounded, then clipped."""
    limits = np.array([-np.inf, *np.arange(0.5, 255), np.inf])
    return np.diff(stats.norm.cdf(limits, level, sigma))


@pytest.mark.parametrize("level", [0, 30, 128, 255])
def test_published_noise_is_one_gaussian_rounded_and_clipped(level: int) -> None:
    images = noisy(level)
    expected = probabilities(level, 255 * np.sqrt(0.1**2 + 0.2**2 + 0.4**2)) * images.size
    counts = np.bincount(images.ravel(), minlength=256)
    assert stats.chisquare(counts, expected).pvalue > ALPHA


def test_weak_noise_is_gaussian_too() -> None:
    images = noisy(128, sigmas=(0.02,), scales=(1,))
    expected = probabilities(128, 5.1) * images.size
    counts = np.bincount(images.ravel(), minlength=256)
    frequent = expected > 10
    tails = counts[~frequent].sum(), expected[~frequent].sum()
    observed = np.append(counts[frequent], tails[0])
    assert stats.chisquare(observed, np.append(expected[frequent], tails[1])).pvalue > ALPHA
    assert images.mean() == pytest.approx(128, abs=5 * 5.1 / np.sqrt(images.size))
    # Rounding adds 1 / 12.
    assert images.var() == pytest.approx(5.1**2 + 1 / 12, rel=5 * np.sqrt(2 / images.size))


def test_fields_of_equal_scale_are_one_of_summed_variance() -> None:
    literal = noisy(100, n=8)
    assert np.array_equal(literal, noisy(100, n=8, sigmas=(np.sqrt(0.21),), scales=(1,)))
    mixed = noisy(100, n=8, sigmas=(0.1, 0.3, 0.2), scales=(4, 1, 4))
    joined = noisy(100, n=8, sigmas=(0.3, np.hypot(0.1, 0.2)), scales=(1, 4))
    assert np.array_equal(mixed, joined)


@pytest.mark.parametrize("scale", [2, 4, 16])
def test_a_field_is_constant_within_its_cells_and_differs_between_them(scale: int) -> None:
    images = noisy(128, n=256, sigmas=(0.08,), scales=(scale,))
    cells = 64 // scale
    blocks = images.reshape(-1, cells, scale, cells, scale)
    corners = blocks[:, :, :1, :, :1]
    assert (blocks == corners).all()
    values = corners.ravel() - 128.0
    assert values.std() == pytest.approx(0.08 * 255, rel=5 / np.sqrt(2 * values.size))
    assert values.mean() == pytest.approx(0, abs=5 * 0.08 * 255 / np.sqrt(values.size))


def test_variances_of_all_scales_add() -> None:
    images = noisy(128, n=2048, sigmas=(0.04, 0.05, 0.06), scales=(1, 4, 16)) - 128.0
    assert images.var() == pytest.approx(255**2 * 0.0077, rel=0.03)
    for scale, left in ((4, 0.05**2 + 0.06**2), (16, 0.06**2)):
        means = images.reshape(2048, 64 // scale, scale, 64 // scale, scale).mean(axis=(2, 4))
        rest = 0.04**2 / scale**2 + (0.05**2 * 16 / scale**2 if scale > 4 else 0)
        assert means.var() == pytest.approx(255**2 * (left + rest), rel=0.05)


def test_noise_of_pixels_and_images_is_independent() -> None:
    images = noisy(128, sigmas=(0.1,), scales=(1,)).astype(float) - 128
    images /= images.std()
    neighbors = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1), (2, 0)]
    pairs = [(images[:, r:, c:], images[:, : 64 - r, : 64 - c]) for r, c in neighbors]
    pairs.append((images[1:], images[:-1]))
    for one, other in pairs:
        assert abs((one * other).mean()) < 5 / np.sqrt(one.size)


# Permutations


@pytest.mark.parametrize("name", ["fixed_permutations", "fresh_permutations"])
def test_permutations_keep_histograms_and_move_masks_along(name: str) -> None:
    scenes = variant(name)
    plain = scenes.replace(permutation_seed=0)
    assert np.array_equal(histograms(render(scenes)), histograms(render(plain)))
    assert (render(scenes) != render(plain)).any(axis=(1, 2)).all()
    for moved, mask in zip(masks(scenes), masks(plain), strict=True):
        assert np.array_equal(moved.sum(axis=(1, 2)), mask.sum(axis=(1, 2)))


@pytest.mark.parametrize("name", ["fixed_permutations", "fresh_permutations", "discs"])
def test_images_are_permuted_as_their_scenes_are(name: str) -> None:
    scenes = variant(name)
    plain = render(scenes.replace(permutation_seed=0))
    before = plain.copy()
    assert np.array_equal(permuted(plain, scenes.permutation_seed), render(scenes))
    assert np.array_equal(plain, before)


def permutations(option: str, n: int) -> np.ndarray:
    """(n, 256) images whose pixels had levels 0, 1, ... 255 before they were permuted."""
    noise = {"kind": "squares", "count": (256, 256), "sides": (1, 1)}
    options = find_setting({"size": 16, "areas": (1,), "permutation": option, "noise": noise})
    squares = [[row, column, 1, 16 * row + column] for row in range(16) for column in range(16)]
    scenes = draw_scenes(HARD, options, "train", 0, n).replace(noise_squares=squares)
    images = render(scenes).reshape(n, -1)
    assert (np.sort(images, axis=1) == np.arange(256)).all()
    return images


def test_fixed_permutations_are_exactly_thirty() -> None:
    images = permutations("fixed", 2000)
    _, counts = np.unique(images, axis=0, return_counts=True)
    assert len(counts) == FIXED_PERMUTATIONS == 30
    assert stats.chisquare(counts).pvalue > ALPHA


def test_fresh_permutations_never_come_twice_and_are_fair() -> None:
    images = permutations("fresh", 4096)
    assert len(np.unique(images, axis=0)) == 4096
    for position in (0, 100, 255):
        assert stats.chisquare(np.bincount(images[:, position], minlength=256)).pvalue > ALPHA
    steps = (images[:, 1].astype(int) - images[:, 0]) % 256
    assert stats.chisquare(np.bincount(steps, minlength=256)[1:]).pvalue > ALPHA


# Histograms


@pytest.mark.parametrize("name", VARIANTS)
def test_histograms_count_grey_levels(name: str) -> None:
    images = render(variant(name))
    counts = histograms(images)
    for image, count in zip(images, counts, strict=True):
        levels, numbers = np.unique(image, return_counts=True)
        assert np.array_equal(np.flatnonzero(count), levels)
        assert np.array_equal(count[levels], numbers)


def test_without_a_folder_for_compiled_code_it_works_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def njit(function: Any, cache: bool = False, nogil: bool = False) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return numba.njit(function, nogil=nogil)

    monkeypatch.setattr(rendering, "njit", njit)
    assert rendering.compiled(lambda number: number + 1)(1) == 2
