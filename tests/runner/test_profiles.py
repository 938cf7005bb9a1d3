"""Profiles are checked against the notebooks: what they may set, and with which values."""

from pathlib import Path
from typing import Any

import pytest

from intensity.runner.profiles import Layout, default_parameters, load_profile
from intensity.values import ROOT, InvalidInput

PARAMETERS = """\
images = 100
rate = 0.5
fresh = False
setting = "discs"
levels = [1, "random"]
table = {
    "a": 1,
}
limit = None"""


@pytest.fixture
def layout(checkout: Any) -> Layout:
    """A checkout with one notebook that has a parameter of every type, and one that has few."""
    checkout.notebook("01_data", parameters=PARAMETERS)
    checkout.notebook("02_training")
    return checkout.layout


def write(layout: Layout, text: str) -> None:
    """The profile `mine`."""
    (layout.root / "params").mkdir(exist_ok=True)
    (layout.root / "params" / "mine.yaml").write_text(text)


def test_sections_come_in_the_order_of_the_notebooks(layout: Layout) -> None:
    write(layout, "02_training: {seeds: [1, 2]}\n01_data: {images: 5}\n")
    loaded = load_profile(layout, "mine")
    assert list(loaded) == ["01_data", "02_training"]
    assert loaded == {"01_data": {"images": 5}, "02_training": {"seeds": [1, 2]}}


def test_sections_share_values_through_anchors(layout: Layout) -> None:
    write(layout, "x-seeds: &seeds [3, 4]\n01_data:\n02_training: {seeds: *seeds}\n")
    assert load_profile(layout, "mine") == {"01_data": {}, "02_training": {"seeds": [3, 4]}}


@pytest.mark.parametrize(
    "value",
    [
        "images: 7",
        "setting: discs_full",
        "setting: {setting: discs, background: random}",
        "setting: pairs",
        "setting: {setting: backgrounds, hollow: true}",
        "setting: {setting: shapes, shapes: [disc, square]}",
        "rate: 2",
        "rate: 0.25",
        "fresh: true",
        "levels: [2, random, 3]",
        "table: {b: 2}",
        "limit: 3",
        "limit: text",
    ],
)
def test_values_like_the_default_are_taken(layout: Layout, value: str) -> None:
    write(layout, f"01_data: {{{value}}}\n02_training: {{}}\n")
    assert list(load_profile(layout, "mine")["01_data"]) == [value.partition(":")[0]]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("images: 0.5", "0.5"),
        ("images: 0", "0 is not allowed: a whole number from 1 on"),
        ("images: true", "True"),
        ("images: many", "'many'"),
        ("rate: 1e-3", "'1e-3'"),  # YAML takes it for text
        ("fresh: 1", "1"),
        ("levels: 3", "3"),
        ("levels: [0.5]", "0.5"),
        ("table: [1]", "[1]"),
        ("setting: nonsense", "'nonsense'"),
        ("setting: {setting: discs, size: 12}", "spans"),
        ("setting: {setting: pairs, size: 30}", "two objects do not fit side by side in 30 px"),
        ("imagse: 3", "'imagse'"),
        ("output: here", "'output'"),
    ],
)
def test_other_values_and_unknown_parameters_are_refused(
    layout: Layout, value: str, said: str
) -> None:
    section = value if value.startswith("{") else f"{{{value}}}"
    write(layout, f"01_data: {section}\n02_training: {{}}\n")
    with pytest.raises(InvalidInput) as refusal:
        load_profile(layout, "mine")
    line = str(refusal.value)
    assert "mine.yaml: 01_data" in line
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("01_data: {}", "02_training: a section is missing"),
        ("01_data: {}\n02_training: {}\n03_more: {}", "'03_more'"),
        ("01_data: [1]\n02_training: {}", r"\[1\]"),
        ("[1, 2]", r"\[1, 2\]"),
        ("01_data: {", "no YAML"),
        ("01_data: !!python/object/apply:os.getcwd []", "no YAML"),
        ("01_data: 2024-13-45\n02_training: {}", "no YAML: month must be in 1..12"),
        ("01_data: {}\n02_training: {}\n01_data: {}", "no YAML: '01_data' stands twice"),
    ],
)
def test_other_shapes_of_a_profile_are_refused(layout: Layout, text: str, said: str) -> None:
    write(layout, text)
    with pytest.raises(InvalidInput, match=said) as refusal:
        load_profile(layout, "mine")
    assert "\n" not in str(refusal.value)


