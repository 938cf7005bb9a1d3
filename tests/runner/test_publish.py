"""Tables of results and the expected results come from a complete standard run alone."""

import base64
import json
from typing import Any

import pytest

from intensity.__main__ import main
from intensity.claims.expected import Expected
from intensity.claims.results import load_results, merge, save_part
from intensity.runner import publish as publishing
from intensity.runner import sections
from intensity.runner.ownership import lock_of
from intensity.runner.publish import PAGE, README, publish
from intensity.statistics.intervals import Interval
from intensity.statistics.measurements import Results
from intensity.storage import entries
from intensity.storage.files import read_value
from intensity.storage.locks import Lock
from intensity.storage.manifest import new_manifest, save_manifest
from intensity.storage.store import Store
from intensity.training.presets import configure
from intensity.training.runs import Run, add_run, run_name
from intensity.values import InvalidInput

MARKED = "<!-- results -->\nstale numbers\n<!-- /results -->\n\nThe rest.\n"
TEXTS = {
    README: f"# Title\n\n<!-- findings -->\nstale finding\n<!-- /findings -->\n\n{MARKED}",
    PAGE: f"# Title\n\n{MARKED}",
}

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""

PASSED = {"status": "passed", "seconds": 600.0, "commit": "0123"}
"""What the manifest says about a notebook."""


def executed(checkout: Any, profile: str, name: str) -> None:
    """Put a notebook as papermill leaves it into a run, with a figure of its own."""
    folder = checkout.layout.run(profile)
    image = base64.b64encode(PNG).decode()
    shown = (
        f'<figure id="fig-a"><img src="data:image/png;base64,{image}" alt="a line">'
        "<figcaption>It rises.</figcaption></figure>"
    )
    output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
    cell = {"cell_type": "code", "source": "1", "execution_count": 1, "outputs": [output]}
    timed = {"metadata": {"papermill": {"start_time": "2026"}}}
    checkout.write(folder / "notebooks" / f"{name}.ipynb", [cell | timed])
    (folder / "figures").mkdir(exist_ok=True)
    (folder / "figures" / f"{name[:2]}-a.png").write_bytes(PNG)


@pytest.fixture
def checkout(checkout: Any) -> Any:
    """A checkout with a complete standard run of one notebook."""
    checkout.notebook("01_data")
    folder = checkout.layout.run("standard")
    results = Results("01_data", folder)
    results.over_seeds("accuracy/hard/bn_compact", [0.951, 0.959, 0.955], scenes=20000)
    results.over_seeds("accuracy/hard/bn_large", [0.961, 0.969, 0.965], scenes=20000)
    differing = [0.83, 0.84, 0.82, 0.85, 0.81]
    results.over_seeds("answers_by_background/hard/bn_compact", differing, scenes=1000)
    results.over_seeds("rectangle_wins/hard/bn_compact/twice", differing, scenes=1000)
    results.counts("accuracy/hard/mean_intensity", 6500, 20000)
    share = Interval(0.94, 0.97, 0.96)
    results.interval("accuracy/tissue/middle_level", share, scenes=300, method="over blocks")
    results.over_seeds("accuracy/hard/bn_compact/raw", [0.5, 0.6, 0.7], scenes=20000)
    save_part(results)
    merge(folder, ["01_data"])
    manifest = new_manifest(checkout.root, "standard", {"01_data": {}})
    manifest["machine"] |= {"processor": "a processor", "cores": 2, "memory_gb": 24}
    manifest["commit"] = "0123456789abcdef"
    manifest["dirty"], manifest["networks"] = False, 0
    manifest["notebooks"]["01_data"] = PASSED
    save_manifest(folder, manifest)
    executed(checkout, "standard", "01_data")
    for name in (README, PAGE):
        (checkout.root / name).parent.mkdir(exist_ok=True)
        (checkout.root / name).write_text(TEXTS[name])
    checkout.profile("standard", "01_data: {setting: discs, scenes: 1, training_scenes: 1}\n")
    return checkout


