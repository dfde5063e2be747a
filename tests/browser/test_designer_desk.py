"""A designer sets up a mixed study with its panels, known answers, rules and translations in a browser, and
an expert comes by invitation. Then what axe says of each page, and whether anything overflows."""

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import expect

from annotations.actions import blocks, golds, invitations, panels, preparation, studies
from annotations.models import Anomaly, Study
from tests.browser.conftest import DESKTOP, PHONE, TABLET
from tests.browser.looks import everywhere, violations
from tests.factories import UserFactory, draft_study, launched_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def logged_in(open_context):
    def opened(user=None, **options):
        user = user or UserFactory()
        page = open_context(**options).new_page()
        page.goto(reverse("login"))
        page.get_by_label("Name or e-mail").fill(user.username)
        page.get_by_label("Password", exact=True).fill("correct horse")
        page.get_by_role("main").get_by_role("button", name="Log in").click()
        page.wait_for_url("**/studies/" if user.is_staff else "**/my/")
        return page

    return opened


def address(name, study, *more):
    return reverse(name, args=[study.public_id, *more])


def add_a_review(page, study):
    page.goto(address("study-design", study))
    page.get_by_role("link", name="Add a block").click()
    page.get_by_label("Question").first.fill("What is wrong with this picture?")
    page.get_by_label("Name of the block").fill("Review")
    expect(page.get_by_label("What can be wrong")).to_be_hidden()
    page.get_by_label("Failure review").check()
    expect(page.get_by_label("What can be wrong")).to_be_visible()
    expect(page.get_by_label("Raters may say that both are equal")).to_be_hidden()
    page.get_by_label("What can be wrong").fill("Colour: not red\nShape\nOther")
    page.get_by_label("Pictures per generator").fill("2")
    page.get_by_role("button", name="Save the block").click()
    page.get_by_text("The block “Review” is saved.").wait_for()


def test_a_mixed_study_from_draft_to_an_expert_who_comes_by_invitation(logged_in, open_context):
    study = draft_study(prompts=3, generators=3, check_every=0)
    page = logged_in()
    add_a_review(page, study)
    page.get_by_role("button", name="Move Review up").click()
    expect(page.get_by_role("button", name="Move Review up")).to_have_count(0)
    assert list(study.blocks.values_list("title", flat=True)) == ["Review", ""]

    page.get_by_role("link", name="Known answers").click()
    page.get_by_role("link", name="Add a known answer to Pairs").click()
    page.get_by_role("link", name="0 red cubes").click()
    page.get_by_label("1. generator-a").select_option("best")
    page.get_by_label("2. generator-b").select_option("shown")
    page.get_by_label("What for").select_option("practice")
    page.get_by_label("Why this is right").fill("The first is redder.")
    page.get_by_role("button", name="Keep the known answer").click()
    page.get_by_text("The first is redder.").wait_for()

    page.get_by_role("link", name="Exclusion rules").click()
    page.get_by_label("Failed several checks", exact=True).check()
    page.get_by_role("button", name="Save the rules").click()
    page.get_by_role("link", name="Translations").click()
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_label("Name of the block").fill("Durchsicht")
    page.get_by_role("button", name="Save the translations").click()
    page.get_by_text("The texts in Deutsch are saved.").wait_for()

    page.get_by_role("link", name="Panels", exact=True).click()
    page.get_by_label("Name").fill("Experts")
    page.get_by_label("Who votes").select_option("expert")
    page.get_by_label("How they come").select_option("account")
    page.get_by_label("Raters per comparison").fill("1")
    page.get_by_role("button", name="Add the panel").click()
    page.get_by_label("Whom to invite").fill("eva@example.org")
    page.get_by_role("button", name="Invite by e-mail").click()
    page.get_by_text("1 invitation sent by e-mail.").wait_for()
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))

    page.goto(address("study-launch", study))
    page.get_by_role("button", name="Launch and freeze the design").click()
    page.get_by_role("heading", name="Preparing the pictures").wait_for()
    preparation.prepare(study=Study.objects.get(pk=study.pk))
    frozen = Study.objects.get(pk=study.pk).design
    assert [block["protocol"] for block in frozen["blocks"]] == ["failure_review", "pairwise"]
    assert frozen["blocks"][0]["translations"]["de"]["title"] == "Durchsicht"

    expert = open_context().new_page()
    expert.goto(link)
    expert.get_by_role("link", name="Make an account").click()
    expert.get_by_label("Password", exact=True).fill("a horse and a staple")
    expert.get_by_label("Password (again)").fill("a horse and a staple")
    expert.get_by_role("button", name="Make the account").click()
    expert.wait_for_url("**/consent/")
    expert.goto(reverse("experts-home"))
    expert.get_by_role("link", name="Begin").wait_for()


