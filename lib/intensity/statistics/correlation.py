"""How alike two maps of one image are."""

import numpy as np
from scipy.stats import rankdata


def correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Pearson's correlation over the pixels of each image.

    Args:
        first: (n, ...) numbers.
        second: of the same shape.

    Returns:
        (n,) float64, -1..1; NaN where one of the two maps is the same everywhere.
    """
    one, other = (_centered(maps) for maps in (first, second))
    scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    products = (one * other).sum(axis=1)
    return np.divide(products, scale, out=np.full(len(one), np.nan), where=scale > 0)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's correlation, as `correlation`; equal values share their rank."""
    ranks = (rankdata(maps.reshape(len(maps), -1), axis=1) for maps in (first, second))
    return correlation(*ranks)


def _centered(maps: np.ndarray) -> np.ndarray:
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    flat = flat - flat[:, :1]
    return flat - flat.mean(axis=1, keepdims=True)
