"""Who looks while votes come in is on record, by page, file, API or command, once for a state of votes."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from annotations.actions import looks
from annotations.models import AuditEvent, Study
from tests.arena.results.studies import voted_study
from tests.factories import UserFactory, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return voted_study(raters=2, overlap=3, check_every=0)


def noted(study):
    found = AuditEvent.objects.filter(study=study, verb=looks.VERB)
    return [(look.actor, look.data["votes"]) for look in found]


def later(monkeypatch):
    """An hour has passed, and the record is append-only."""
    now = timezone.now() + 6 * looks.ONE_LOOK
    monkeypatch.setattr("annotations.actions.looks.timezone.now", lambda: now)


WAYS = {
    "page": lambda pid: reverse("results", args=[pid]),
    "intervals": lambda pid: reverse("results-intervals", args=[pid]),
    "file": lambda pid: reverse("export", args=[pid, "ranking", "csv"]),
    "api": lambda pid: reverse("api-ranking", args=[pid]),
    "gate": lambda pid: reverse("api-gate", args=[pid]) + "?candidate=nobody-0&baseline=nobody-1",
}


def test_every_way_to_a_ranking_is_a_look(client, study):
    names = sorted(set(study.images.values_list("generator__name", flat=True)))
    for name, way in WAYS.items():
        user = UserFactory()
        client.force_login(user)
        address = way(study.public_id).replace("nobody-0", names[0]).replace("nobody-1", names[1])
        for _ in range(2):
            answer = client.get(address)
            assert answer.status_code == 200, name
            assert not answer.streaming or b"".join(answer.streaming_content)
        assert noted(study)[-1] == (user.username, study.votes.count()), name
    assert len(noted(study)) == len(WAYS)
    with pytest.raises(SystemExit):
        call_command("gate", study.public_id, "--candidate", names[0], "--baseline", names[1])
    assert noted(study)[-1] == ("gate command", study.votes.count())


def test_votes_and_pictures_are_no_look(client, study):
    client.force_login(UserFactory())
    answer = client.get(reverse("export", args=[study.public_id, "images", "csv"]))
    assert b"".join(answer.streaming_content)
    assert noted(study) == []


def test_a_program_that_asks_again_is_a_look_once_votes_have_come(monkeypatch, study):
    looks.note(study=study, actor="ana")
    later(monkeypatch)
    looks.note(study=study, actor="ana")
    votes = study.votes.count()
    assert noted(study) == [("ana", votes)]
    vote_all(rater_in(study), lambda assignment: {"overall": "left"})
    looks.note(study=study, actor="ana")
    assert noted(study) == [("ana", votes), ("ana", study.votes.count())]
    assert study.votes.count() > votes


def test_nobody_peeks_at_a_closed_study(study):
    Study.objects.filter(pk=study.pk).update(state="closed")
    looks.note(study=Study.objects.get(pk=study.pk), actor="ana")
    assert noted(study) == []
