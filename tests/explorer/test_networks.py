"""Which networks are offered, in which order and words; what does not fit is said, not shown."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from intensity.environment import Layout
from intensity.explorer import networks
from intensity.explorer.networks import (
    SMALL,
    find_networks,
    open_network,
    setting_words,
    train_small,
)
from intensity.storage.store import Store
from intensity.training import runs as runs_module
from intensity.training.presets import find_setting
from intensity.training.runs import Run, usual_store
from intensity.values import InvalidInput
from untrained import untrained

Keep = Callable[..., Run]


def test_an_empty_store_has_nothing_to_offer_and_nothing_to_refuse(store: Store) -> None:
    assert find_networks(store) == ({}, "")


def test_headlines_come_first_and_titles_say_what_is_there(store: Store, keep: Keep) -> None:
    keep(seed=1)
    keep(accuracy=0.25)
    keep(network="bn_compact", accuracy=0.875)
    found = find_networks(store)
    assert [*found.runs] == [
        "bn_compact on hard, seed 0: 87.5% (discs, other size, other areas; 64 images)",
        "bn_tiny on hard, seed 0: 25.0% (discs, other size, other areas; 64 images)",
        "bn_tiny on hard, seed 1: 50.0% (discs, other size, other areas; 64 images)",
    ]
    assert found.refused == ""


def test_networks_of_one_title_have_the_end_of_their_names(store: Store, keep: Keep) -> None:
    kept = {keep(recipe={"epochs": 1, "epoch_images": 64, "batch": b}).name for b in (16, 32)}
    titles = [*find_networks(store).runs]
    assert len(titles) == 2
    assert {title[-6:] for title in titles} == {name.rsplit("-", 1)[1][:6] for name in kept}


def test_published_networks_are_offered_too_and_once(store: Store, keep: Keep) -> None:
    run = keep()
    assert store.published is not None
    store.published.mkdir()
    (store.published / run.name).symlink_to(run.path)
    (only,) = find_networks(store).runs.values()
    assert only.path.parent == store.published


def test_what_does_not_fit_is_counted_with_its_reason_and_stays(store: Store, keep: Keep) -> None:
    for seed in range(4):
        keep(seed=seed)
    damaged, other, strange, _ = sorted((store.root / "runs").iterdir())
    (damaged / "config.json").write_text("{}")
    other.rename(other.with_name("bn_tiny-hard-0123456789abcdef"))
    (strange / "sha256.json").unlink()
    found = find_networks(store)
    assert len(found.runs) == 1
    assert found.refused == "Networks that do not fit: 3 damaged."
    assert len(list((store.root / "runs").iterdir())) == 4


def test_a_network_of_other_code_is_counted(
    store: Store, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep()
    monkeypatch.setattr(runs_module, "training_code", lambda: "another")
    words = "Networks that do not fit: 1 trained by other code."
    assert find_networks(store) == ({}, words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("discs", "discs"),
        ({"setting": "squares", "noise": None}, "squares, other noise"),
        ({"setting": "discs", "permutation": "fresh"}, "discs, other permutation"),
    ],
)
def test_settings_are_named_by_the_nearest_one(options: Any, words: str) -> None:
    assert setting_words(find_setting(options)) == words


def test_a_network_is_opened_with_what_it_was_trained_on(keep: Keep) -> None:
    run = keep()
    subject = open_network(run)
    assert subject.configuration == run.configuration
    assert subject.layers[-1] == "logits"


def test_a_damaged_network_is_refused_in_one_line(keep: Keep) -> None:
    run = keep()
    (run.path / "model.keras").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match=r"model\.keras is not what was written") as refusal:
        open_network(run)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_network_for_other_images_is_refused(keep: Keep) -> None:
    larger = keep(scenes="discs")
    run = keep(model=larger.model)
    with pytest.raises(InvalidInput, match="64 x 64 pixels is not allowed: 32 x 32"):
        open_network(run)


def test_the_small_network_is_trained_once_and_reports_its_progress(
    store: Store, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def train_each(wanted: list[Any], store: Store) -> list[Run]:
        """Training that only reports."""
        assert wanted == [SMALL]
        sys.stderr.write("\r 40 % of training |####      | 00:08<00:12 1/1 networks")
        return [keep(**{name: getattr(SMALL, name) for name in ("task", "scenes", "network")})]

    monkeypatch.setattr(networks, "train_each", train_each)
    run = train_small(store, said.append)
    assert said == ["40 %"]
    assert run in find_networks(store).runs.values()


def test_the_small_network_is_small() -> None:
    model = untrained(SMALL)
    assert SMALL.scenes.size == 32
    assert model.count_params() < 20_000


def test_pretrained_networks_count_unless_others_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("INTENSITY_PRETRAINED", raising=False)
    assert usual_store().published == Layout().pretrained
    monkeypatch.setenv("INTENSITY_PRETRAINED", str(tmp_path))
    assert usual_store().published == tmp_path
