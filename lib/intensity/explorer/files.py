"""Image files of one's own, as grey levels that a network takes; what was converted is said.

Nothing of a file is trusted: its size is bounded before it is read, the size of its picture before
that is unpacked, and only the decoders of a few formats are tried.
"""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from intensity.values import InvalidInput

MOST_BYTES = 8_000_000
"""Bytes that a file may have."""

MOST_PIXELS = 16_000_000
"""Pixels that it may have."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""Formats that are read, as Pillow names them."""

PLAIN = ("1", "L", "LA", "P", "RGB", "RGBA")
"""Pillow's modes of 8 bits or fewer: black and white, grey, color; some with transparency."""

DEEP = ("I;16", "I;16L", "I;16B")
"""Pillow's modes of 16 bits of grey."""


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image of one's own.

    Args:
        name: of the file, for people.
        grey: (h, w) uint8, grey levels.
        words: what was converted, for example "color as luma".
    """

    name: str
    grey: np.ndarray
    words: tuple[str, ...] = ()

    def fitted(self, size: int) -> np.ndarray:
        """(size, size) uint8: itself, or means of the pixels that fall on each new one."""
        if self.grey.shape == (size, size):
            return self.grey
        return np.asarray(Image.fromarray(self.grey).resize((size, size), Image.Resampling.BOX))

    def described(self, size: int) -> str:
        """Size and conversions in words, as it is shown to a network for images of a size."""
        height, width = self.grey.shape
        words = list(self.words)
        if (height, width) != (size, size):
            how = "means" if height == width else "means, which changes its proportions"
            words.append(f"resized to {size} x {size} by {how}")
        return ", ".join([f"{self.name}, {width} x {height} pixels", *words])


def read_image(name: str, content: bytes) -> ImageFile:
    """The picture of a file; of several, the first.

    Color becomes luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), which leaves grey as it is; 16
    bits are divided by 257; black is behind what is transparent.

    Raises:
        InvalidInput: too large, no image, of another format or depth, or damaged.
    """
    name = " ".join(name.split())[:60]
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"{name}: more than {MOST_BYTES / 1e6:.0f} MB are not allowed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of what is refused below or does not matter
            return _converted(name, Image.open(io.BytesIO(content), formats=FORMATS))
    except InvalidInput:
        raise
    except UnidentifiedImageError:
        allowed = ", ".join(FORMATS)
        raise InvalidInput(f"{name}: is no image of the formats {allowed}") from None
    except Exception as error:  # a decoder may end with anything where a file is damaged
        reason = " ".join(str(error).split())[:100]
        raise InvalidInput(f"{name}: cannot be read: {reason}") from None


def _converted(name: str, image: Image.Image) -> ImageFile:
    """An opened image, of which only the header has been read, as grey levels."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        allowed = f"at most {MOST_PIXELS:,} pixels"
        raise InvalidInput(f"{name}: {width} x {height} pixels are not allowed: {allowed}")
    words = ["the first picture of several"] if getattr(image, "is_animated", False) else []
    if image.mode in DEEP:
        deep = np.asarray(image)
        return ImageFile(name, np.rint(deep / 257).astype(np.uint8), (*words, "16 bits as 8"))
    if image.mode not in PLAIN:
        allowed = "8 or 16 bits of grey, or 8 bits of red, green and blue"
        raise InvalidInput(f"{name}: pixels of type {image.mode} are not allowed: {allowed}")
    full = image.convert("RGBA")
    if np.asarray(full.getchannel("A")).min() < 255:
        full = Image.alpha_composite(Image.new("RGBA", full.size, (0, 0, 0, 255)), full)
        words.append("black behind what is transparent")
    red, green, blue, _ = (np.asarray(channel) for channel in full.split())
    if not (np.array_equal(red, green) and np.array_equal(green, blue)):
        words.append("color as luma")
    return ImageFile(name, np.asarray(full.convert("L")), tuple(words))
