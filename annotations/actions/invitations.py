"""Single-use links into a panel. The link is shown once, when it is made; only its hash is kept."""

import csv
import hashlib
import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.errors import NotFound, StudyRefused, VoteRefused
from annotations.models import Invitation, Panel, PanelEntry, Rater, StudyState

MOST = 5000
COLUMNS = ("label", "link", "email", "expires_at")
OPEN, USED, REVOKED, EXPIRED = "open", "used", "revoked", "expired"
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Made:
    """An invitation with its token, which nobody can ask for again."""

    invitation: Invitation
    token: str


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def state_of(invitation: Invitation) -> str:
    if invitation.used_at is not None:
        return USED
    if invitation.revoked_at is not None:
        return REVOKED
    expired = invitation.expires_at is not None and invitation.expires_at <= timezone.now()
    return EXPIRED if expired else OPEN


@transaction.atomic
def create_many(
    *,
    panel: Panel,
    actor: Actor,
    rows: Sequence[Mapping[str, str]] = (),
    count: int = 0,
    expires_at: datetime | None = None,
) -> list[Made]:
    """An invitation for each row {"label", "email"}, or `count` without labels. Raises StudyRefused with the
    rows that are not understood in `details`; nothing is made then."""
    rows = list(rows) or [{} for _ in range(count)]
    _refuse_unusable(panel, rows, expires_at)
    tokens = [secrets.token_urlsafe(24) for _ in rows]
    made = Invitation.objects.bulk_create(
        Invitation(
            panel=panel,
            label=str(row.get("label") or "").strip(),
            email=str(row.get("email") or "").strip(),
            token_hash=token_hash(token),
            created_by=audit.user_of(actor),
            expires_at=expires_at,
        )
        for row, token in zip(rows, tokens, strict=True)
    )
    _record(panel, actor, "invitations_created", {"count": len(made)})
    return [Made(invitation, token) for invitation, token in zip(made, tokens, strict=True)]


def _refuse_unusable(panel: Panel, rows: Sequence[Mapping[str, str]], expires_at: datetime | None) -> None:
    if panel.entry not in (PanelEntry.INVITATION, PanelEntry.ACCOUNT):
        raise StudyRefused(
            "People don't come to this panel by invitation.",
            code="not_by_invitation",
            mend="Choose invitations or accounts as its way in.",
        )
    if panel.study.state == StudyState.CLOSED:
        raise StudyRefused("The study is closed.", code="study_closed")
    if not 1 <= len(rows) <= MOST:
        raise StudyRefused(
            f"Between 1 and {MOST:,} invitations can be made at once.", code="invalid_count", status=400
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise StudyRefused("The last day lies in the past.", code="invalid_expiry", status=400)
    problems = [
        {"row": number, "column": column, "message": message}
        for number, row in enumerate(rows, start=1)
        for column, message in _problems(row, by_account=panel.entry == PanelEntry.ACCOUNT)
    ]
    if problems:
        first = problems[0]
        raise StudyRefused(
            f"Row {first['row']}: {first['message']}",
            code="invalid_rows",
            status=422,
            mend="Correct the rows; nothing has been made.",
            details=problems[:100],
        )


def _problems(row: Mapping[str, str], *, by_account: bool) -> Iterable[tuple[str, str]]:
    label, email = str(row.get("label") or "").strip(), str(row.get("email") or "").strip()
    if len(label) > 200 or "\x00" in label:
        yield "label", "A label has at most 200 characters."
    if by_account and not email:
        yield "email", "Whoever comes by account is invited by an e-mail address."
    if email:
        try:
            validate_email(email)
        except ValidationError:
            yield "email", f"“{email}” is no e-mail address."


@transaction.atomic
def revoke(*, panel: Panel, invitations: Iterable[Invitation], actor: Actor) -> int:
    """Open invitations stop working; whoever has used theirs stays inside."""
    open_ones = Invitation.objects.filter(
        panel=panel,
        pk__in=[invitation.pk for invitation in invitations],
        used_at=None,
        revoked_at=None,
    )
    count = open_ones.update(revoked_at=timezone.now())
    if count:
        _record(panel, actor, "invitations_revoked", {"count": count})
    return count


def _record(panel: Panel, actor: Actor, verb: str, data: Mapping[str, int]) -> None:
    audit.record(study=panel.study, actor=actor, verb=verb, subject=f"panel {panel.public_id}", data=data)


def find(panel: Panel, token: str) -> Invitation | None:
    return (
        Invitation.objects.select_related("rater").filter(panel=panel, token_hash=token_hash(token)).first()
    )


def refuse_unless_open(invitation: Invitation) -> None:
    """Raises VoteRefused invitation_used, invitation_revoked, invitation_expired."""
    state = state_of(invitation)
    if state != OPEN:
        raise VoteRefused(
            f"This invitation is {state}.",
            code=f"invitation_{state}",
            status=410,
            mend="Ask the people who sent it to you for a new one.",
        )


def use(*, pk: int, panel: Panel, rater: Rater) -> None:
    """Spend an invitation on a rater, inside the transaction that lets them in."""
    invitation = Invitation.objects.select_for_update(of=("self",)).filter(pk=pk, panel=panel).first()
    if invitation is None:
        raise NotFound("This invitation is not known.", code="invitation_unknown")
    refuse_unless_open(invitation)
    invitation.used_at, invitation.rater = timezone.now(), rater
    invitation.save(update_fields=["used_at", "rater"])


def for_user(panel: Panel, email: str) -> Invitation | None:
    """The open invitation of an account to a panel."""
    if not email:
        return None
    now = timezone.now()
    fresh = Q(expires_at=None) | Q(expires_at__gt=now)
    return Invitation.objects.filter(
        fresh, panel=panel, email__iexact=email, used_at=None, revoked_at=None
    ).first()


def links_csv(made: Sequence[Made], link_of: Mapping[int, str]) -> str:
    """What the designer downloads, once: label, link, e-mail, last day. `link_of` has the addresses by pk."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in made:
        invitation = each.invitation
        until = invitation.expires_at.isoformat(timespec="minutes") if invitation.expires_at else ""
        writer.writerow([cell(invitation.label), link_of[invitation.pk], cell(invitation.email), until])
    return out.getvalue()


def cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_csv(text: str) -> list[dict[str, str]]:
    """Rows from a table with a column "label" and, where wanted, "email"; or one label a line."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        return []
    first = next(csv.reader(lines[:1]))
    names = [name.strip().casefold() for name in first]
    if "label" not in names and "email" not in names:
        return [{"label": row[0].strip()} for row in csv.reader(lines) if row]
    return [
        {name: (row.get(name) or "").strip() for name in ("label", "email")}
        for row in csv.DictReader(lines[1:], fieldnames=names)
    ]
