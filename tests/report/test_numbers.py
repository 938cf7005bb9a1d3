"""Figures and tables are numbered as they come, and references follow."""

from intensity.report.numbers import numbered


def figure(anchor: str) -> str:
    """A figure as a notebook shows it."""
    return f'<figure id="{anchor}"><figcaption><b data-number="{anchor}"></b>words</figcaption>'


def test_numbers_follow_the_order_within_a_section() -> None:
    page = (
        f'<section id="01_data">{figure("fig-b")}{figure("table-x")}{figure("fig-a")}</section>'
        f'<section id="02_training">{figure("fig-c")}</section>'
    )
    html, problems = numbered(page)
    titles = ["Figure 1.1", "Table 1.1", "Figure 1.2", "Figure 2.1"]
    assert [html.index(f"<b>{title}.</b> words") for title in titles] == sorted(
        html.index(f"<b>{title}.</b> words") for title in titles
    )
    assert problems == []


def test_references_get_the_number_wherever_they_stand() -> None:
    page = (
        '<a href="#fig-a">Figure</a><section id="03_end"><img alt="see [Table](#table-t)">'
        f"{figure('fig-a')}{figure('table-t')}</section>"
    )
    html, problems = numbered(page)
    assert '<a href="#fig-a">Figure 3.1</a>' in html
    assert 'alt="see Table 3.1"' in html
    assert problems == []


def test_a_reference_to_what_is_not_there_is_a_problem_and_so_is_a_name_twice() -> None:
    page = f'<section id="01_a">{figure("fig-a")}{figure("fig-a")}<a href="#fig-b">Figure</a>'
    assert numbered(page)[1] == ["two are called #fig-a", "#fig-b is not there"]
