"""What an account takes part in: open studies, how far each is, and what is over. Nothing of any result."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from annotations.models import Invitation, Panel, PanelEntry, Rater, RaterState, StudyState
from annotations.selectors import rater_texts
from annotations.selectors.serving import total_for


@dataclass(frozen=True)
class Part:
    """One study of an expert's. `total` is None where there is no end to count to."""

    name: str
    panel: Panel
    voted: int
    total: int | None
    last_at: Any
    state: str  # open, new, waiting, paused, finished, closed, left


def parts(user: Any) -> tuple[list[Part], list[Part]]:
    """What can be gone on with, and what is over; the latest first."""
    raters = Rater.objects.filter(user=user, panel__entry=PanelEntry.ACCOUNT).select_related("panel", "study")
    joined = [_part(rater) for rater in raters.order_by("-id")]
    fresh = [_invited(panel) for panel in _invited_to(user, [rater.study_id for rater in raters])]
    over = ("finished", "closed", "left")
    going_on = fresh + [part for part in joined if part.state not in over]
    going_on.sort(key=lambda part: part.state not in ("new", "open"))  # what can be done now stands first
    return going_on, [part for part in joined if part.state in over]


def _part(rater: Rater) -> Part:
    last = rater.votes.order_by("-id").values_list("created_at", flat=True).first()
    return Part(
        name=_name(rater.panel),
        panel=rater.panel,
        voted=rater.voted,
        total=total_for(rater),
        last_at=last or rater.created_at,
        state=_state(rater),
    )


def _state(rater: Rater) -> str:
    if rater.state in (RaterState.FINISHED, RaterState.SCREENED_OUT):
        return "finished"
    if rater.state == RaterState.WITHDRAWN:
        return "left"
    return _of_study(rater.study.state)


def _of_study(state: str) -> str:
    named = {StudyState.RUNNING: "open", StudyState.PAUSED: "paused", StudyState.CLOSED: "closed"}
    return named.get(StudyState(state), "waiting")


def _invited(panel: Panel) -> Part:
    state = _of_study(panel.study.state)
    state = "new" if state == "open" else state
    return Part(name=_name(panel), panel=panel, voted=0, total=None, last_at=None, state=state)


def _invited_to(user: Any, joined: list[int]) -> list[Panel]:
    if not user.email:
        return []
    now = timezone.now()
    open_ones = Invitation.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), email__iexact=user.email, used_at=None, revoked_at=None
    )
    found = Panel.objects.filter(entry=PanelEntry.ACCOUNT, is_open=True, invitations__in=open_ones)
    found = found.exclude(study__in=joined).exclude(study__state=StudyState.CLOSED)
    return list(found.select_related("study").distinct().order_by("-id"))


def _name(panel: Panel) -> str:
    """A study's name is the designer's own and may say what is compared; raters know it by its question."""
    block = (panel.study.design or {}).get("blocks", [{}])[0]
    if not block:
        return panel.study.block.question
    given = rater_texts.translated(block.get("translations", {}))
    return str(given.get("question") or block["question"])
