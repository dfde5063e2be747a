import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.actions import invitations, raters
from annotations.errors import StudyRefused, VoteRefused
from annotations.models import Invitation, Rater
from tests.annotations.arriving import running_panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel():
    return running_panel(entry="invitation")


def test_only_the_hash_of_a_link_is_kept(panel):
    made = invitations.create_many(panel=panel, actor=None, count=3)
    tokens = [each.token for each in made]
    assert len(set(tokens)) == 3
    assert invitations.find(panel, tokens[0]) == made[0].invitation
    assert not any(token in str(row) for row in Invitation.objects.values() for token in tokens)
    assert panel.study.audit.get(verb="invitations_created").data == {"count": 3}


def test_the_table_of_links_reads_back_and_holds_no_formula(panel):
    rows = [{"label": "=HYPERLINK(1)", "email": ""}, {"label": "Ada, Lovelace", "email": "ada@example.org"}]
    made = invitations.create_many(panel=panel, actor=None, rows=rows)
    links = {each.invitation.pk: f"https://arena.example/{each.token}" for each in made}
    table = list(csv.DictReader(io.StringIO(invitations.links_csv(made, links))))
    assert [row["label"] for row in table] == ["'=HYPERLINK(1)", "Ada, Lovelace"]
    assert [row["link"] for row in table] == list(links.values())


@pytest.mark.parametrize(
    "text",
    ["label,email\nAda,ada@example.org\n", "\ufeffEmail,Label\r\nada@example.org,Ada\r\n"],
)
def test_a_table_with_columns_is_read_by_their_names(text):
    assert invitations.read_csv(text) == [{"label": "Ada", "email": "ada@example.org"}]


def test_a_plain_list_is_one_label_a_line():
    assert invitations.read_csv("Ada\n\nGrace Hopper\n") == [{"label": "Ada"}, {"label": "Grace Hopper"}]
    assert invitations.read_csv("") == []


def test_bad_rows_are_named_and_nothing_is_made(panel):
    rows = [{"label": "fine"}, {"email": "no address"}, {"label": "x" * 201}]
    with pytest.raises(StudyRefused) as caught:
        invitations.create_many(panel=panel, actor=None, rows=rows)
    assert [(d["row"], d["column"]) for d in caught.value.details] == [(2, "email"), (3, "label")]
    assert not Invitation.objects.exists()


def test_states_follow_what_happened(panel):
    late = timezone.now() + timedelta(days=1)
    used, revoked, expired, fresh = invitations.create_many(panel=panel, actor=None, count=4, expires_at=late)
    raters.join(panel=panel, version=1, invitation=used.invitation.pk)
    chosen = [used.invitation, revoked.invitation]
    assert invitations.revoke(panel=panel, invitations=chosen, actor=None) == 1
    Invitation.objects.filter(pk=expired.invitation.pk).update(expires_at=timezone.now())
    found = {row.pk: invitations.state_of(row) for row in Invitation.objects.all()}
    assert found == {
        used.invitation.pk: "used",
        revoked.invitation.pk: "revoked",
        expired.invitation.pk: "expired",
        fresh.invitation.pk: "open",
    }


def test_a_spent_invitation_lets_nobody_else_in_and_leaves_no_trace_of_them(panel):
    (made,) = invitations.create_many(panel=panel, actor=None, count=1)
    raters.join(panel=panel, version=1, invitation=made.invitation.pk)
    with pytest.raises(VoteRefused) as caught:
        raters.join(panel=panel, version=1, invitation=made.invitation.pk)
    assert caught.value.code == "invitation_used"
    assert Rater.objects.count() == 1


def test_a_panel_with_an_open_link_has_no_invitations():
    with pytest.raises(StudyRefused) as caught:
        invitations.create_many(panel=running_panel(), actor=None, count=1)
    assert caught.value.code == "not_by_invitation"