@pytest.fixture(autouse=True)
def store(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store."""
    monkeypatch.setenv("INTENSITY_STORE", str(checkout.root / "store"))
    return Store()


def read(checkout: Any, name: str) -> str:
    """A file of the checkout."""
    text: str = (checkout.root / name).read_text()
    return text


def test_the_readme_gets_the_main_findings(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intensity.environment.Layout", lambda: checkout.layout)
    assert main(["publish"]) == 0
    lines = read(checkout, README).splitlines()
    (found,) = (line for line in lines if line.startswith("- **"))  # others lack a measurement
    assert found.startswith("- **On another background, does a network trained on black read the ")
    assert "level in 83.0 % [81.0, 85.0] of scenes" in found
    first, last = lines.index("<!-- findings -->"), lines.index("<!-- /findings -->")
    (over,) = (line for line in lines if line.startswith("Brackets are 95 % intervals over "))
    assert first < lines.index(found) < lines.index(over) < last
    row = next(line for line in lines if line.startswith("| P1. "))
    assert row.endswith(" | undecided |")
    assert "? | paper, sections 1 and 2 | " in row
    assert "`bn_compact` (ours) 95.50 % [94.51, 96.49] (claimed: >= 95 %), " in row
    (tallies,) = (line for line in lines if line.startswith("The paper's claims: of 2, "))
    assert " Our claims: of " in tallies
    (last,) = (line for line in lines if line.startswith("[All claims, "))
    assert last.startswith("[All claims, ours too](docs/results.md). From a `standard` run")
    assert "of commit `0123456789` on 2 cores (a processor, 24 GB)." in last


def test_the_page_of_results_gets_all_of_them(checkout: Any) -> None:
    publish(checkout.layout)
    lines = read(checkout, PAGE).splitlines()
    row = next(line for line in lines if line.startswith("| `hard` |")).split(" | ")
    assert row[1] == (
        "`bn_compact` 95.50 % [94.51, 96.49]<br>`bn_large` 96.50 % [95.51, 97.49]"
        "<br>(3 seeds, 20,000 scenes)"
    )
    assert row[2].startswith("`mean_intensity` 32.50 % [")
    assert row[2].endswith("]<br>(20,000 scenes) |")
    (row,) = (line for line in lines if line.startswith("| `tissue` |"))
    assert row.endswith(
        "| none | `middle_level` 96.0 % [94.0, 97.0]<br>(300 scenes, over blocks) |"
    )
    assert not any("raw" in line for line in lines if line.startswith("|"))
    assert {"## The paper's claims", "## Our claims"} < set(lines)
    (first,) = (line for line in lines if line.startswith("| P1 |"))
    assert first.endswith("| 95.50 % [94.51, 96.49] | lower bound >= 95 % | undecided |")
    left = [line for line in lines if line.endswith("| left to paper |")]
    claims = load_results(checkout.layout.run("standard")).all_claims
    assert len(left) == sum(len(claim.left) for claim in claims) > 0


@pytest.mark.parametrize("name", [README, PAGE])
def test_only_the_marked_part_is_renewed_and_no_more_the_next_time(
    checkout: Any, name: str
) -> None:
    publish(checkout.layout)
    text = read(checkout, name)
    assert text.startswith(TEXTS[name].partition("stale")[0])
    assert text.endswith("<!-- /results -->\n\nThe rest.\n")
    assert "stale" not in text
    publish(checkout.layout)
    assert read(checkout, name) == text


def test_the_results_become_the_expected_ones(checkout: Any) -> None:
    publish(checkout.layout)
    results = load_results(checkout.layout.run("standard"))
    published = read_value(checkout.root / "expected" / "standard.json", Expected)
    assert published.known == results.known
    assert published.claims == results.claims
    assert published.made["commit"] == "0123456789abcdef"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"complete": False}, "runs/standard: the run is not complete"),
        ({"dirty": True}, "it ran with uncommitted changes"),
        ({"notebooks": {"01_data": PASSED, "02": PASSED | {"commit": "4567"}}}, "on 2 commits"),
        ({"notebooks": {"01_data": PASSED | {"pretrained": True}}}, "it ran with --pretrained"),
        ({"notebooks": {"01_data": PASSED | {"dirty": True}}}, "it ran with uncommitted changes"),
        ({"notebooks": {"01_data": PASSED | {"backend": "jax"}}}, "it trained with jax"),
    ],
)
def test_a_run_that_is_not_whole_or_of_another_origin_is_refused(
    checkout: Any, changed: dict[str, Any], said: str
) -> None:
    path = checkout.layout.run("standard") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    with pytest.raises(InvalidInput, match=said):
        publish(checkout.layout)
    assert read(checkout, README) == TEXTS[README]
    assert not (checkout.root / "expected").exists()


def test_figures_page_and_notebooks_can_be_read_without_a_run(checkout: Any) -> None:
    publish(checkout.layout)
    published = checkout.root / "published"
    assert (checkout.layout.figures / "01-a.png").read_bytes() == PNG
    page = (published / "index.html").read_text("utf8")
    assert 'src="../figures/01-a.png"' in page
    assert 'href="../expected/standard.json"' in page
    small = (published / "notebooks" / "01_data.ipynb").read_text()
    assert "image/png" in small
    assert "papermill" not in small


def test_a_figure_that_is_no_longer_drawn_goes_and_others_stay(checkout: Any) -> None:
    drawn = checkout.layout.run("standard") / "figures" / "01-old.csv"
    drawn.write_text("x\n1\n")
    publish(checkout.layout)
    (checkout.layout.figures / "01-mine.csv").write_text("x\n2\n")
    drawn.unlink()
    publish(checkout.layout)
    assert {path.name for path in checkout.layout.figures.iterdir()} == {"01-a.png", "01-mine.csv"}


def test_a_run_whose_notebook_is_gone_is_refused_before_anything_is_written(checkout: Any) -> None:
    (checkout.layout.run("standard") / "notebooks" / "01_data.ipynb").unlink()
    with pytest.raises(InvalidInput, match=r"01_data.ipynb: no notebook can be read there"):
        publish(checkout.layout)
    assert read(checkout, README) == TEXTS[README]
    assert not (checkout.root / "published").exists()


def test_without_a_run_it_is_refused(checkout: Any) -> None:
    (checkout.layout.run("standard") / "results.json").unlink()
    with pytest.raises(InvalidInput, match="is not there"):
        publish(checkout.layout)


@pytest.mark.parametrize("name", [README, PAGE])
@pytest.mark.parametrize("text", ["", "<!-- results -->", "<!-- /results --><!-- results -->"])
def test_a_file_without_both_markers_is_refused(checkout: Any, name: str, text: str) -> None:
    (checkout.root / name).write_text(text)
    with pytest.raises(InvalidInput, match=f"^{name}: the markers"):
        publish(checkout.layout)
    assert read(checkout, name) == text
    (other,) = {README, PAGE} - {name}
    assert read(checkout, other) == TEXTS[other]
    assert not (checkout.root / "published").exists()
    assert not (checkout.root / "expected").exists()


def trained(store: Store, seed: int, size: int, seconds: float = 1) -> Run:
    """A run of the profile with a network of so many bytes, trained in so many seconds."""
    recipe = {"epochs": 1, "epoch_images": 64}
    c = configure(
        task="hard", scenes="discs", network="bn_tiny", recipe=recipe, seed=seed,
        test_images=100, validation_images=50,
    )  # fmt: skip
    return add_run(
        run_name(c),
        {
            "config.json": b"{}",
            "metrics.json": json.dumps({"seconds": seconds}).encode(),
            "model.keras": b"x" * size,
        },
        store,
    )


@pytest.fixture
def training(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook trains a network with two seeds."""
    monkeypatch.setitem(sections.SECTIONS, "01_data", sections.WithTrainings)
    table = "{task: hard, scenes: discs, network: bn_tiny, epochs: 1, epoch_images: 64}"
    sizes = "seeds: [100, 101]\ntest_images: 100\nvalidation_images: 50\n"
    rows = f"trainings: {{tiny: {table}}}\n01_data: {{trainings: [tiny]}}\n"
    checkout.profile("standard", sizes + rows)


def test_small_networks_ship_and_others_do_not(checkout: Any, training: None, store: Store) -> None:
    small, large = trained(store, 100, 1000), trained(store, 101, publishing.LARGEST[0])
    old = checkout.layout.pretrained / "bn_tiny-hard-0123"
    other = old.with_name("some-one-elses")
    for folder in (old, other):
        folder.mkdir(parents=True)
    (old / entries.DIGESTS).write_text("{}")
    (other / "notes.txt").write_text("mine")
    (other / entries.DIGESTS).write_text("{}")
    (old.parent / "README.md").write_text("about")
    publish(checkout.layout)
    assert {path.name for path in old.parent.iterdir()} == {"README.md", other.name, small.name}
    entries.check(old.parent / small.name)
    assert (old.parent / small.name / "model.keras").read_bytes() == b"x" * 1000
    assert large.path.exists()


def test_a_larger_network_ships_where_training_it_again_takes_long(
    checkout: Any, training: None, store: Store
) -> None:
    size = publishing.LARGEST[0]
    quick, long = trained(store, 100, size, 899), trained(store, 101, size, 901)
    publish(checkout.layout)
    assert [path.name for path in checkout.layout.pretrained.iterdir()] == [long.name]
    assert quick.path.exists()


def test_too_much_is_not_shipped(
    checkout: Any, training: None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "MOST", 1500)
    for seed in (100, 101):
        trained(store, seed, 1000)
    with pytest.raises(InvalidInput, match=r"pretrained: .* MB is not allowed"):
        publish(checkout.layout)
    assert read(checkout, README) == TEXTS[README]
    assert not checkout.layout.pretrained.exists()


def test_a_run_that_goes_on_is_not_published(checkout: Any) -> None:
    folder = checkout.layout.run("standard")
    with (
        Lock(lock_of(folder)),
        pytest.raises(InvalidInput, match="it is being run or published"),
    ):
        publish(checkout.layout)
    publish(checkout.layout)


def scale_run(checkout: Any) -> None:
    """A complete run of the profile `paper`, of one notebook that standard does not run."""
    checkout.notebook("08_paper_scale")
    folder = checkout.layout.run("paper")
    results = Results("08_paper_scale", folder)
    results.counts("accuracy/hard/bn_medium_full", 98, 100, seeds=1)
    save_part(results)
    merge(folder, ["08_paper_scale"])
    manifest = new_manifest(checkout.root, "paper", {"08_paper_scale": {}})
    manifest |= {"commit": "0123456789abcdef", "dirty": False, "networks": 1}
    manifest["training_core_hours"] = 12.34
    manifest |= {"started": "2026-02-03T04:05", "finished": "2026-02-04T04:05"}
    manifest["notebooks"]["08_paper_scale"] = PASSED
    save_manifest(folder, manifest)
    executed(checkout, "paper", "08_paper_scale")


def test_the_papers_scale_has_a_place_of_its_own(
    checkout: Any, training: None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = trained(store, 100, 1000)
    publish(checkout.layout)
    monkeypatch.setitem(sections.SECTIONS, "08_paper_scale", sections.WithTrainings)
    standard = (checkout.root / "params" / "standard.yaml").read_text()
    checkout.profile(
        "paper", standard.replace("[100, 101]", "[102, 103]").replace("01_data", "08_paper_scale")
    )
    scale_run(checkout)
    with pytest.raises(InvalidInput, match="the markers <!-- paper scale --> and"):
        publish(checkout.layout, "paper")
    for name in (README, PAGE):
        path = checkout.root / name
        path.write_text(path.read_text() + "<!-- paper scale --><!-- /paper scale -->\n")
    before = read(checkout, README)
    large = trained(store, 102, 2000)
    publish(checkout.layout, "paper")
    after = read(checkout, README)
    assert after.startswith(before.partition("<!-- paper scale -->")[0])
    (row,) = (line for line in after.splitlines() if line.startswith("| bn_medium |"))
    assert row.endswith("(one seed) | - | 97.6 % | 97.58 % |")
    assert "12.3 core hours of training, 2026-02-03 to 2026-02-04" in after
    page = checkout.root / "published" / "paper" / "index.html"
    assert 'src="figures/08-a.png"' in page.read_text("utf8")
    assert (page.parent / "figures" / "08-a.png").read_bytes() == PNG
    assert not (checkout.layout.figures / "08-a.png").exists()  # it is no figure of standard
    shipped = {path.name for path in checkout.layout.pretrained.iterdir()}
    assert shipped == {small.name, large.name}  # those of standard stay
    publish(checkout.layout)
    assert {path.name for path in checkout.layout.pretrained.iterdir()} == shipped
    assert (checkout.root / "expected" / "paper.json").exists()
