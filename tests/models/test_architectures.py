"""Architectures as data: what is allowed, how sizes shrink, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intensity.models.architectures import (
    SCALINGS,
    Average,
    Block,
    Convolution,
    Dense,
    Flatten,
    Layer,
    Network,
    Pool,
    feature_sizes,
    multiplications,
)
from intensity.training.presets import NETWORKS, find_network
from intensity.values import InvalidInput


def network(*layers: Layer) -> Network:
    return Network(name="some", layers=layers)


def fits(net: Network, size: int) -> bool:
    try:
        return bool(feature_sizes(net, size))
    except InvalidInput:
        return False


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scaling": "log"}, r"^Network\.scaling: 'log' is not allowed: .*'raw', 'unit'"),
        ({"name": "Über"}, r"^Network\.name: 'Über' is not allowed"),
        ({"depth": 3}, r"^Network\.depth: 3 is not allowed"),
        ({"layers": [{"kind": "gelu"}]}, r"^Network\.layers\.0: .*'gelu'.*'block'"),
        ({"layers": [{"kind": "block", "channels": 0}]}, r"Block\.channels: 0 is not allowed"),
        ({"layers": []}, r"^Network: layers: 0 of kind flatten or average; allowed: one$"),
        ({"layers": [{"kind": "pool"}]}, r"0 of kind flatten or average"),
        ({"layers": [{"kind": "flatten"}, {"kind": "average"}]}, r"2 of kind flatten or average"),
        ({"layers": [{"kind": "average"}, {"kind": "pool"}]}, r"average, pool is no order"),
        (
            {"layers": [{"kind": "dense", "units": 2}, {"kind": "flatten"}]},
            r"dense, flatten is no order; allowed: .*before flatten or average, dense after it$",
        ),
    ],
)
def test_wrong_tables_are_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as error:
        find_network({"network": "bn_tiny", **change})
    assert "\n" not in str(error.value)


def test_scalings_of_black_and_white() -> None:
    ends = {name: (offset, 255 * scale + offset) for name, (scale, offset) in SCALINGS.items()}
    assert ends == {"raw": (0, 255), "unit": (0, 1), "centered": (-2, pytest.approx(2, abs=0.02))}


def test_sizes_by_hand() -> None:
    # 64 -> (64 - 3) // 4 + 1 = 16 -> (16 - 3) // 4 + 1 = 4 -> flat
    assert feature_sizes(NETWORKS["bn_tiny"], 64) == [16, 4, 1]
    assert feature_sizes(NETWORKS["bn_compact"], 65) == [65, 33, 17, 1]
    assert feature_sizes(NETWORKS["small"], 21) == [21, 10, 1, 1, 1]


@given(
    st.lists(
        st.one_of(
            st.builds(
                Block,
                channels=st.just(2),
                stride=st.integers(1, 4),
                padding=st.sampled_from(["same", "valid"]),
            ),
            st.just(Pool()),
            st.just(Convolution(channels=2)),
        ),
        max_size=5,
    ),
    st.integers(1, 64),
)
def test_sizes_never_grow_and_a_larger_image_always_fits(layers: list[Layer], size: int) -> None:
    net = network(*layers, Average())
    large = feature_sizes(net, 5**6)
    assert large == sorted(large, reverse=True)
    if fits(net, size):
        pairs = zip(feature_sizes(net, size), feature_sizes(net, size + 1), strict=True)
        assert all(1 <= smaller <= larger for smaller, larger in pairs)


@pytest.mark.parametrize(("name", "size"), [("bn_tiny", 10), ("large", 7), ("bn_huge", 14)])
def test_an_image_that_is_one_pixel_too_small_is_refused(name: str, size: int) -> None:
    with pytest.raises(InvalidInput, match=rf"^size: {size} is too small for network {name}"):
        feature_sizes(NETWORKS[name], size)
    assert min(feature_sizes(NETWORKS[name], size + 1)) == 1


def test_multiplications_by_hand() -> None:
    net = network(
        Convolution(channels=4), Pool(), Block(channels=6, stride=2), Flatten(), Dense(units=5)
    )
    convolution = 8 * 8 * 9 * 1 * 4
    block = 2 * 2 * 9 * (4 * 6 + 6 * 6)
    assert multiplications(net, 8) == convolution + block + 2 * 2 * 6 * 5


def test_multiplications_of_what_is_permutation_invariant_count_the_pixels_only() -> None:
    assert multiplications(NETWORKS["pixels"], 64) == 64 * 64
