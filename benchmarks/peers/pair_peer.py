"""PAIR saliency: https://github.com/PAIR-code/saliency. One image a call; maps are signed."""

from importlib.metadata import version
from pathlib import Path

import keras
import numpy as np
import saliency.core as saliency
import tensorflow as tf


class Peer:
    """The exported network under PAIR saliency."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the network and compile the function that the library calls."""
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.model = keras.saving.load_model(folder / "model.keras")
        self.versions = {"saliency": version("saliency"), "tensorflow": version("tensorflow")}
        self.slopes = tf.function(self._slopes, reduce_retracing=True)

    def logits(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, classes)."""
        return np.asarray(self.model(images[..., None].astype("float32"), training=False))

    def gradient(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        method = saliency.GradientSaliency()
        return self._each(images, classes, lambda x, y: method.GetMask(x, self._call, {"class": y}))

    def integrated_gradients(
        self, images: np.ndarray, classes: np.ndarray, batch: int, steps: int
    ) -> np.ndarray:
        """(n, h, w), from black, steps at both ends."""
        method = saliency.IntegratedGradients()

        def one(x: np.ndarray, y: int) -> np.ndarray:
            """One image."""
            return method.GetMask(
                x,
                self._call,
                {"class": y},
                x_baseline=np.zeros_like(x),
                x_steps=steps,
                batch_size=batch,
            )

        return self._each(images, classes, one)

    def occlusion(
        self, images: np.ndarray, classes: np.ndarray, batch: int, window: int
    ) -> np.ndarray:
        """(n, h, w), windows set to 0 at every pixel, logits, summed over those that cover one."""
        method = saliency.Occlusion()

        def one(x: np.ndarray, y: int) -> np.ndarray:
            """One image."""
            return method.GetMask(x, self._call, {"class": y}, size=window, value=0)

        return self._each(images, classes, one)

    def _slopes(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Gradient of one class's logits."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(tf.gather(self.model(x, training=False), y, axis=1))
        return tape.gradient(total, x)

    def _call(self, x: np.ndarray, call_model_args: dict, expected_keys: object = None) -> dict:
        """What the library requires of a model."""
        x, chosen = tf.convert_to_tensor(np.asarray(x, np.float32)), call_model_args["class"]
        if expected_keys == [saliency.OUTPUT_LAYER_VALUES]:
            values = self.model(x, training=False)[:, chosen]
            return {saliency.OUTPUT_LAYER_VALUES: values.numpy()}
        return {saliency.INPUT_OUTPUT_GRADIENTS: self.slopes(x, tf.constant(chosen)).numpy()}

    @staticmethod
    def _each(images: np.ndarray, classes: np.ndarray, one: object) -> np.ndarray:
        """A method over single images."""
        pixels = images[..., None].astype(np.float32)
        return np.stack([one(x, int(y))[..., 0] for x, y in zip(pixels, classes, strict=True)])
