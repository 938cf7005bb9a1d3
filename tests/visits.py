"""Visits of pages in a browser: what tests of the report and of the explorer look at."""

from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

BAD = ("serious", "critical")
"""Impacts of accessibility violations that are not accepted."""


@dataclass
class Visit:
    """A page in the browser and what was noticed on it.

    requests: addresses that were asked for, but for the page's own data.
    errors: what went to the console as an error, and exceptions that nobody caught.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Serious and critical violations that axe-core finds: rule and places."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {[node['target'] for node in one['nodes']]}"
            for one in found
            if one["impact"] in BAD
        ]
