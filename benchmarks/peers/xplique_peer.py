"""xplique on TensorFlow: https://deel-ai.github.io/xplique.

Its Saliency returns magnitudes, its GuidedBackprop and IntegratedGradients are signed; occlusion is
summed over the windows that cover a pixel. attribution.py converts.
"""

from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from xplique.attributions import GradCAM, GuidedBackprop, IntegratedGradients, Occlusion, Saliency


class Peer:
    """The exported network under xplique."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the network."""
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.model = keras.saving.load_model(folder / "model.keras")
        self.versions = {"xplique": version("xplique"), "tensorflow": version("tensorflow")}
        self.kept: dict[object, object] = {}

    def logits(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, classes)."""
        return np.asarray(self.model(images[..., None].astype("float32"), training=False))

    def gradient(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w), magnitudes."""
        return self._explain(Saliency, images, classes, batch_size=batch)

    def guided_backprop(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        return self._explain(GuidedBackprop, images, classes, batch_size=batch)

    def grad_cam(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w), of the last convolution, enlarged bicubically."""
        return self._explain(GradCAM, images, classes, batch_size=batch)

    def integrated_gradients(
        self, images: np.ndarray, classes: np.ndarray, batch: int, steps: int
    ) -> np.ndarray:
        """(n, h, w), from black, trapezoidal."""
        return self._explain(
            IntegratedGradients, images, classes, batch_size=batch, steps=steps, baseline_value=0.0
        )

    def occlusion(
        self, images: np.ndarray, classes: np.ndarray, batch: int, stride: int, window: int = 8
    ) -> np.ndarray:
        """(n, h, w), windows set to 0, logits."""
        return self._explain(
            Occlusion,
            images,
            classes,
            batch_size=batch,
            patch_size=window,
            patch_stride=stride,
            occlusion_value=0.0,
        )

    def _explain(
        self, method: type, images: np.ndarray, classes: np.ndarray, **options: object
    ) -> np.ndarray:
        """A method, made once for its options and then used again."""
        key = (method, *sorted(options.items()))
        if key not in self.kept:
            self.kept[key] = method(self.model, **options)
        targets = np.eye(self.model.output_shape[-1], dtype=np.float32)[classes]
        maps = self.kept[key](images[..., None].astype(np.float32), targets)
        return np.asarray(maps).reshape(images.shape)
