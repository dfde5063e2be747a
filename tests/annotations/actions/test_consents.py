import pytest

from annotations.actions import assignments, consents, raters, studies, votes
from annotations.errors import StudyRefused, VoteRefused
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db

LEFT = {"overall": "left"}


@pytest.fixture
def study():
    return planned_study(check_every=0)


def test_nothing_is_served_or_stored_until_the_new_text_is_agreed_to(study):
    rater = rater_in(study)
    served = assignments.next_for(rater=rater)
    consents.publish(study=study, text="Second text", actor="designer")
    for refused in (
        lambda: assignments.next_for(rater=rater),
        lambda: votes.record(rater=rater, nonce=served[0].nonce, answer=LEFT),
    ):
        with pytest.raises(VoteRefused) as caught:
            refused()
        assert caught.value.code == "consent_required"
    raters.consent(rater=rater, version=2)
    votes.record(rater=rater, nonce=served[0].nonce, answer=LEFT)
    assert rater.consent.version == 2
    assert study.audit.get(verb="rater_consented_again").data == {"version": 2}


def test_who_finished_is_not_asked_again(study):
    rater = rater_in(study)
    vote_all(rater)
    raters.finish(rater=rater)
    consents.publish(study=study, text="Second text", actor=None)
    rater.refresh_from_db()
    assert rater.state == "finished"


def test_the_record_says_who_published_what_version_and_how_many_are_asked(study):
    rater_in(study)
    made = consents.publish(study=study, text="  Second text ", actor="designer", translations={"de": "Zwei"})
    assert (made.version, made.text, made.translations) == (2, "Second text", {"de": "Zwei"})
    event = study.audit.get(verb="consent_published")
    assert (event.actor, event.data) == ("designer", {"version": 2, "asked_again": 1})


def test_the_same_text_no_text_and_a_closed_study_are_refused(study):
    consents.publish(study=study, text="Second text", actor=None)
    codes = []
    for text in ("Second text", "  "):
        with pytest.raises(StudyRefused) as caught:
            consents.publish(study=study, text=text, actor=None)
        codes.append(caught.value.code)
    studies.close(study=study, actor=None)
    with pytest.raises(StudyRefused) as caught:
        consents.publish(study=study, text="Third", actor=None)
    assert [*codes, caught.value.code] == ["same_consent", "empty_consent", "study_closed"]
    assert study.consents.count() == 2
