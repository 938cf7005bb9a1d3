"""Numbers of figures and tables on the page: in order of appearance, and wherever one is named.

A caption begins with an empty `<b data-number="fig-x">` (`figures.display`), which becomes
"Figure 2.1.", or "Figure A." before the first chapter; the text of a link
`<a href="#fig-x">Figure</a>` becomes "Figure 2.1", and so does `[Figure](#fig-x)` in alternative
text.
"""

import re

_PART = re.compile(r'<section id="(\d\d)_|<b data-number="([^"]*)"></b>')
_REFERENCE = re.compile(r'(<a href="#((?:fig|table)-[^"]*)">)(Figure|Table)(</a>)')
_PLAIN = re.compile(r"\[(Figure|Table)\]\(#((?:fig|table)-[a-z0-9-]+)\)")
_LINK = re.compile(r'href="#((?:fig|table)-[^"]*)"')
_ANCHOR = re.compile(r'<figure[^>]* id="([^"]*)"')


def numbered(html: str) -> tuple[str, list[str]]:
    """The page with its numbers.

    Args:
        html: the page, a section for each notebook.

    Returns:
        The page, and a line for each link to a figure or table that is not on it, and for each
        name that two of them have.
    """
    titles: dict[str, str] = {}
    part, counts = 0, {"Figure": 0, "Table": 0}
    for found in _PART.finditer(html):
        if found[1]:
            part, counts = int(found[1]), dict.fromkeys(counts, 0)
        else:
            kind = "Figure" if found[2].startswith("fig-") else "Table"
            counts[kind] += 1
            number = f"{part}.{counts[kind]}" if part else chr(64 + counts[kind])
            titles[found[2]] = f"{kind} {number}"
    html = _PART.sub(lambda m: f"<b>{titles[m[2]]}.</b> " if m[2] else m[0], html)
    html = _REFERENCE.sub(lambda m: f"{m[1]}{titles.get(m[2], m[3])}{m[4]}", html)
    html = _PLAIN.sub(lambda m: titles.get(m[2], m[1]), html)
    anchors = _ANCHOR.findall(html)
    twice = sorted({name for name in anchors if anchors.count(name) > 1})
    absent = sorted({*_LINK.findall(html)} - {*anchors})
    return html, [f"two are called #{n}" for n in twice] + [f"#{n} is not there" for n in absent]
