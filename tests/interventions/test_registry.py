"""Rows of interventions: what applies, what is refused, and what is in distribution."""

import numpy as np
import pytest

from changes import COVERS, DISCS, KINDS, applied, scenes_of
from intensity.data.rendering import permuted
from intensity.data.sampling import draw_scenes
from intensity.data.scenes import SceneOptions
from intensity.interventions.base import PERIOD
from intensity.interventions.registry import INTERVENTIONS
from intensity.training.presets import TASKS, find_setting
from intensity.values import InvalidInput

TWO_LEVELS = {"core_recolored", "ring_recolored"}
MATCHED = {"recolor_other_class", "recolor_same_class"}
OTHER_LEVELS = MATCHED | TWO_LEVELS | {n for n in INTERVENTIONS if n.startswith("pixels")}
ONE_OBJECT = {"resized", "distractor_recolored"}
RECTANGLE = {"rectangle_added"}
NOT_APPLICABLE = {
    "discs": ONE_OBJECT | {"offset"},
    "squares": MATCHED | {*COVERS, "distractor_recolored", "offset"},
    "absolute": ONE_OBJECT | RECTANGLE,
    "contrast": ONE_OBJECT | RECTANGLE,
    "pairs": {"resized", "offset"} | RECTANGLE,
    "shapes": ONE_OBJECT | OTHER_LEVELS | RECTANGLE | {"offset"},
    "conjunction": ONE_OBJECT | {"offset"},
    "varied": {"distractor_recolored", "offset"},
    "hollow": ONE_OBJECT | TWO_LEVELS | {"edge_only", "offset"},
    "permuted": ONE_OBJECT | {"offset"},
}
"""What cannot be done with scenes of a kind; of the first 60 on black, nearly all are too bright
somewhere for an offset, and small images have no room for a large rectangle."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", INTERVENTIONS)
def test_what_applies_is_whole_and_what_does_not_is_refused_in_a_line(kind: str, name: str) -> None:
    scenes = scenes_of(kind)
    if name in NOT_APPLICABLE[kind]:
        line = f"^{name}: cannot be applied to any of 60 scenes; it needs an object and .*$"
        with pytest.raises(InvalidInput, match=line) as caught:
            INTERVENTIONS[name](scenes)
        assert "\n" not in str(caught.value)
        return
    changed = INTERVENTIONS[name](scenes)
    size = scenes.options.size
    assert changed.images.shape == (len(changed.rows), size, size)
    assert changed.images.dtype == np.uint8
    assert changed.rows.dtype == changed.label.dtype == np.int64
    assert changed.label.shape == changed.rows.shape
    assert (np.diff(changed.rows) >= 0).all()
    assert -1 <= changed.label.min() <= changed.label.max() < scenes.task.classes


@pytest.mark.parametrize(
    ("name", "kind", "missing"),
    [
        ("distractor_recolored", "discs", "a distractor with a choice of levels"),
        ("noise_removed", "clean", "noise"),
        ("cover_edge", "squares", "small noise squares"),
        ("pieces_4", "large", "pieces do not fit"),
        ("core_recolored", "hollow", "not hollow"),
        ("resized", "discs", "areas that differ by a factor of 1.5"),
        ("recolor_same_class", "shapes", "one of its class and one of another"),
        ("pixels_40_edge", "small", "40 px of visible edge"),
    ],
)
def test_refusals_name_what_is_missing(name: str, kind: str, missing: str) -> None:
    others = {
        "clean": SceneOptions(),
        "large": SceneOptions(areas=(2400,)),
        "small": SceneOptions(areas=(21,)),
    }
    task, options = ("hard", others[kind]) if kind in others else KINDS[kind]
    scenes = draw_scenes(TASKS[task], find_setting(options), "test", 0, 20)
    with pytest.raises(InvalidInput, match=f"^{name}: .* 20 scenes; it needs an object.*{missing}"):
        INTERVENTIONS[name](scenes)


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_scenes_without_objects_are_refused_and_left_out(name: str) -> None:
    kind = {"distractor_recolored": "pairs", "resized": "varied"}.get(name, "discs")
    scenes = scenes_of(kind, 600 if name == "offset" else 60)
    with pytest.raises(InvalidInput, match="it needs an object"):
        INTERVENTIONS[name](scenes.replace(area=0))
    rows = INTERVENTIONS[name](scenes).rows
    without = scenes.replace(area=np.where(np.arange(len(scenes)) == rows[0], 0, scenes.area))
    assert np.array_equal(INTERVENTIONS[name](without).rows, rows[rows != rows[0]])


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_no_scene_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="scenes: 0 scenes are not allowed"):
        INTERVENTIONS[name](DISCS[:0])


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_a_change_depends_on_the_scene_and_its_place_alone(name: str) -> None:
    kinds = {"resized": "varied", "rectangle_added": "discs"}
    scenes = scenes_of(kinds.get(name, "pairs"), PERIOD + 40)
    whole = INTERVENTIONS[name](scenes)
    for part in (slice(PERIOD), slice(PERIOD, None)):
        if name == "offset" and not np.isin(whole.rows, np.arange(len(scenes))[part]).any():
            continue
        changed = INTERVENTIONS[name](scenes[part])
        inside = np.isin(whole.rows, np.arange(len(scenes))[part])
        assert np.array_equal(changed.rows + (part.start or 0), whole.rows[inside])
        assert np.array_equal(changed.images, whole.images[inside])
        assert np.array_equal(changed.label, whole.label[inside])


def test_permuted_scenes_are_changed_before_they_are_permuted() -> None:
    scenes = scenes_of("permuted")
    for name in ("recolor", "cover_edge", "pieces_4", "moved", "pixels_10_core", "blurred"):
        plain, changed = INTERVENTIONS[name](DISCS), INTERVENTIONS[name](scenes)
        assert np.array_equal(plain.rows, changed.rows)
        seeds = scenes.permutation_seed[changed.rows]
        assert np.array_equal(permuted(plain.images, seeds), changed.images)


@pytest.mark.parametrize("name", ["moved", *COVERS, "shape_swapped", "edge_only", "noise_removed"])
def test_labels_stay_where_the_level_does(name: str) -> None:
    changed, some, _ = applied(name, DISCS)
    assert np.array_equal(changed.label, some.label)


@pytest.mark.parametrize(
    ("kind", "usual"),
    [
        ("discs", set()),
        ("absolute", {"random_background", "offset", "gain"}),
        ("shapes", {"shape_swapped"}),
        ("pairs", {"shape_swapped"}),
        ("varied", {"resized"}),
        ("hollow", {"edge_only"}),
    ],
)
def test_unusual_is_what_training_scenes_do_not_show(kind: str, usual: set[str]) -> None:
    always = {name for name in INTERVENTIONS if name.startswith(("recolor", "cover", "pixels"))}
    always |= {"moved", "distractor_recolored"}
    found = {
        name
        for name, row in INTERVENTIONS.items()
        if row.in_distribution(scenes_of(kind, 2).options)
    }
    assert found == always | usual
