"""Charts draw under the Content-Security-Policy, re-colour, save; axe finds nothing on results pages."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Page

from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.arena.results.test_machines import by_name, metric, score
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import axe
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAWN = "[...document.querySelectorAll('[data-chart]')].every(figure => 'drawn' in figure.dataset)"


def analyst_page(open_context, live_server, **options) -> Page:
    client = Client()
    client.force_login(UserFactory())
    context = open_context(**options)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return context.new_page()


def visit(page: Page, address: str) -> list[str]:
    """Opens a page, waits for its charts, returns what the console complained of."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.wait_for_function(DRAWN)
    return said


def addresses(study) -> list[str]:
    base = f"/studies/{study.public_id}/results/"
    return [base, *(f"{base}{name}/" for name in ("agreement", "prompts", "raters", "scores", "export"))]


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")], ids=str
)
def test_results_pages_draw_fit_and_satisfy_axe(open_context, live_server, size, scheme):
    pairs, ratings, by = voted_study(raters=2), voted_study(raters=2, protocol="likert"), metric()
    score(pairs, by, by_name)
    page = analyst_page(open_context, live_server, color_scheme=scheme, **size)
    found = []
    for address in addresses(pairs) + addresses(ratings):
        found += [(address, said) for said in visit(page, address)]
        for summary in page.locator("main details > summary:visible").all():
            summary.click()
        found += [(address, item["id"]) for item in axe(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append((address, "wider than the window"))
    assert found == []


def test_charts_take_the_colours_of_the_scheme(open_context, live_server, tmp_path):
    study = imported(tmp_path, noisy_lines(120))
    page = analyst_page(open_context, live_server, color_scheme="light")
    visit(page, addresses(study)[0])
    dot = "figure[data-name=forest] svg .mark-symbol path"
    light = page.locator(dot).first.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "([dot, light]) => document.querySelector(dot)?.getAttribute('fill') !== light", arg=[dot, light]
    )
    page.wait_for_selector(dot)
    assert page.locator(dot).first.get_attribute("fill") != light


def test_a_chart_saves_as_svg_and_png_and_its_table_as_csv(open_context, live_server, tmp_path):
    study = imported(tmp_path, noisy_lines(120))
    page = analyst_page(open_context, live_server)
    visit(page, addresses(study)[0])
    saved = {}
    for kind in ("SVG", "PNG"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"{kind} of Points and intervals").click()
        saved[kind] = waiting.value.path().read_bytes()
        assert waiting.value.suggested_filename == f"forest.{kind.lower()}"
    assert saved["SVG"].startswith(b"<svg")
    assert all(f">{name}<".encode() in saved["SVG"] for name in "abcd")
    assert saved["PNG"].startswith(b"\x89PNG")
    # Away from the page a chart says what it shows, of which study, and under which filter.
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", saved["SVG"].decode()))
    assert "Points and intervals" in words
    assert f"{study.name}; filter: None" in words
    page.locator("figure", has_text="Points and intervals").first.locator("summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("CSV of Points with 95 %")).first.click()
    lines = waiting.value.path().read_text().splitlines()
    assert lines[0].startswith('Generator,Points,"95 % interval, low","95 % interval, high",')
    assert [line[0] for line in lines[1:]] == ["a", "b", "c", "d"]
    assert lines[0].endswith(",Of")
    assert lines[1].endswith(f",{study.name}; filter: None")


def test_a_chart_that_cannot_be_drawn_says_so(open_context, live_server, tmp_path):
    study = imported(tmp_path, noisy_lines(60))
    page = analyst_page(open_context, live_server)
    page.route("**/vega-lite.min.js", lambda route: route.abort())
    page.goto(addresses(study)[0])
    page.locator("[data-failed]").first.wait_for(state="visible")
