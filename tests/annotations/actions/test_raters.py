import pytest

from annotations import selectors
from annotations.actions import panels, raters, studies
from annotations.errors import Conflict, VoteRefused
from annotations.models import ConsentText, Place
from tests.factories import UserFactory, draft_study, planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return planned_study(check_every=0)


def verbs(study):
    return list(study.audit.order_by("sequence").values_list("verb", flat=True))


def test_only_the_hash_of_a_secret_is_stored(study):
    panel = study.panels.get()
    rater, secret = raters.enter(panel=panel)
    assert secret not in str(rater.__dict__)
    assert selectors.by_secret(panel, secret) == rater
    assert selectors.by_secret(panel, secret + "x") is None


def test_a_raters_way_is_written_down(study):
    rater = rater_in(study)
    vote_all(rater)
    assert verbs(study)[-3:] == ["rater_entered", "rater_consented", "rater_finished"]


def test_consent_is_given_to_the_present_version_only(study):
    rater, _ = raters.enter(panel=study.panels.get())
    ConsentText.objects.create(study=study, version=2, text="Another text")
    with pytest.raises(Conflict) as caught:
        raters.consent(rater=rater, version=1)
    assert caught.value.code == "consent_changed"
    assert raters.consent(rater=rater, version=2).state == "active"
    assert rater.consent.version == 2


def test_consenting_twice_changes_nothing(study):
    rater = rater_in(study)
    at = rater.consented_at
    raters.consent(rater=rater, version=1)
    assert rater.consented_at == at
    assert verbs(study).count("rater_consented") == 1


def test_a_closed_panel_takes_nobody_new_but_keeps_who_is_inside(study):
    inside = rater_in(study)
    panels.set_open(panel=study.panels.get(), is_open=False, actor=None)
    with pytest.raises(VoteRefused) as caught:
        raters.enter(panel=study.panels.get())
    assert caught.value.code == "panel_closed"
    assert vote_all(inside) == 12


def test_a_draft_has_no_raters():
    study = draft_study()
    with pytest.raises(VoteRefused) as caught:
        raters.enter(panel=study.panels.get())
    assert caught.value.code == "study_not_open"


def test_a_user_who_comes_again_is_the_same_rater(study):
    user, panel = UserFactory(), study.panels.get()
    first, old = raters.enter(panel=panel, user=user)
    second, new = raters.enter(panel=panel, user=user)
    assert first == second
    assert selectors.by_secret(panel, new) == first
    assert selectors.by_secret(panel, old) is None


def test_finishing_gives_back_what_was_in_hand_and_keeps_its_code(study):
    rater = rater_in(study)
    vote_all(rater, most=1)
    from annotations.actions import assignments

    assignments.next_for(rater=rater)
    code = raters.finish(rater=rater)
    assert raters.finish(rater=rater) == code == rater.completion_code
    assert not Place.objects.filter(state="leased").exists()


def test_where_there_is_a_maximum_the_code_waits_for_it():
    rater = rater_in(planned_study(max_votes_per_rater=3, check_every=0))
    vote_all(rater, most=2)
    with pytest.raises(VoteRefused) as caught:
        raters.finish(rater=rater)
    assert caught.value.code == "not_finished"
    vote_all(rater)
    assert rater.completion_code


def test_without_a_vote_there_is_no_code_while_pictures_are_left(study):
    with pytest.raises(VoteRefused):
        raters.finish(rater=rater_in(study))


def test_a_study_closed_in_mid_session_still_gives_the_code(study):
    limited = planned_study(max_votes_per_rater=3, check_every=0)
    rater = rater_in(limited)
    vote_all(rater, most=1)
    studies.close(study=limited, actor=None)
    assert raters.finish(rater=rater)


def test_withdrawing_keeps_votes_frees_leases_and_ends_voting(study):
    from annotations.actions import assignments

    rater = rater_in(study)
    vote_all(rater, most=2)
    assignments.next_for(rater=rater)
    raters.withdraw(rater=rater)
    assert rater.state == "withdrawn"
    assert rater.votes.count() == 2
    assert not Place.objects.filter(state="leased").exists()
    assert assignments.next_for(rater=rater) == []
    with pytest.raises(VoteRefused):
        raters.finish(rater=rater)
    assert verbs(study)[-1] == "rater_withdrew"
