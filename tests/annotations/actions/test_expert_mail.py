import pytest

from annotations.actions import expert_mail, invitations
from tests.factories import PanelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    panel = PanelFactory(kind="expert", entry="account")
    rows = [{"email": "eva@example.org", "label": "Eva <&>"}, {"email": "tom@example.org"}]
    return invitations.create_many(panel=panel, actor=None, rows=rows)


def test_each_letter_carries_the_link_of_its_own_address(made, mailoutbox):
    links = {each.invitation.pk: f"https://arena.example/{number}&x" for number, each in enumerate(made)}
    assert expert_mail.send(made=made, links=links) == (2, 0)
    assert [(letter.to, letter.subject) for letter in mailoutbox] == [
        (["eva@example.org"], "You are invited to judge pictures"),
        (["tom@example.org"], "You are invited to judge pictures"),
    ]
    assert "https://arena.example/1&x" in mailoutbox[1].body


def test_a_mail_server_that_does_not_answer_leaves_the_invitations_standing(made, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert expert_mail.send(made=made, links={each.invitation.pk: "x" for each in made}) == (0, 2)
    assert [invitations.state_of(each.invitation) for each in made] == ["open", "open"]
