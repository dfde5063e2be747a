import pytest
from django.urls import reverse

from annotations.actions import studies
from annotations.models import Generator, Rendition, Study, StudyState
from tests.annotations.designing import add_images, designer, draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return designer()


@pytest.fixture
def page(client, user):
    client.force_login(user)

    def get(name, *args, **query):
        answer = client.get(reverse(name, args=args), query)
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    return get


def running(user) -> Study:
    study = draft(user)
    studies.update(study=study, actor=user, overlap=2)
    studies.launch(study=study, actor=user)
    Rendition.objects.filter(study=study).update(path="made")
    studies.finish_preparation(study=study)
    return study


def test_an_empty_list_says_what_to_do(page):
    assert "No study yet" in page("studies")


def test_the_list_finds_a_study_and_says_when_nothing_matches(page):
    draft(name="Cats in boots"), draft(name="Dogs")
    found = page("studies", q="boots")
    assert "Cats in boots" in found
    assert "Dogs" not in found
    assert "Nothing found" in page("studies", q="parrots")


def test_the_list_takes_the_same_number_of_queries_for_many_studies(
    client, user, django_assert_max_num_queries
):
    for number in range(20):
        draft(user, name=f"Study {number}", generators=1, prompts=1)
    client.force_login(user)
    with django_assert_max_num_queries(5):
        assert client.get("/studies/").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "studies", "study", "study-status", "study-images", "study-design", "study-plan", "study-launch",
        "study-close", "study-audit",
    ],
)  # fmt: skip
def test_no_page_of_the_designers_opens_to_others(client, django_user_model, name):
    study = draft()
    url = reverse(name, args=[] if name == "studies" else [study.public_id])
    assert client.get(url).url == f"/accounts/login/?next={url}"
    client.force_login(django_user_model.objects.create_user("rita"))
    assert client.get(url).status_code == 403


@pytest.mark.parametrize("name", ["study-launch", "study-pause", "study-resume", "study-close"])
def test_nobody_else_can_switch_a_study(client, django_user_model, user, name):
    study = running(user)
    client.force_login(django_user_model.objects.create_user("rita"))
    assert client.post(reverse(name, args=[study.public_id])).status_code == 403
    study.refresh_from_db()
    assert study.state == StudyState.RUNNING


def test_a_study_that_is_not_there_is_said_in_words(client, user):
    client.force_login(user)
    answer = client.get("/studies/nothere/")
    assert answer.status_code == 404
    assert "no study at this address" in answer.content.decode()


def test_the_overview_leads_one_step_at_a_time(page, user):
    study = studies.create(name="Cats", owner=user)
    assert "Bring images in" in page("study", study.public_id)
    add_images(study)
    assert "Choose the design" in page("study", study.public_id)
    studies.update(study=study, actor=user, overlap=2)
    assert "Launch…" in page("study", study.public_id)
    studies.launch(study=study, actor=user)
    assert "Preparing the pictures" in page("study", study.public_id)
    Rendition.objects.filter(study=study).update(path="made")
    studies.finish_preparation(study=study)
    assert "Copy the link" in page("study", study.public_id)
    studies.pause(study=study, actor=user)
    assert "Resume" in page("study", study.public_id)
    studies.close(study=study, actor=user)
    shown = page("study", study.public_id)
    assert "See results" in shown
    assert "Pause" not in shown


def test_a_draft_that_cannot_be_launched_shows_every_reason_on_its_overview(page, user):
    study = studies.create(name="Cats", owner=user)
    add_images(study, generators=1)
    studies.update(study=study, actor=user, overlap=2)
    shown = page("study", study.public_id)
    assert "Not ready for launch" in shown
    assert "one generator" in shown


def test_missing_cells_are_marked_and_can_be_listed_alone(page):
    study = draft(generators=2, prompts=3, missing={(1, 1)})
    assert "which?" in page("study", study.public_id)
    gaps = page("study-images", study.public_id, gaps="1")
    assert "A drawing of 1 cats" in gaps
    assert "A drawing of 0 cats" not in gaps
    assert "missing" in gaps


def test_the_gallery_shows_twenty_prompts_a_page_at_a_fixed_cost(client, user, django_assert_max_num_queries):
    study = draft(generators=3, prompts=45)
    client.force_login(user)
    with django_assert_max_num_queries(10):
        shown = client.get(reverse("study-images", args=[study.public_id])).content.decode()
    assert shown.count("<img") == 60
    assert "1 to 20 of 45" in shown


def test_counts_for_the_running_page_come_as_json(client, user):
    study = running(user)
    client.force_login(user)
    status = client.get(reverse("study-status", args=[study.public_id])).json()
    assert status["state"] == "running"
    assert (status["votes"], status["wanted"]) == (0, 4 * 3 * 2)
    assert status["renditions"] == status["rendered"] == 12 + Rendition.objects.exclude(kind="plain").count()
    assert {category["key"]: category["wanted"] for category in status["categories"]} == {
        "portrait": 12,
        "scene": 12,
    }
    assert [panel["wanted"] for panel in status["panels"]] == [24]


def test_a_running_study_shows_its_panels_link_in_full(page, user):
    study = running(user)
    panel = study.panels.get()
    assert f"http://testserver/r/{panel.token}/" in page("study", study.public_id)


def test_the_audit_page_shows_the_chain_and_that_it_holds(page, user):
    shown = page("study-audit", running(user).public_id)
    assert "The chain holds" in shown
    assert all(verb in shown for verb in ("study_updated", "study_launched", "study_opened"))


def test_the_audit_page_says_where_a_chain_is_broken(page, user):
    from annotations.models import AuditEvent

    study = running(user)
    last = study.audit.order_by("sequence").last()
    forged = {
        "actor": "nobody",
        "verb": "vote_changed",
        "subject": "x",
        "previous_hash": "0" * 64,
        "hash": "1" * 64,
    }
    AuditEvent.objects.create(study=study, sequence=last.sequence + 1, at=last.at, **forged)
    assert "The chain is broken" in page("study-audit", study.public_id)


def test_names_with_markup_stay_text(page, user):
    study = draft(user, name="<script>alert(1)</script>")
    Generator.objects.filter(name="model-0").update(name="<b>bold</b>")
    for name in ("study", "study-images"):
        shown = page(name, study.public_id)
        assert "<script>alert" not in shown
        assert "<b>bold" not in shown
