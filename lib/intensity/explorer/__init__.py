"""Play with a trained network: change one thing in a scene, and see what it answers and why.

Data flows one way through the modules: `view` turns controls into arrays, `desk` says what has to
be worked out anew, `networks` finds what can be explored, `pictures` draws, `controls` and `page`
tie it all to widgets, and `show` puts them into a notebook. `serving` opens that notebook as a page
of its own.
"""

from intensity.explorer.page import Page


def show() -> None:
    """Show the explorer in a notebook; where there is no network at all, train a small one."""
    from IPython.display import display

    from intensity.explorer.networks import usual_store

    page = Page(usual_store())
    display(page.box)  # type: ignore[no-untyped-call]
    if page.is_empty:
        page.train_network()


__all__ = ["Page", "show"]
