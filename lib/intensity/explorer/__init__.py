"""Explore a trained network: change one factor of a scene, see its response and its explanations.

`view` turns controls into arrays, `files` image files; `pictures` draws them; `controls` are what
one moves; `widgets` is the page; `aside` computes what is slow; `networks` finds what can be
explored; `serve` opens notebooks/explore.ipynb as a page of its own.
"""

import os
from pathlib import Path

from intensity.environment import stderr_to
from intensity.explorer.widgets import Page
from intensity.training.runs import usual_store


def show() -> None:
    """Show the explorer in a notebook; where there is no network at all, train a small one."""
    from IPython.display import Javascript, display

    with stderr_to(os.devnull):
        page = Page(usual_store())
    script = Path(__file__).with_name("page.js").read_text("utf8")
    display(page.box, Javascript(script))  # type: ignore[no-untyped-call]
    if page.is_empty:
        with stderr_to(os.devnull):
            page.train_network()


__all__ = ["Page", "show"]
