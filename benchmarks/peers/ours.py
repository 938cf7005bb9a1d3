"""This project's methods, as they are called by anyone."""

from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from intensity.attribution.methods.finite_differences import finite_differences
from intensity.attribution.methods.gradient import gradient
from intensity.attribution.methods.guided_backprop import guided_backprop
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.methods.pca_direction import pca_direction


class Peer:
    """The exported network under our methods."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the network."""
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.model = keras.saving.load_model(folder / "model.keras")
        self.versions = {"tensorflow": version("tensorflow")}

    def logits(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, classes)."""
        del classes
        return np.asarray(self.model(images[..., None].astype("float32"), training=False))

    def gradient(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        return gradient(self.model, images, classes=classes, batch=batch)

    def guided_backprop(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        return guided_backprop(self.model, images, classes=classes, batch=batch)

    def integrated_gradients(
        self, images: np.ndarray, classes: np.ndarray, batch: int, steps: int
    ) -> np.ndarray:
        """(n, h, w), from black."""
        found = integrated_gradients(
            self.model, images, baseline="black", steps=steps, classes=classes, batch=batch
        )
        return found.maps

    def ends(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(2, n, classes) logits of images and of black: what completeness is measured by."""
        both = (images, np.zeros_like(images))
        return np.stack([self.logits(some, classes, batch) for some in both])

    def pca_direction(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        return pca_direction(self.model, images, classes=classes, batch=batch)

    def finite_differences(
        self, images: np.ndarray, classes: np.ndarray, batch: int, levels: int
    ) -> np.ndarray:
        """(n, h, w), largest change."""
        return finite_differences(
            self.model, images, levels=levels, classes=classes, batch=batch
        ).largest

    def occlusion(
        self, images: np.ndarray, classes: np.ndarray, batch: int, stride: int
    ) -> np.ndarray:
        """(n, h, w), windows of 8 set to 0, logits."""
        return occlusion(
            self.model, images, fill=0, window=8, stride=stride, classes=classes, batch=batch
        )
