"""Tables of scores hold, for each seed, the mean over the scenes that have a score."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import untrained
from intensity.attribution.registry import METHODS, find_method
from intensity.evaluation import scores
from intensity.evaluation.comparison import first_test_scenes
from intensity.values import InvalidInput

NAN = np.nan
GRADIENT, SOBEL = METHODS["gradient"], find_method("sobel")


def runs(measured: Callable[..., Any], seeds: int = 2) -> Any:
    """Runs of which a function measures what this one says: of its name, seed and arguments."""
    made = []
    for seed in range(seeds):
        c = untrained.configuration(task="distractor", scenes="pairs", seed=seed)

        def measure(function: Any, *arguments: Any, seed: int = seed) -> Any:
            return measured(function.__name__, seed, *arguments)

        made.append(SimpleNamespace(measure=measure, store=SimpleNamespace(measure=measure),
                                    configuration=c))  # fmt: skip
    return made


def scored(by_seed: Sequence[dict[str, Any]]) -> Any:
    """Runs whose maps have these scores under a truth that is theirs."""

    def measured(name: str, seed: int, scenes: Any, *others: Any) -> Any:
        if name == "repaint_truth":
            return {"signed": seed, "absolute": -seed}
        if name == "recoloring_effects":
            return {"effect": np.array([seed, NAN])}
        if name == "object_strength":
            return {"strength": 10 * by_seed[seed]["strength"]}
        assert name == "map_scores"
        assert others[1:] == (seed, -seed)
        return by_seed[seed]

    return runs(measured, len(by_seed))


def test_a_row_a_method_score_and_seed_over_the_scenes_that_have_the_score() -> None:
    network = scored([
        {"absolute/auc": np.array([0.5, NAN, 0.7]), "strength": np.array([9.0])},
        {"absolute/auc": np.array([0.8]), "strength": np.array([9.0])},
    ])  # fmt: skip
    table = scores.method_scores([network, network], 3, [GRADIENT, SOBEL])
    assert table["value"].tolist() == pytest.approx([0.6, 0.8] * 4)
    assert table["scenes"].tolist() == [2, 1] * 4
    assert table["error"].tolist() == pytest.approx([0.1, 0] * 4)  # half the range of two numbers
    assert table["seed"].tolist() == [0, 1] * 4
    assert table["label"].tolist() == (["gradient"] * 2 + ["Sobel"] * 2) * 2
    assert table["group"].tolist() == (["gradient"] * 2 + ["image"] * 2) * 2
    assert {*table["task"]} == {"distractor"}
    assert {*table["unit"]} == {"AUC"}


def test_a_score_that_no_scene_has_is_refused() -> None:
    network = scored([{"absolute/rank": np.array([NAN])}])
    with pytest.raises(InvalidInput, match="gradient/absolute/rank: no scene"):
        scores.method_scores([network], 1, [GRADIENT])


def test_relevance_stands_beside_the_effect_and_the_distance_of_its_scene() -> None:
    network = scored([{"strength": np.array([1.0, 2.0])}, {"strength": np.array([5.0, 6.0])}])
    table = scores.object_relevance(network, [GRADIENT], 2, 50)
    scored_ones = scores.scored_relevance(network, [GRADIENT], 2)
    effect, gradient = (table[table["method"] == name] for name in ("recolor", "gradient"))
    np.testing.assert_array_equal(effect["relevance"], [0, NAN, 1, NAN])
    np.testing.assert_array_equal(gradient["relevance"], [10, 20, 50, 60])
    np.testing.assert_array_equal(scored_ones["relevance"], [1, 2, 5, 6])
    scenes = first_test_scenes(network, 2)
    nearest = [np.abs(level - scenes.task.edges).min() for level in scenes.intensity.astype(int)]
    for part in (effect, gradient, scored_ones):
        np.testing.assert_allclose(part["distance"], nearest * 2)
    np.testing.assert_array_equal(gradient["intensity"], [*scenes.intensity] * 2)


def checked(name: str, seed: int, *arguments: Any) -> Any:
    """Maps that are known: seed 1 has a blank one."""
    if name == "randomized_weights":
        assert len(arguments[0]) == 1
        return {"logits": np.array([0.8]), "conv1": np.array([NAN if seed else 0.2])}
    if name == "learned_by_heart":
        network, scenes, own = arguments
        assert (network.name, len(scenes), own) == ("bn_tiny", 4, seed)
        return {"accuracy": np.array(1.0)}
    if name == "randomized_labels":
        return {"labels": np.array([0.4])}
    return {
        "polarity": np.array([1.0, NAN]),
        "classes": np.array([NAN, 0.5]),
        "blank": np.array([[False, True], [False, False]]),
    }


def test_checks_are_of_few_and_of_all_scenes_and_blank_maps_agree_with_none() -> None:
    table = scores.method_checks(runs(checked), [GRADIENT], 2, 1, 4)
    first = table[table["seed"] == 0].set_index("score")["value"]
    assert first.to_dict() == pytest.approx(
        {
            "shuffled_weights_agreement": 0.2,
            "shuffled_labels_agreement": 0.4,
            "class_map_correlation": 0.5,
            "polarity_agreement": 0.5,
            "blank_maps": 0.25,
        }
    )
    second = table[table["seed"] == 1].set_index("score")
    assert second.loc["shuffled_weights_agreement", "value"] == 0
    assert second.loc["class_map_correlation", "scenes"] == 1


def test_weights_are_shuffled_layer_by_layer_in_both_orders() -> None:
    table = scores.weight_checks(runs(checked), [GRADIENT], 1)
    cascading = table[table["order"] == "cascading"]
    assert cascading["value"].tolist() == [0.8, 0.2, 0.8, 0]
    assert cascading["step"].tolist() == [1, 2, 1, 2]
    assert cascading["layer"].tolist() == ["logits", "conv1"] * 2
    assert cascading["seed"].tolist() == [0, 0, 1, 1]
    assert (table["order"] == "independent").sum() == 4


def test_saliency_of_fresh_weights_stands_beside_that_of_trained_ones() -> None:
    shares = {"saliency_share": [0.5, 0.7], "untrained_saliency_share": [0.1, 0.3]}
    network = runs(lambda name, seed, *_: {"share": np.array(shares[name]) + seed / 10})
    table = scores.saliency_scores("tiny", network, 2)
    assert table["map"].tolist() == ["tiny", "tiny/untrained"] * 2
    assert table["value"].tolist() == pytest.approx([0.6, 0.2, 0.7, 0.3])
    assert table["scenes"].tolist() == [2] * 4


def test_a_gallery_has_a_map_a_label_and_the_truth_last() -> None:
    def measured(name: str, _: int, __: Any, *method: Any) -> Any:
        if name == "repaint_truth":
            return {"signed": np.ones((1, 2, 2))}
        return {"maps": np.full((1, 4, 4), len(method[0].name))}

    (run,) = runs(measured, 1)
    gallery = scores.gallery_maps(run, first_test_scenes([run], 1), [GRADIENT, SOBEL])
    assert list(gallery) == ["gradient", "Sobel", "model truth:\nrepainting"]
    assert [one.shape for one in gallery.values()] == [(4, 4), (4, 4), (2, 2)]
