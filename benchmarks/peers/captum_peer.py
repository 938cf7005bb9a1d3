"""captum on PyTorch: https://captum.ai. Maps are signed, targets are logits, as here."""

from copy import deepcopy
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torch_network
from captum.attr import (
    DeepLift,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    Occlusion,
    Saliency,
)
from torch import nn


class Copy(nn.Module):
    """The same numbers in a tensor of their own."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A copy."""
        return x.clone()


class Peer:
    """The exported network under captum."""

    def __init__(self, folder: Path, threads: int) -> None:
        """Load the network in evaluation mode."""
        torch.set_num_threads(threads)
        self.model = torch_network.load(folder)
        self.versions = {"captum": version("captum"), "torch": version("torch")}

    def logits(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, classes)."""
        with torch.inference_mode():
            return self.model(torch.from_numpy(images[:, None].astype(np.float32))).numpy()

    def gradient(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        method = Saliency(self.model)
        return self._over(
            images, classes, batch, lambda x, y: method.attribute(x, target=y, abs=False)
        )

    def gradient_x_input(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        method = InputXGradient(self.model)
        return self._over(images, classes, batch, lambda x, y: method.attribute(x, target=y))

    def deeplift(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w), from black, rescale rule.

        A ReLU that hands the same tensor to max pooling would read its gradient before captum's
        rule for pooling has replaced it, and maps would miss f(image) - f(black) by up to a
        third; a copy between the two keeps both rules.
        """
        apart = [
            [Copy(), stage] if isinstance(stage, nn.MaxPool2d) else [stage] for stage in self.model
        ]
        method = DeepLift(nn.Sequential(*(stage for stages in apart for stage in stages)))
        return self._over(
            images, classes, batch, lambda x, y: method.attribute(x, baselines=0, target=y)
        )

    def guided_backprop(self, images: np.ndarray, classes: np.ndarray, batch: int) -> np.ndarray:
        """(n, h, w)."""
        method = GuidedBackprop(self.model)
        return self._over(images, classes, batch, lambda x, y: method.attribute(x, target=y))

    def integrated_gradients(
        self, images: np.ndarray, classes: np.ndarray, batch: int, steps: int, double: bool = False
    ) -> np.ndarray:
        """(n, h, w), from black, at the middles of equal steps; in float64 where asked."""
        model = deepcopy(self.model).double() if double else self.model
        method = IntegratedGradients(model)

        def one(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            """A few images; `batch` bounds how many pass at once."""
            return method.attribute(
                x.double() if double else x,
                target=y,
                n_steps=steps,
                method="riemann_middle",
                internal_batch_size=batch,
            )

        return self._over(images, classes, len(images), one)

    def occlusion(
        self, images: np.ndarray, classes: np.ndarray, batch: int, stride: int, window: int = 8
    ) -> np.ndarray:
        """(n, h, w), windows set to 0, logits; `batch` is windows x images at once."""
        method, together = Occlusion(self.model), min(batch, len(images))

        def one(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            """As many windows at once as the batch allows."""
            return method.attribute(
                x,
                sliding_window_shapes=(1, window, window),
                strides=(1, stride, stride),
                baselines=0,
                target=y,
                perturbations_per_eval=max(batch // len(x), 1),
            )

        with torch.inference_mode():
            return self._over(images, classes, together, one)

    def _over(self, images: np.ndarray, classes: np.ndarray, batch: int, one: object) -> np.ndarray:
        """A method over batches."""
        parts = []
        for start in range(0, len(images), batch):
            x = torch.from_numpy(images[start : start + batch, None].astype(np.float32))
            y = torch.from_numpy(classes[start : start + batch].astype(np.int64))
            parts.append(one(x, y).detach().numpy()[:, 0])
        return np.concatenate(parts)