def pages(study, running):
    """Every page of the desk, in draft and in a running study."""
    crowd = study.panels.first()
    invited = study.panels.get(name="Invited")
    gold = reverse("gold-add", args=[study.public_id, study.block.public_id])
    yield from (
        address("study-design", study), address("block", study, study.blocks.last().public_id),
        address("block-add", study), address("study-golds", study), gold,
        f"{gold}?prompt={study.prompts.first().public_id}", address("study-rules", study),
        address("study-consent", study), address("study-translations", study),
        address("study-panels", study), address("panel", study, crowd.public_id),
        address("panel", study, invited.public_id),
    )  # fmt: skip
    yield from (
        address("study", running), address("study-design", running), address("study-rules", running),
        address("study-panels", running), address("study-incidents", running),
        address("panel", running, running.panels.first().public_id),
        address("panel", running, running.panels.get(name="Judges").public_id),
        reverse("mfa_index"), reverse("account_change_password"), reverse("experts-home"),
    )  # fmt: skip


def a_full_draft():
    study = draft_study(prompts=3, generators=3)
    blocks.add(study=study, actor=None, title="Ratings", protocol="likert", points=7)
    images = study.prompts.first().images.order_by("generator_id").values_list("public_id", flat=True)
    golds.add(block=study.block, actor=None, images=images[:2], expected={"slot": 1}, source="dora")
    invited = panels.create(study=study, name="Invited", entry="invitation")
    people = [{"label": "Anna"}, {"label": "A person with a rather long name of their own"}]
    invitations.create_many(panel=invited, actor=None, rows=people)
    return study


def a_running_one():
    study = draft_study(prompts=2, generators=2)
    panels.create(study=study, name="Judges", kind="judge", overlap=1)
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    Anomaly.objects.create(study=study, kind="many_sessions", evidence={"sessions_within_an_hour": 90})
    return study


@pytest.mark.parametrize(
    "views",
    [[(DESKTOP, "light"), (DESKTOP, "dark"), (TABLET, "light")], [(PHONE, "light"), (PHONE, "dark")]],
    ids=["desktop and tablet", "phone"],
)
def test_axe_finds_nothing_on_the_desk_and_nothing_overflows(logged_in, views):
    study, running = a_full_draft(), a_running_one()
    page = logged_in(**views[0][0])
    for place in pages(study, running):
        assert page.goto(place).status == 200, place
        assert everywhere(page, views) == []


def test_a_block_is_written_without_scripts(logged_in):
    study = draft_study()
    page = logged_in(java_script_enabled=False)
    page.goto(address("block-add", study))
    page.get_by_label("Question").first.fill("Which is the best?")
    page.get_by_label("Best of N").check()
    page.get_by_role("spinbutton", name="Pictures at once").fill("3")
    page.get_by_role("button", name="Save the block").click()
    page.get_by_text("is saved.").wait_for()
    block = study.blocks.last()
    assert (block.protocol, block.size) == ("best_of_n", 3)


def test_the_plan_follows_the_design_while_it_is_typed(logged_in):
    study = draft_study(prompts=4, generators=3, overlap=2)
    page = logged_in()
    page.goto(address("study-design", study))
    expect(page.locator('[data-plan="places"]')).to_have_text("24")
    page.get_by_label("Comparisons per prompt").fill("1")
    expect(page.locator('[data-plan="places"]')).to_have_text("8")


def test_axe_finds_nothing_on_the_pages_before_logging_in(open_context):
    study = launched_study(prompts=1)
    page = open_context(**PHONE).new_page()
    made_up = reverse("expert-invitation", args=[study.panels.get().token, "made-up"])
    for place in (reverse("login"), reverse("account_signup"), reverse("account_reset_password"), made_up):
        page.goto(place)
        assert violations(page) == []
