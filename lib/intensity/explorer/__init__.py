"""Play with a trained network: change one thing in a scene, and see what it answers and why.

Data flows one way through the modules: `view` turns controls into arrays, `desk` says what has to
be worked out anew, `networks` finds what can be explored, `pictures` draws, `controls` and `page`
tie it all to widgets, and `show` puts them into a notebook. `serving` opens that notebook as a page
of its own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from intensity.explorer.networks import usual_store
from intensity.explorer.page import Page


def show() -> None:
    """Show the explorer in a notebook; where there is no network at all, train a small one."""
    from IPython.display import display

    with _without_notes():
        page = Page(usual_store())
    display(page.box)  # type: ignore[no-untyped-call]
    if page.is_empty:
        with _without_notes():
            page.train_network()


@contextmanager
def _without_notes() -> Iterator[None]:
    """Let TensorFlow's notes as it starts go nowhere: they come before its settings are read.

    A kernel's own errors do not take this way out.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


__all__ = ["Page", "show"]
