"""Invitations by e-mail, for panels whose raters have accounts."""

import logging
from collections.abc import Mapping, Sequence
from smtplib import SMTPException

from django.core.mail import get_connection
from django.core.mail.message import EmailMessage
from django.template.loader import render_to_string

from annotations.actions.invitations import Made

log = logging.getLogger(__name__)


def send(*, made: Sequence[Made], links: Mapping[int, str]) -> tuple[int, int]:
    """How many mails were handed over, and how many were not. The invitations stand either way: whoever gets
    no mail can be sent the link by other means."""
    sent = 0
    letters = [each.invitation for each in made if each.invitation.email]
    try:
        with get_connection() as connection:
            for invitation in letters:
                context = {"invitation": invitation, "panel": invitation.panel, "link": links[invitation.pk]}
                subject = render_to_string("experts/invitation_subject.txt", context).strip()
                text = render_to_string("experts/invitation.txt", context)
                letter = EmailMessage(subject, text, to=[invitation.email], connection=connection)
                sent += letter.send()
    except (SMTPException, OSError):
        log.exception("invitations could not be sent")
    return sent, len(letters) - sent
