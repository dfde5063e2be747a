"""What every rater page keeps: small, accessible, sized for any window, silent about who made what."""

import pytest
from playwright.sync_api import expect

from annotations.models import Protocol
from tests.browser.conftest import DESKTOP, PHONE, TABLET
from tests.browser.looks import violations
from tests.browser.rating_steps import close_dialog, enter, following, opened, press, rate, ready, sent
from tests.rating import CANARY, running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("size", "scheme", "protocol"),
    [
        pytest.param(DESKTOP, "light", Protocol.PAIRWISE, id="desktop-light-pairs"),
        pytest.param(DESKTOP, "dark", Protocol.LIKERT, id="desktop-dark-ratings"),
        pytest.param(PHONE, "light", Protocol.LIKERT, id="phone-light-ratings"),
        pytest.param(PHONE, "dark", Protocol.PAIRWISE, id="phone-dark-pairs"),
    ],
)
def test_axe_finds_nothing_on_any_step(open_context, size, scheme, protocol):
    panel = running_study(prompts=1, generators=2, check_every=0, protocol=protocol)
    page = open_context(color_scheme=scheme, **size).new_page()
    page.goto("/r/nosuchlink/")
    found = violations(page)
    page.goto(f"/r/{panel.token}/")
    found += violations(page)
    page.get_by_role("button", name="I agree").click()
    found += violations(page)
    page.get_by_role("button", name="Start voting").click()
    ready(page)
    found += violations(page)
    page.locator("#help").click()
    opened(page)
    found += violations(page)
    close_dialog(page)
    ready(page)
    if protocol == Protocol.PAIRWISE:
        page.keyboard.press("1")
    else:
        rate(page, "345")
        following(page, 2)
        ready(page)
        rate(page, "345")
    finish = page.get_by_role("link", name="Finish and show my code")
    finish.wait_for()
    found += violations(page)
    finish.click()
    page.wait_for_url("**/done/")
    found += violations(page)
    assert found == []


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_axe_finds_nothing_beside_the_study(open_context, locale):
    panel = running_study(check_every=0, ask_demographics=["age_band", "country"])
    page = open_context(locale=locale, **PHONE).new_page()
    page.goto(f"/r/{panel.token}/")
    page.locator("button[value=accept]").click()
    page.wait_for_url("**/about-you/**")
    found = violations(page)
    page.locator("form.actions .btn--primary, form .btn--primary").first.click()
    page.wait_for_url("**/instructions/**")
    found += violations(page)
    page.locator("form.actions .btn--primary").click()
    ready(page)
    page.locator("#report").click()
    page.locator("#report-form [value=broken]").check()
    expect(page.locator("#report-which")).to_be_visible()
    found += violations(page)
    close_dialog(page)
    page.locator("#one").click()
    expect(page.locator("#one")).to_have_attribute("aria-pressed", "true")
    found += violations(page)
    for path in ("privacy", "leave"):
        page.goto(f"/r/{panel.token}/{path}/")
        found += violations(page)
    assert found == []


@pytest.mark.parametrize("size", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
def test_both_pictures_are_equal_square_and_whole_without_scrolling(open_context, size):
    page = open_context(**size).new_page()
    enter(page, running_study())
    first, second = (pane.bounding_box() for pane in page.locator(".frame").all())
    assert (first["width"], first["height"]) == (second["width"], second["height"])
    assert first["width"] == pytest.approx(first["height"])
    wide = size["viewport"]["width"] >= 700
    assert (first["y"] == second["y"]) == wide
    assert (first["x"] == second["x"]) != wide
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """[...document.querySelectorAll('button')].filter((button) => button.offsetParent)
           .map((button) => button.getBoundingClientRect())
           .filter((box) => box.width < 44 || box.height < 44)"""
    )
    assert small == []


def test_a_screen_reader_hears_the_prompt_and_the_answers(page):
    panel = running_study()
    enter(page, panel)
    prompt = page.locator("#prompt").inner_text()
    expect(page.locator("#said")).to_contain_text(prompt)
    expect(page.locator("#said")).to_contain_text(
        "A is better, left arrow; Tie, up arrow; Both bad, down arrow; B is better, right arrow"
    )
    assert [image.get_attribute("alt") for image in page.locator(".frame img").all()] == [
        "Picture A",
        "Picture B",
    ]
    press(page, "ArrowLeft")
    expect(page.locator("#said")).to_contain_text("2 of")


def test_nothing_that_reaches_the_browser_names_a_generator_a_file_or_the_study(page):
    heard = []

    def listen(route):
        response = route.fetch(max_redirects=0)
        heard.append((response.url, str(response.headers_array), response.body()))
        route.fulfill(response=response)

    page.route("**/*", listen)
    enter(page, running_study(prompts=4))
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp"):
        press(page, key)
    sent(page, 3)
    page.wait_for_load_state("networkidle")
    page.unroute_all(behavior="wait")
    assert {"votes", "0", "1"} <= {url.rsplit("/", 1)[1] for url, _, _ in heard}
    assert len(heard) > 20
    for url, headers, body in heard:
        assert CANARY not in url.lower()
        assert CANARY not in headers.lower()
        assert CANARY.encode() not in body.lower()


def test_no_host_but_ours_is_contacted(page, live_server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, running_study())
    assert all(url.startswith(live_server.url) for url in asked)
