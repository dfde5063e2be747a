import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from annotations.models import Study
from scoring.actions import metrics, niches
from scoring.actions.niche_terms import Part
from scoring.models import Metric, Niche, NicheVersion, Score
from scoring.selectors import niches as selectors


@pytest.fixture
def staff(client, db):
    client.force_login(User.objects.create_user("designer", is_staff=True))
    return client


@pytest.fixture
def scored(study, make_image):
    metrics.ensure()
    clipping, now = Metric.objects.get(name="clipping"), timezone.now()
    for place in range(12):
        image = make_image(write=False)
        Score.objects.create(image=image, metric=clipping, value=place, state="done", computed_at=now)
    return study


def text(response):
    return response.content.decode()


def form(study, **more):
    return {
        "name": "Cups",
        "population": study.public_id,
        "weight_clipping": "1",
        "limit_clipping": "9",
    } | more


def test_an_empty_list_leads_to_the_first_niche(staff):
    page = text(staff.get(reverse("niches")))
    assert "No niche yet" in page
    assert reverse("niche-new") in page
    assert "No niche yet" not in text(staff.get(reverse("niche-new")))


def test_a_niche_is_made_shown_with_its_curve_and_listed(staff, scored):
    made = staff.post(reverse("niche-new"), form(scored, limit_hard_filters="on"), follow=True)
    page = text(made)
    version = NicheVersion.objects.get()
    assert version.checksum in page
    assert "Calibration: Clipped pixels (share)" in page
    assert "barred above 9" in page
    assert "barred unless it passes" in page
    assert "no human preference" in page
    assert version.niche.owner.username == "designer"
    assert "Cups" in text(staff.get(reverse("niches")))


def test_weights_that_do_not_sum_to_one_keep_what_was_typed(staff, scored):
    answer = staff.post(reverse("niche-new"), form(scored, weight_clipping="0.7"))
    assert answer.status_code == 422
    assert "sum to 0.7, not to 1" in text(answer)
    assert 'value="0.7"' in text(answer)
    assert not Niche.objects.exists()


def test_a_field_that_is_no_number_is_marked(staff, scored):
    answer = staff.post(reverse("niche-new"), form(scored, weight_clipping="much"))
    assert answer.status_code == 422
    assert "Enter a number" in text(answer)


def test_a_revision_begins_with_what_stands_and_makes_a_version(staff, scored):
    first = niches.create(
        name="Cups",
        parts=[Part("clipping", "0.4"), Part("contrast", "0.6", higher_is_better=False)],
        population=scored,
    )
    address = reverse("niche-revise", args=[first.niche.public_id])
    page = staff.get(address)
    assert page.context["form"]["weight_contrast"].value() == "0.6"
    assert page.context["form"]["better_contrast"].value() == "lower"
    assert page.context["form"]["limit_hard_filters"].value() is False
    assert page.context["form"]["population"].value() == scored.public_id
    changed = {"reason": "Contrast says little", "population": "all", "weight_clipping": "1"}
    shown = text(staff.post(address, changed, follow=True))
    assert "Contrast says little" in shown
    assert "Version 1" in shown
    assert [str(version) for version in selectors.versions_of(first.niche)] == [
        "Cups, version 2",
        "Cups, version 1",
    ]
    assert staff.get(reverse("niche", args=[first.niche.public_id]) + "?version=7").status_code == 404


def test_a_version_that_waits_says_for_what_and_can_be_frozen(staff, scored):
    last = Score.objects.order_by("id").last()
    Score.objects.filter(pk=last.pk).update(state="pending", computed_at=None, value=None)
    version = niches.create(name="Cups", parts=[Part("clipping", 1)], population=scored)
    address = reverse("niche", args=[version.niche.public_id])
    assert "11 done, 1 to come" in text(staff.get(address))
    assert "waits for scores" in text(staff.get(reverse("niches")))
    frozen = staff.post(
        reverse("niche-calibrate", args=[version.niche.public_id]), {"version": "1"}, follow=True
    )
    assert "is calibrated" in text(frozen)
    assert "Not calibrated yet" not in text(frozen)


def test_a_study_chooses_changes_and_drops_its_niche(staff, scored):
    address = reverse("study-niche", args=[scored.public_id])
    assert "Make a niche" in text(staff.get(address))
    version = niches.create(name="Cups", parts=[Part("clipping", 1)], population=scored)
    staff.post(address, {"version": version.public_id})
    assert selectors.attached(scored) == version
    assert "Shown now" in text(staff.get(address))
    assert scored.name in text(staff.get(reverse("niche", args=[version.niche.public_id])))
    assert staff.post(address, {"version": "none"}).status_code == 422
    staff.post(address, {"detach": "1"})
    assert selectors.attached(scored) is None


def test_votes_made_elsewhere_are_told_why_there_is_no_choice(staff, scored):
    Study.objects.filter(pk=scored.pk).update(source="imported", design_hash="0" * 64)
    assert "nothing to score" in text(staff.get(reverse("study-niche", args=[scored.public_id])))


def test_an_unknown_niche_is_not_found(staff, db):
    for name in ("niche", "niche-revise"):
        assert staff.get(reverse(name, args=["nothere"])).status_code == 404
