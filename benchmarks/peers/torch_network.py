"""The exported network in PyTorch: the same layers, the same weights, the same logits."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Rescale(nn.Module):
    """Grey levels to what the first convolution sees."""

    def __init__(self, scale: float, offset: float) -> None:
        """Keep factor and offset."""
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Factor and offset."""
        return x * self.scale + self.offset


class SameConv(nn.Module):
    """A convolution padded as TensorFlow pads: with a stride the right and lower side get more."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, same: bool, bias: bool
    ) -> None:
        """The convolution without padding, and whether there is some."""
        super().__init__()
        whole = same and stride == 1 and kernel % 2
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=kernel // 2 if whole else 0, bias=bias
        )
        self.same = same and not whole

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pad and convolve."""
        if self.same:
            (kernel, _), (stride, _) = self.conv.kernel_size, self.conv.stride
            pads = [
                max((-(-n // stride) - 1) * stride + kernel - n, 0)
                for n in (x.shape[3], x.shape[2])
            ]
            x = nn.functional.pad(x, [side for p in pads for side in (p // 2, p - p // 2)])
        return self.conv(x)


class Residual(nn.Module):
    """Conv, norm, ReLU, conv, norm, maybe the skip, ReLU."""

    def __init__(self, inputs: int, layer: dict) -> None:
        """Both convolutions and their norms."""
        super().__init__()
        c, bias = layer["channels"], layer["bias"]
        self.first = SameConv(inputs, c, 3, layer["stride"], layer["padding"] == "same", bias)
        self.norm1, self.relu1 = nn.BatchNorm2d(c, eps=1e-5, momentum=0.1), nn.ReLU()
        self.second = SameConv(c, c, 3, 1, True, bias)
        self.norm2, self.relu2 = nn.BatchNorm2d(c, eps=1e-5, momentum=0.1), nn.ReLU()
        self.skip = layer["stride"] == 1 and inputs == c and layer["padding"] == "same"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One block."""
        y = self.norm2(self.second(self.relu1(self.norm1(self.first(x)))))
        return self.relu2(x + y if self.skip else y)


class RowsOfPixels(nn.Module):
    """Flatten with channels last, so that dense kernels mean the same."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, c, h, w) -> (n, h * w * c)."""
        return x.permute(0, 2, 3, 1).flatten(1)


class Mean(nn.Module):
    """Global average pooling."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, c, h, w) -> (n, c)."""
        return x.mean(dim=(2, 3))


def build(folder: Path) -> nn.Module:
    """An untrained network of the exported architecture."""
    plan = json.loads((folder / "network.json").read_text())
    stages: list[nn.Module] = [Rescale(*plan["rescale"])]
    channels, units = 1, None
    for layer, features in zip(plan["layers"], plan["features"], strict=True):
        kind = layer["kind"]
        if kind == "convolution":
            stages += [
                SameConv(channels, layer["channels"], layer["kernel"], 1, True, True),
                nn.ReLU(),
            ]
            channels = layer["channels"]
        elif kind == "block":
            stages.append(Residual(channels, layer))
            channels = layer["channels"]
        elif kind == "pool":
            stages.append(nn.MaxPool2d(2))
        elif kind in ("flatten", "average"):
            stages.append(RowsOfPixels() if kind == "flatten" else Mean())
            units = features
        elif kind == "norm":
            stages.append(
                nn.BatchNorm2d(channels, eps=1e-5)
                if units is None
                else nn.BatchNorm1d(units, eps=1e-5)
            )
        elif kind == "dense":
            stages += [nn.Linear(units, layer["units"]), nn.ReLU()]
            units = layer["units"]
        elif kind == "dropout":
            stages.append(nn.Dropout(layer["rate"]))
    return nn.Sequential(*stages, nn.Linear(units, plan["classes"]))


def load(folder: Path) -> nn.Module:
    """The network with the exported weights, in evaluation mode."""
    network, weights = build(folder), np.load(folder / "weights.npz")
    counts: dict[str, int] = {}
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            _fill(module, weights, _next(counts, "conv"), lambda k: k.transpose(3, 2, 0, 1))
        elif isinstance(module, nn.Linear):
            last = module is list(network.modules())[-1]
            _fill(module, weights, "logits" if last else _next(counts, "dense"), lambda k: k.T)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            name = _next(counts, "norm")
            for ours, theirs in (
                ("gamma", module.weight),
                ("beta", module.bias),
                ("moving_mean", module.running_mean),
                ("moving_variance", module.running_var),
            ):
                theirs.data = torch.from_numpy(weights[f"{name}/{ours}"].copy())
    return network.eval()


def _next(counts: dict[str, int], kind: str) -> str:
    """The next name of a kind."""
    counts[kind] = counts.get(kind, 0) + 1
    return f"{kind}{counts[kind]}"


def _fill(module: nn.Module, weights: np.lib.npyio.NpzFile, name: str, turn: object) -> None:
    """Kernel and bias of a layer."""
    module.weight.data = torch.from_numpy(np.ascontiguousarray(turn(weights[f"{name}/kernel"])))
    if module.bias is not None:
        module.bias.data = torch.from_numpy(weights[f"{name}/bias"].copy())
