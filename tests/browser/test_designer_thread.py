"""The designer's thread in a real browser, on real pictures and rows, and what axe says of each page."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotations.actions import preparation
from annotations.models import Study
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.looks import everywhere
from tests.browser.rating_steps import until
from tests.factories import UserFactory, draft_study, launched_study, rater_in, vote_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def logged_in(open_context):
    def opened(**options):
        user = UserFactory()
        page = open_context(**options).new_page()
        page.goto(reverse("login"))
        page.get_by_label("Name").fill(user.username)
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("main").get_by_role("button", name="Log in").click()
        page.wait_for_url("**/studies/")
        return page

    return opened


def test_from_pictures_to_votes_by_following_the_one_next_step(logged_in):
    study = draft_study(prompts=4, generators=3)
    page = logged_in(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name=study.name).click()
    page.get_by_role("link", name="Choose the design").click()
    page.get_by_label("Question").first.fill("Which one is redder?")
    page.get_by_label("Raters per comparison").first.fill("4")
    page.locator('[data-plan="places"]', has_text="48").wait_for()
    page.get_by_role("button", name="Save the design").click()
    page.get_by_role("link", name="Launch…").click()
    expect(page.get_by_role("main")).to_contain_text("design is frozen")
    page.get_by_role("button", name="Launch and freeze the design").click()
    expect(page.locator("[data-next] h2")).to_have_text("Preparing the pictures")

    study = Study.objects.get(pk=study.pk)
    assert (study.block.question, study.places.count()) == ("Which one is redder?", 48)
    preparation.prepare(study=study)
    expect(page.get_by_role("button", name="Copy the link")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Copy the link").click()  # the page has seen by itself that all are ready
    address = f"/r/{study.panels.get().token}/"
    copied = "navigator.clipboard.readText()"
    until(page, lambda: page.evaluate(copied).endswith(address), "the link was not copied")

    vote_all(rater_in(study), most=5)
    votes = study.votes.filter(kind="regular").count()
    # A busy server is asked less often, so the page may take its time; it must not need a reload.
    expect(page.get_by_text("Votes are coming in")).to_be_visible(timeout=60_000)
    expect(page.locator('[data-count="votes"]')).to_have_text(str(votes), timeout=60_000)


def test_pausing_asks_first_and_closing_has_a_page_of_its_own(logged_in):
    study = launched_study()
    page = logged_in()
    page.goto(reverse("study", args=[study.public_id]))
    page.wait_for_function("document.readyState === 'complete'")  # the question is asked by a script
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Pause").click()
    assert Study.objects.get(pk=study.pk).state == "running"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("heading", name="Paused").wait_for()
    page.get_by_role("link", name="Close…").click()
    page.get_by_role("button", name="Close the study").click()
    page.get_by_role("heading", name="Closed", exact=True).wait_for()
    assert Study.objects.get(pk=study.pk).state == "closed"


def test_the_design_form_works_without_scripts(logged_in):
    study = draft_study()
    page = logged_in(java_script_enabled=False)
    page.goto(reverse("study-design", args=[study.public_id]))
    page.get_by_text("Ratings: one picture").click()
    page.get_by_role("button", name="Save the design").click()
    page.get_by_text("The design is saved.").wait_for()
    study.refresh_from_db()
    assert (study.block.protocol, study.block.criteria.count()) == ("likert", 3)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_nothing_overflows(logged_in, size):
    draft, running = draft_study(prompts=3), launched_study()
    vote_all(rater_in(running), most=3)
    page = logged_in(**size)
    addresses = [reverse("studies"), reverse("study-launch", args=[draft.public_id])]
    for name in ("study", "study-images", "study-design", "study-audit"):
        addresses += [reverse(name, args=[study.public_id]) for study in (draft, running)]
    for address in [*addresses, reverse("study-close", args=[running.public_id]), "/nothing/"]:
        page.goto(address)
        assert everywhere(page, [(size, "light"), (size, "dark")]) == []


@pytest.mark.parametrize(
    ("name", "sign"), [("api-docs", "/api/v1/studies/"), ("api-redoc", "studies_launch")]
)
def test_the_pages_of_the_api_are_drawn_under_our_policy(logged_in, name, sign):
    page = logged_in()
    answered = []
    page.on("response", lambda response: answered.append(response.url))
    page.goto(reverse(name))
    page.get_by_role("main" if name == "api-docs" else "heading").get_by_text(sign).first.wait_for()
    assert {url.split("/")[2] for url in answered if url.startswith("http")} == {page.url.split("/")[2]}
