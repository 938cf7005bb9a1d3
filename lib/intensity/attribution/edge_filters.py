"""Maps that need no network: what every method has to beat.

An object contrasts with a black background, so the image alone already "finds" it. All take
(n, h, w) grey levels and return (n, h, w) maps that are nowhere negative.
"""

import numpy as np
from scipy.ndimage import laplace, sobel


def random_map(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Uniform random numbers, another map for every image."""
    stream = np.random.Generator(np.random.Philox(key=seed))
    return stream.random(images.shape, np.float32)


def image_map(images: np.ndarray) -> np.ndarray:
    """Grey levels as they are."""
    return np.abs(images.astype(np.float32))


def sobel_edges(images: np.ndarray) -> np.ndarray:
    """Magnitude of the gradient of grey levels, by Sobel's filters, within each image."""
    edges = [np.hypot(sobel(x, axis=0), sobel(x, axis=1)) for x in images.astype(np.float64)]
    return np.stack(edges)


def laplace_edges(images: np.ndarray) -> np.ndarray:
    """Magnitude of the Laplacian of grey levels, within each image."""
    return np.abs([laplace(image) for image in images.astype(np.float32)])