def test_a_profile_that_is_no_text_is_refused(layout: Layout) -> None:
    write(layout, "")
    layout.profiles["mine"].write_bytes(b"01_data: \xff")
    with pytest.raises(InvalidInput, match=r"mine\.yaml: this is no YAML"):
        load_profile(layout, "mine")


def test_an_unknown_profile_names_those_that_there_are(layout: Layout) -> None:
    write(layout, "")
    with pytest.raises(InvalidInput, match=r"'../mine' is not allowed: mine$"):
        load_profile(layout, "../mine")


def test_defaults_are_read_without_running_the_cell(layout: Layout) -> None:
    defaults = default_parameters(layout.notebooks["01_data"])
    assert defaults["table"] == {"a": 1}
    assert defaults["limit"] is None
    assert defaults["output"] == "runs/lab"


def test_defaults_are_literals(checkout: Any) -> None:
    checkout.notebook("01_data", parameters="images = 10 * 60")
    with pytest.raises(InvalidInput, match=r"images: 10 \* 60 is not allowed"):
        default_parameters(checkout.layout.notebooks["01_data"])


def test_a_notebook_without_output_is_refused(checkout: Any) -> None:
    checkout.write(checkout.root / "notebooks" / "01_data.ipynb", [])
    with pytest.raises(InvalidInput, match="has to set `output`"):
        default_parameters(checkout.layout.notebooks["01_data"])


def test_every_profile_of_this_checkout_fits_its_notebooks() -> None:
    layout = Layout(ROOT)
    assert set(layout.profiles) == {"smoke", "standard", "full"}
    assert [name[:2] for name in layout.notebooks] == [f"0{number}" for number in range(1, 9)]
    for profile in layout.profiles:
        load_profile(layout, profile)


BROKEN = {
    "an unknown network": ("network: large,", "network: nonsense,", "'nonsense' is unknown"),
    "an unknown task": ("task: three_bands", "task: nonsense", "'nonsense' is unknown"),
    "boundaries that do not increase": (
        "{task: hard, scenes: discs, network: bn_tiny",
        "{task: {name: mine, boundaries: [9, 8], labels: [0, 1, 0]}, scenes: discs, "
        "network: bn_tiny",
        r"boundaries: \(9, 8\) do not increase",
    ),
    "a level without a class": (
        "{task: hard, scenes: discs, network: bn_tiny",
        "{task: {name: mine, boundaries: [9], labels: [0, null]}, scenes: discs, network: bn_tiny",
        "labels",
    ),
    "an object larger than its image": (
        "scenes: discs, network: pixels",
        "scenes: {setting: discs, size: 12}, network: pixels",
        "spans 17 pixels, more than the image's 12",
    ),
    "scenes without the task's classes": (
        "{task: hard, scenes: discs, network: bn_tiny",
        "{task: absolute, scenes: discs, network: bn_tiny",
        "background: 0 is not allowed in scenes of task absolute; allowed: 'random'",
    ),
    "an image that the network cannot take": (
        "scenes: discs, network: bn_tiny",
        "scenes: {setting: discs, size: 8, areas: [9], noise: null}, network: bn_tiny",
        "8 is too small for network bn_tiny",
    ),
    "an unknown option of a recipe": ("epochs: 3,", "epoch: 3,", "epoch"),
    "a training that the notebook needs": ("    small: *small\n", "", "small is missing"),
    "a group of what is not trained": ("[baseline, permuted,", "[baseline, moved,", "'moved'"),
    "one seed": ("[0, 1, 2]", "[0]", "two seeds or more"),
    "a seed twice": ("[0, 1, 2]", "[0, 1, 1]", "all different"),
    "no trial": ("trials: 8", "trials: 0", "from 1 on"),
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
