"""Image files: grey levels are exact, what is converted is said, what cannot be read is a line."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from intensity.explorer.files import MOST_BYTES, MOST_PIXELS, ImageFile, read_image
from intensity.values import InvalidInput

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
"""An image of every grey level."""


def written(pixels: np.ndarray | Image.Image, kind: str = "png", **options: object) -> bytes:
    """An image as a file."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and then ends."""
    size = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    ended = struct.pack(">I", zlib.crc32(size))
    content = struct.pack(">I", 9) + b"IDAT"
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(size) - 4) + size + ended + content


@pytest.mark.parametrize("kind", ["png", "bmp", "gif", "tiff"])
def test_grey_levels_are_those_of_the_file(kind: str) -> None:
    file = read_image(f"all.{kind}", written(LEVELS, kind))
    np.testing.assert_array_equal(file.grey, LEVELS)
    assert file.words == ()
    assert file.described(16) == f"all.{kind}, 16 x 16 pixels"


@pytest.mark.parametrize("channels", [3, 4])
def test_grey_that_is_stored_as_color_is_not_changed(channels: int) -> None:
    color = np.repeat(LEVELS[..., None], channels, axis=2)
    color[..., 3:] = 255
    file = read_image("a.png", written(color))
    np.testing.assert_array_equal(file.grey, LEVELS)
    assert file.words == ()


def test_black_and_white_are_the_ends_of_the_scale() -> None:
    file = read_image("a.png", written(LEVELS > 100))
    np.testing.assert_array_equal(file.grey, np.where(LEVELS > 100, 255, 0))


def test_color_becomes_luma_and_that_is_said() -> None:
    primaries = np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]])
    file = read_image("a.png", written(primaries))
    np.testing.assert_array_equal(file.grey, [[76, 150, 29, 255]])
    assert file.words == ("color as luma",)


def test_sixteen_bits_become_eight_and_that_is_said() -> None:
    deep = LEVELS.astype(np.uint16) * 257
    for kind in ("png", "tiff"):
        file = read_image("a", written(deep + (deep < 65535), kind))
        np.testing.assert_array_equal(file.grey, LEVELS)
        assert file.words == ("16 bits as 8",)


def test_black_is_behind_what_is_transparent_and_that_is_said() -> None:
    pixels = np.uint8([[[200, 200, 200, 255], [200, 200, 200, 0], [0, 0, 0, 0]]])
    file = read_image("a.png", written(pixels))
    np.testing.assert_array_equal(file.grey, [[200, 0, 0]])
    assert file.words == ("black behind what is transparent",)


def test_of_several_pictures_the_first_is_shown_and_that_is_said() -> None:
    frames = [Image.fromarray(LEVELS), Image.fromarray(255 - LEVELS)]
    file = read_image("a.gif", written(frames[0], "gif", save_all=True, append_images=frames[1:]))
    np.testing.assert_array_equal(file.grey, LEVELS)
    assert file.words == ("the first picture of several",)


def test_another_size_is_fitted_by_means_and_that_is_said() -> None:
    small = ImageFile("a.png", np.uint8([[0, 100], [200, 50]]))
    assert small.fitted(2) is small.grey
    np.testing.assert_array_equal(small.fitted(4), small.grey.repeat(2, 0).repeat(2, 1))
    large = ImageFile("a.png", np.uint8([[0, 10, 55, 55], [20, 30, 55, 55]]), ("color as luma",))
    np.testing.assert_array_equal(large.fitted(1), [[35]])
    assert small.described(4) == "a.png, 2 x 2 pixels, resized to 4 x 4 by means"
    assert large.described(2) == (
        "a.png, 4 x 2 pixels, color as luma, resized to 2 x 2 by means, "
        "which changes its proportions"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no image of the formats PNG, JPEG, GIF, BMP, TIFF, WEBP"),
        (b"Dear Sir or Madam,", "is no image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no image"),
        (written(LEVELS)[:-60], "cannot be read: "),
        (
            written(Image.new("CMYK", (9, 9)), "jpeg"),
            "of type CMYK are not allowed: 8 or 16 bits",
        ),
        (written(np.ones((4, 4), np.float32), "tiff"), "pixels of type F are not allowed"),
        (written(np.ones((4, 4), np.int32), "tiff"), "pixels of type I are not allowed"),
        (bytes(MOST_BYTES + 1), "more than 8 MB are not allowed"),
        (header(4001, 4000), "4001 x 4000 pixels are not allowed: at most 16,000,000 pixels"),
        (header(10_000, 10_000), "10000 x 10000 pixels are not allowed"),
        (header(60_000, 60_000), "cannot be read: Image size"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_image("my\nfile.png", content)
    assert str(refusal.value).startswith("my file.png: ")
    assert said in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_the_largest_picture_that_is_allowed_is_read() -> None:
    file = read_image("a.png", written(Image.new("1", (4000, MOST_PIXELS // 4000), 1)))
    assert file.grey.min() == 255


@given(st.data())
def test_a_damaged_file_is_an_image_or_a_line(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["png", "jpeg", "gif", "bmp", "tiff", "webp"]))
    content = bytearray(written(LEVELS, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    try:
        found = read_image("a", bytes(content)).described(16)
    except InvalidInput as refusal:
        found = str(refusal)
    assert found.startswith("a")
    assert len(found.splitlines()) == 1
