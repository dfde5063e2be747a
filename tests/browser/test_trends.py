"""Studies over time in a browser: charts draw, fit, satisfy axe and save; choosing works by hand."""

import pytest

from tests.arena.results.test_trends import query, study_of
from tests.browser.conftest import DESKTOP, PHONE, TABLET
from tests.browser.looks import axe
from tests.browser.test_results import analyst_page, visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pair(tmp_path):
    return [
        study_of(tmp_path, "Spring", "abcd", seed=1),
        study_of(tmp_path, "Autumn", "abce", moved={"a": -1.6}, seed=2),
    ]


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "dark"), (TABLET, "light"), (PHONE, "light")], ids=str
)
def test_the_pages_draw_fit_and_satisfy_axe(open_context, live_server, pair, tmp_path, size, scheme):
    many = study_of(tmp_path, "Many", "abcdefxy", seed=5)
    page = analyst_page(open_context, live_server, color_scheme=scheme, **size)
    found = []
    for address in (
        "/trends/",
        *(f"/trends/?{query(*own).urlencode()}" for own in (pair, [*pair, many], [many])),
    ):
        found += [(address, said) for said in visit(page, address)]
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        found += [(address, item["id"]) for item in axe(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append((address, "wider than the window"))
    assert found == []


def test_studies_are_chosen_and_a_chart_and_its_table_saved(open_context, live_server, pair):
    page = analyst_page(open_context, live_server)
    visit(page, "/trends/")
    page.get_by_label("Spring").check()
    page.get_by_label("Autumn").check()
    page.get_by_role("button", name="Compare over time").click()
    page.get_by_role("heading", name="Did the scale hold?").wait_for()
    page.wait_for_selector("figure[data-name=trends][data-drawn]")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="SVG of Strength over time").click()
    drawn = waiting.value.path().read_text()
    assert drawn.startswith("<svg")
    assert all(f">{name}<" in drawn for name in "abcde")
    page.locator("figure[data-name=trends] summary").click()
    with page.expect_download() as waiting:
        page.locator("[data-save-table=trends-table]").click()
    lines = waiting.value.path().read_text().splitlines()
    assert lines[0].startswith('Generator,Spring,"Spring, low","Spring, high",Autumn,')
    assert "votes by people only" in lines[1]
    assert len(lines) == 6
