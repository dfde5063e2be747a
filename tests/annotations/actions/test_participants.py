import pytest

from annotations.actions import participants, raters
from annotations.models import ParticipantLink, Rater
from annotations.recruiting import Visitor
from tests.annotations.arriving import running_panel
from tests.factories import vote_all

pytestmark = pytest.mark.django_db


def someone(name: str = "person1") -> Visitor:
    return Visitor("prolific", name, {"study": "s", "session": f"session-{name}"})


@pytest.fixture
def panel():
    return running_panel(entry="prolific", outcomes={"completed": {"code": "DONE"}})


def done(panel, visitor) -> Rater:
    rater, _ = raters.join(panel=panel, version=1, visitor=visitor)
    raters.read_instructions(rater=rater)
    vote_all(rater)
    raters.finish(rater=rater)
    return rater


def test_the_payment_table_says_who_did_what_and_its_taking_is_recorded_without_ids(panel):
    done(panel, someone())
    raters.join(panel=panel, version=1, visitor=someone("person2"))
    first, second = participants.payment_rows(study=panel.study, actor="designer")
    assert set(first) == set(participants.PAYMENT_COLUMNS)
    assert (first["participant"], first["outcome"], first["code"]) == ("person1", "completed", "DONE")
    assert (first["votes"], first["session"]) == (4, "session-person1")
    assert (second["participant"], second["outcome"], second["finished_at"]) == ("person2", "", "")
    event = panel.study.audit.get(verb="payments_exported")
    assert (event.actor, event.data) == ("designer", {"participants": 2})


def test_erased_links_leave_votes_and_the_one_person_rule(panel):
    rater = done(panel, someone())
    assert participants.erase(study=panel.study, actor=None) == 1
    assert participants.payment_rows(study=panel.study, actor=None) == []
    assert rater.votes.count() == 4
    assert participants.known(panel.study, someone()) == rater
    assert "person1" not in str(list(panel.study.audit.values_list("data", flat=True)))


def test_one_link_may_be_erased_alone(panel):
    first, _ = raters.join(panel=panel, version=1, visitor=someone())
    raters.join(panel=panel, version=1, visitor=someone("person2"))
    assert participants.erase(study=panel.study, actor=None, rater=first) == 1
    assert ParticipantLink.objects.get().external_id == "person2"


def test_whoever_withdrew_with_erasure_is_not_linked_again(panel):
    rater, _ = raters.join(panel=panel, version=1, visitor=someone())
    raters.withdraw(rater=rater, erase=True)
    again, _ = raters.enter(panel=panel, visitor=someone())
    assert again == rater
    assert again.state == "withdrawn"
    assert not ParticipantLink.objects.exists()


def test_the_key_decides_the_hash(panel, settings):
    raters.join(panel=panel, version=1, visitor=someone())
    settings.EXTERNAL_ID_KEY = "another key"
    assert participants.known(panel.study, someone()) is None
