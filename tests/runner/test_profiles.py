"""Profiles: what a section may say, and with which values."""

from pathlib import Path
from typing import Any

import pytest

from intensity.environment import Layout
from intensity.runner import profiles
from intensity.runner.profiles import load_profile
from intensity.runner.sections import Count, Section, Setting, Trainings, WithTrainings
from intensity.storage.files import read_yaml
from intensity.values import ROOT, InvalidInput

HARD = "{task: hard, scenes: discs, network: bn_tiny, epochs: 1, epoch_images: 64}"


class Images(Section):
    """A section with a parameter of every type."""

    setting: Setting = "discs"
    images: Count = 100


class Networks(WithTrainings):
    """A section that needs a training, and lists more elsewhere."""

    NEEDED = ("tiny",)

    others: Trainings


@pytest.fixture
def layout(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A checkout with a notebook that counts, one that trains, and one without parameters."""
    monkeypatch.setattr(profiles, "SECTIONS", {"01_data": Images, "02_training": Networks})
    for name in ("01_data", "02_training", "03_more"):
        checkout.notebook(name)
    return checkout.layout


def load(layout: Layout, text: str) -> dict[str, Any]:
    """The profile `mine`, with its sections unless the text has them."""
    (layout.root / "params").mkdir(exist_ok=True)
    (layout.root / "params" / "mine.yaml").write_text(text)
    return load_profile(layout, "mine")


def trains(more: str = "", trainings: str = "[tiny]") -> str:
    """A profile whose second section trains."""
    return (
        f"seeds: [3, 4]\ntest_images: 20\nvalidation_images: 10\n"
        f"trainings:\n  tiny: {HARD}\n{more}"
        f"01_data: {{}}\n02_training: {{trainings: {trainings}, others: []}}\n03_more: {{}}\n"
    )


def test_a_notebook_without_a_section_is_not_run(layout: Layout) -> None:
    assert list(load(layout, trains().replace("03_more: {}\n", ""))) == ["01_data", "02_training"]


def test_only_a_notebook_that_says_so_takes_a_single_seed(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = trains().replace(HARD, HARD.replace("{", "{seeds: 1, ", 1))
    with pytest.raises(InvalidInput, match="tiny: seeds: 1 is not allowed: 2 or more"):
        load(layout, text)
    monkeypatch.setattr(profiles.SECTIONS["02_training"], "FEWEST_SEEDS", 1)
    (only,) = load(layout, text)["02_training"].configurations["tiny"]
    assert only.seed == 3


def test_sections_come_in_the_order_of_the_notebooks(layout: Layout) -> None:
    text = trains().replace("01_data: {}\n", "") + "01_data: {images: 5}\n"
    assert list(load(layout, text)) == ["01_data", "02_training", "03_more"]


def test_a_training_may_have_more_or_fewer_seeds_than_the_profile(layout: Layout) -> None:
    more = "  many: {like: tiny, seeds: 5}\n  few: {like: tiny, seeds: 2}\n"
    section = load(layout, trains(more, "[tiny, many, few]"))["02_training"]
    seeds = {name: [c.seed for c in group] for name, group in section.configurations.items()}
    assert seeds == {"tiny": [3, 4], "many": [3, 4, 5, 6, 7], "few": [3, 4]}


def test_a_section_takes_what_stands_above_unless_it_says_otherwise(layout: Layout) -> None:
    loaded = load(layout, trains().replace("others", "test_images: 7, others"))["02_training"]
    assert loaded.seeds == (3, 4)
    assert (loaded.test_images, loaded.validation_images) == (7, 10)


def test_a_training_starts_from_another_and_may_have_a_name_of_its_own(layout: Layout) -> None:
    more = "  wide: {like: tiny, network: bn_compact, test_images: 9}\n"
    section = load(layout, trains(more, "[tiny, broad: wide]"))["02_training"]
    made = section.configurations
    assert list(made) == ["tiny", "broad"]
    assert [c.seed for c in made["broad"]] == [3, 4]
    assert made["broad"][0].network.name == "bn_compact"
    assert made["broad"][0].task == made["tiny"][0].task
    assert [made[name][0].test_images for name in made] == [20, 9]
    assert section.trainings["broad"].slug == "broad"


def test_a_configuration_is_built_once(layout: Layout) -> None:
    section = load(layout, trains())["02_training"]
    first, again = (section.configurations["tiny"][0] for _ in range(2))
    assert first is again


def test_parameters_are_written_with_their_trainings_in_full(layout: Layout) -> None:
    dumped = load(layout, trains())["02_training"].model_dump(mode="json")
    assert dumped["trainings"]["tiny"]["network"] == "bn_tiny"
    assert dumped["seeds"] == [3, 4]


@pytest.mark.parametrize(
    "setting",
    [
        "discs_full",
        "{setting: discs, background: random}",
        "{setting: backgrounds, hollow: true}",
        "{setting: shapes, shapes: [disc, square]}",
    ],
)
def test_a_setting_may_be_changed(layout: Layout, setting: str) -> None:
    text = trains().replace("01_data: {}", f"01_data: {{setting: {setting}}}")
    assert load(layout, text)["01_data"].setting


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("images: 0.5", "0.5"),
        ("images: 0", "0 is not allowed: Input should be greater than or equal to 1"),
        ("images: true", "True"),
        ("images: many", "'many'"),
        ("setting: nonsense", "'nonsense'"),
        ("setting: {setting: discs, size: 12}", "spans"),
        ("setting: {setting: pairs, size: 30}", "two objects do not fit side by side in 30 px"),
        ("imagse: 3", "'imagse' is not allowed: setting, images"),
        ("seeds: [1, 2]", "'seeds'"),
    ],
)
def test_other_values_and_unknown_parameters_are_refused(
    layout: Layout, value: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        load(layout, trains().replace("01_data: {}", f"01_data: {{{value}}}"))
    line = str(refusal.value)
    assert "mine.yaml: 01_data" in line
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("trainings", "said"),
    [
        ("[]", "trainings: tiny is missing; the notebook needs it"),
        ("[large]", "trainings: 'large' is not allowed: one of tiny"),
        ("[[tiny]]", r"trainings: \['tiny'\] is not allowed: one of tiny"),
        ("tiny", "trainings: 'tiny' is not allowed: a list of names"),
        ("[tiny, tiny]", "trainings: 'tiny' is not allowed: it stands in the list twice"),
        ("[wide: tiny, wide: tiny]", "trainings: 'wide' is not allowed: it stands in the list tw"),
    ],
)
def test_trainings_that_there_are_not_are_refused(
    layout: Layout, trainings: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=f"mine.yaml: 02_training.*{said}"):
        load(layout, trains(trainings=trainings))


@pytest.mark.parametrize("profile", ["network: none", "epoch: 1", "task: [hard]"])
def test_a_training_that_no_section_names_is_checked_as_well(layout: Layout, profile: str) -> None:
    with pytest.raises(InvalidInput, match=r"mine.yaml: trainings\.more: ") as refusal:
        load(layout, trains(f"  more: {{like: tiny, {profile}}}\n"))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{like: none}", "trainings.more.like: 'none' is not allowed: one of those above it, tiny"),
        ("{like: [tiny]}", r"trainings.more.like: \['tiny'\]"),
        ("[1]", r"trainings.more: \[1\] is not allowed: a mapping"),
    ],
)
def test_a_training_that_starts_from_nothing_is_refused(
    layout: Layout, row: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        load(layout, trains(f"  more: {row}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds: [0, 1]", "no section is not allowed: a section for one notebook or more, of 01"),
        (trains() + "04_none: {}", "'04_none'"),
        (trains().replace("01_data: {}", "01_data: [1]"), r"\[1\]"),
        ("[1, 2]", r"\[1, 2\]"),
        ("01_data: {", "no YAML"),
        ("01_data: !!python/object/apply:os.getcwd []", "no YAML"),
        ("01_data: 2024-13-45", "no YAML: month must be in 1..12"),
        (trains() + "01_data: {}", "no YAML: '01_data' stands twice"),
    ],
)
def test_other_shapes_of_a_profile_are_refused(layout: Layout, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refusal:
        load(layout, text)
    assert "\n" not in str(refusal.value)


def test_a_profile_that_is_no_text_is_refused(layout: Layout) -> None:
    load(layout, trains())
    layout.profiles["mine"].write_bytes(b"01_data: \xff")
    with pytest.raises(InvalidInput, match=r"mine\.yaml: this is no YAML"):
        load_profile(layout, "mine")


def test_an_unknown_profile_names_those_that_there_are(layout: Layout) -> None:
    load(layout, trains())
    with pytest.raises(InvalidInput, match=r"'../mine' is not allowed: mine$"):
        load_profile(layout, "../mine")


@pytest.mark.parametrize("profile", Layout(ROOT).profiles)
def test_every_profile_of_this_checkout_fits_its_notebooks(profile: str) -> None:
    assert load_profile(Layout(ROOT), profile)


def test_smoke_trains_and_compares_what_standard_does() -> None:
    smoke, standard = (load_profile(Layout(ROOT), name) for name in ("smoke", "standard"))
    for name, section in standard.items():
        assert section.rows.keys() == smoke[name].rows.keys()
        for groups in ("groups", "summary_groups", "recipe", "backgrounds", "jitter"):
            assert getattr(section, groups, None) == getattr(smoke[name], groups, None)


BROKEN = {
    "an unknown network": ("network: large,", "network: nonsense,", "'nonsense' is unknown"),
    "an unknown task": ("task: three_bands", "task: nonsense", "'nonsense' is unknown"),
    "boundaries that do not increase": (
        "pixels: {task: hard",
        "pixels: {task: {name: mine, boundaries: [9, 8], labels: [0, 1, 0]}",
        r"boundaries: \(9, 8\) do not increase",
    ),
    "a level without a class": (
        "pixels: {task: hard",
        "pixels: {task: {name: mine, boundaries: [9], labels: [0, null]}",
        "labels",
    ),
    "an object larger than its image": (
        "scenes: discs, network: pixels",
        "scenes: {setting: discs, size: 12}, network: pixels",
        "spans 17 pixels, more than the image's 12",
    ),
    "scenes without the task's classes": (
        "pixels: {task: hard",
        "pixels: {task: absolute",
        "background: 0 is not allowed in scenes of task absolute; allowed: 'random'",
    ),
    "an image that the network cannot take": (
        "scenes: discs_full, network: bn_tiny",
        "scenes: {setting: discs, size: 8, areas: [9], noise: null}, network: bn_tiny",
        "8 is too small for network bn_tiny",
    ),
    "an unknown option of a recipe": ("epochs: 4,", "epoch: 3,", "epoch"),
    "a training that the notebook needs": ("[large, small,", "[large,", "small is missing"),
    "a group of what is not trained": ("[baseline, permuted,", "[baseline, moved,", "'moved'"),
    "a task that is one of the trainings": (
        "tasks: [absolute,",
        "tasks: [baseline: absolute,",
        "tasks: 'baseline' is not allowed: it is one of trainings",
    ),
    "a layer of what is not trained": (
        "  score_scenes: 100",
        "  layers: {pixels: relu1}\n  score_scenes: 100",
        "layers: 'pixels' is not allowed: one of large, small, bn_compact",
    ),
    "more scenes compared than scored": (
        "check_scenes: 32",
        "check_scenes: 201",
        "check_scenes: 201 is not allowed: at most score_scenes, 100",
    ),
    "more scenes shuffled than scored": (
        "weight_scenes: 5",
        "weight_scenes: 201",
        "at most score",
    ),
    "a step beyond all levels": ("step: 5\n", "step: 256\n", "less than or equal to 255"),
    "a step of a plane beyond all levels": ("plane_step: 5", "plane_step: 256", "or equal to 255"),
    "one seed": ("[100, 101, 102, 103, 104]", "[100]", "two seeds or more"),
    "a seed twice": ("[100, 101, 102, 103, 104]", "[100, 101, 101]", "all different"),
    "one seed of a training": ("seeds: 8} # thresholds", "seeds: 1} # thresholds", "2 or more"),
    "parts of what is not trained": (
        "parts: {tissue: 160,",
        "parts: {heart: 160,",
        "parts: .'heart'",
    ),
    "patches that are not as many of each tissue": (
        "test_patches: 3000",
        "test_patches: 3001",
        "multiple of 3",
    ),
    "a dose of what is not trained": ("15: jitter 15", "15: jitter 16", "'jitter 16' is not"),
}
"""What is wrong -> a text of standard.yaml, what stands there instead, and what is said."""


@pytest.mark.parametrize("wrong", BROKEN)
def test_the_standard_profile_with_one_thing_wrong_is_refused(wrong: str, tmp_path: Path) -> None:
    right, broken, said = BROKEN[wrong]
    text = (ROOT / "params" / "standard.yaml").read_text()
    assert right in text
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "mine.yaml").write_text(text.replace(right, broken, 1))
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    with pytest.raises(InvalidInput, match=said) as refusal:
        load_profile(Layout(tmp_path), "mine")
    line = str(refusal.value)
    assert line.startswith(f"{tmp_path}/params/mine.yaml: 0")
    assert "\n" not in line


def test_what_explored_does_not_confirm(tmp_path: Path) -> None:
    text = (ROOT / "params" / "standard.yaml").read_text()
    (tmp_path / "params").mkdir()
    for name in ("standard", "paper", "mine"):
        path = tmp_path / "params" / f"{name}.yaml"
        path.write_text(text.replace("seeds: [100,", "seeds: [99,", 1))
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    layout = Layout(tmp_path)
    for name in ("standard", "paper"):
        with pytest.raises(InvalidInput, match="02_training: seeds: 99 is not allowed: from 100 "):
            load_profile(layout, name)
    assert load_profile(layout, "mine")["02_training"].seeds[0] == 99


BY_SCALE = {
    *("1 % off black", "10 % off black", "all off black", "jitter 5", "jitter 15", "jitter 30"),
    "bn_tiny_full",
}
"""Trainings that `paper` has at another scale than `standard`, as its comments say."""


def test_what_two_profiles_call_by_one_name_is_one_training() -> None:
    standard, paper = (
        profiles._tables(name, read_yaml(ROOT / "params" / f"{name}.yaml")["trainings"])
        for name in ("standard", "paper")
    )
    shared = (standard.keys() & paper.keys()) - BY_SCALE
    assert len(shared) > 20
    assert {name: paper[name] for name in shared} == {name: standard[name] for name in shared}
