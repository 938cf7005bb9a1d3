"""Where a network looks: attribution methods with one signature, and the registry of their rows.

    method(model, images, *, <its own>, classes=None, output="logit", batch=64) -> maps

`base` documents what they share. A positive value speaks for the class that is explained. Modules
of the package import a method from its own module, so that a measurement is named by that module's
code alone; what is exported here is for notebooks. TensorFlow is imported where it computes.
"""

from intensity.attribution.cases import Case, Method, case_of
from intensity.attribution.methods.deeplift import deeplift
from intensity.attribution.methods.finite_differences import finite_differences
from intensity.attribution.methods.grad_cam import grad_cam
from intensity.attribution.methods.gradient import gradient, gradient_x_input
from intensity.attribution.methods.guided_backprop import guided_backprop
from intensity.attribution.methods.integrated_gradients import integrated_gradients
from intensity.attribution.methods.occlusion import occlusion
from intensity.attribution.methods.pca_direction import pca_direction
from intensity.attribution.methods.smooth_grad import smooth_grad
from intensity.attribution.registry import IMAGE_MAPS, METHODS, find_method
from intensity.attribution.windows import Repaint

__all__ = [
    "IMAGE_MAPS",
    "METHODS",
    "Case",
    "Method",
    "Repaint",
    "case_of",
    "deeplift",
    "find_method",
    "finite_differences",
    "grad_cam",
    "gradient",
    "gradient_x_input",
    "guided_backprop",
    "integrated_gradients",
    "occlusion",
    "pca_direction",
    "smooth_grad",
]
