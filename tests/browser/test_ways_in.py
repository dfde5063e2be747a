"""The ways into a study and out of it, in a real browser: through a service's link, inside Amazon's frame;
and what axe says of each page on the way."""

import pytest
from playwright.sync_api import expect

from annotations.actions import consents, invitations
from annotations.models import Panel, ParticipantLink, Rater
from tests.annotations.arriving import MTURK, PROLIFIC
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import violations
from tests.browser.rating_steps import READY, enter, ready, sent
from tests.rating import running_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def one_pair(*, entry: str = "link", outcomes: dict | None = None, **settings) -> Panel:
    panel = running_study(**({"prompts": 1, "generators": 2, "overlap": 9} | settings))
    panel.entry, panel.outcomes = entry, outcomes or {}
    panel.save()
    return panel


def query(fields: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in fields.items())


def html(body: str):
    return lambda route: route.fulfill(body=body, content_type="text/html")


def vote_and_finish(page) -> None:
    page.keyboard.press("ArrowLeft")
    sent(page, 1)
    page.get_by_role("link", name="Finish and show my code").click()
    page.wait_for_url("**/done/")


def test_from_prolific_to_its_completion_page_without_an_id_on_the_way(page):
    panel = one_pair(entry="prolific", outcomes={"completed": {"code": "C0DE"}})
    asked = []
    page.on("request", lambda request: asked.append((request.url, request.all_headers().get("referer", ""))))
    page.goto(f"/r/{panel.token}/{query(PROLIFIC)}")
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("button", name="Start voting").click()
    ready(page)
    vote_and_finish(page)
    back = page.get_by_role("link", name="Back to Prolific")
    assert back.get_attribute("href") == "https://app.prolific.com/submissions/complete?cc=C0DE"
    expect(page.locator("#code")).to_have_text("C0DE")
    person = PROLIFIC["PROLIFIC_PID"]
    assert [url for url, _ in asked if person in url] == [asked[0][0]]
    assert not [referrer for _, referrer in asked if person in referrer]
    assert person not in page.evaluate(
        "document.cookie + JSON.stringify({...localStorage, ...sessionStorage})"
    )
    assert ParticipantLink.objects.get().external_id == person


def test_a_worker_votes_inside_amazons_frame_and_submits_the_hit(page, live_server):
    panel = one_pair(entry="mturk", outcomes={"completed": {"code": "C0DE"}})
    source = f"{live_server.url}/r/{panel.token}/{query(MTURK)}".replace("&", "&amp;")
    frame_page = f'<!doctype html><iframe src="{source}" width="1200" height="800"></iframe>'
    page.route(
        "https://worker.mturk.com/**", lambda route: route.fulfill(body=frame_page, content_type="text/html")
    )
    submitted = []

    def submit(route):
        submitted.append(route.request.post_data)
        route.fulfill(body="Thanks", content_type="text/html")

    page.route("https://workersandbox.mturk.com/**", submit)
    page.goto("https://worker.mturk.com/projects/x/tasks")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="I agree").click()
    frame.get_by_role("button", name="Start voting").click()
    frame.locator(READY).wait_for()
    frame.locator("#answers .answer").first.click()
    sent(page, 1)
    frame.get_by_role("link", name="Finish and show my code").click()
    frame.get_by_role("button", name="Submit the HIT").click()
    frame.get_by_text("Thanks").wait_for()
    assert submitted == [f"assignmentId={MTURK['assignmentId']}&code=C0DE&outcome=completed"]


def test_another_site_cannot_frame_a_study(page, live_server):
    panel = one_pair(entry="mturk")
    body = f'<!doctype html><iframe src="{live_server.url}/r/{panel.token}/"></iframe>'
    page.route("https://evil.example/**", html(body))
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto("https://evil.example/", wait_until="commit")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_by_invitation_through_all_forms_and_out_again_with_answers_erased(open_context, script):
    panel = one_pair(entry="invitation", ask_demographics=["age_band", "country"])
    (made,) = invitations.create_many(panel=panel, actor=None, count=1)
    page = open_context(java_script_enabled=script).new_page()
    page.goto(f"/r/{panel.token}/i/{made.token}/")
    page.get_by_role("button", name="I agree").click()
    page.get_by_label("Country where you live").select_option(label="Italy")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Leave the study").click()
    page.get_by_label("Erase my answers").check()
    page.get_by_role("button", name="Leave the study").click()
    expect(page.get_by_role("heading")).to_contain_text("your answers are erased")
    rater = Rater.objects.get()
    assert rater.state == "withdrawn"
    assert not hasattr(rater, "demographics")


def test_a_vote_that_waits_for_a_new_consent_is_kept_and_sent_after_it(page):
    panel = one_pair(prompts=3)
    enter(page, panel)
    consents.publish(study=panel.study, text="New words.", actor=None)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("link", name="Open the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The consent text has changed")
    assert Rater.objects.get().voted == 0
    page.get_by_role("button", name="I agree").click()
    sent(page, 1)


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [
        pytest.param(DESKTOP, "light", "en", id="desktop-light"),
        pytest.param(PHONE, "dark", "en", id="phone-dark"),
        pytest.param(PHONE, "light", "ar", id="phone-light-right-to-left"),
    ],
)
def test_axe_finds_nothing_on_the_ways_in_and_out(open_context, size, scheme, language, settings):
    settings.VERIFY_URL = "http://127.0.0.1:9/siteverify"
    settings.PRIVACY_CONTACT = "Ada, ada@example.org"
    panel = one_pair(
        entry="mturk", ask_demographics=["age_band", "gender", "country", "language", "display", "expertise"]
    )
    page = open_context(color_scheme=scheme, locale=language, **size).new_page()
    page.goto(f"/r/{panel.token}/")
    found = violations(page)  # the preview
    Panel.objects.update(entry="prolific", verify=True, outcomes={"no_consent": {"code": "NO"}})
    page.goto(f"/r/{panel.token}/{query(PROLIFIC)}")
    page.locator("button[value=decline]").click()
    page.locator("button[value=decline]").wait_for(state="detached")
    found += violations(page)
    page.goto(f"/r/{panel.token}/")
    page.locator("button[value=accept]").click()
    for step in ("verify", "about-you"):
        page.wait_for_url(f"**/{step}/**")
        if step == "about-you":
            assert page.locator("select").evaluate_all("all => all.map(one => one.value)") == ["no"] * 6
            assert page.locator("option[value=IT]").inner_text() == (
                "إيطاليا" if language == "ar" else "Italy"
            )
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("main button[type=submit]").click()
    page.goto(f"/r/{panel.token}/privacy/")
    found += violations(page)
    page.goto(f"/r/{panel.token}/leave/")
    found += violations(page)
    page.locator("main button[type=submit]").click()
    found += violations(page)
    assert found == []
