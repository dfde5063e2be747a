"""What a rater meets at the end: how the visit ended, and the way back to where they came from."""

from dataclasses import dataclass

from annotations.models import Outcome, Panel, PanelEntry, ParticipantLink, Rater, Vote
from annotations.recruiting import MTURK, return_link


@dataclass(frozen=True)
class Ending:
    """`code` is shown; `url` leads back; `submit_to` and `assignment` belong to Mechanical Turk's form."""

    outcome: str
    code: str
    url: str
    service: str = ""
    submit_to: str = ""
    assignment: str = ""


def ending(panel: Panel, outcome: str, rater: Rater | None = None) -> Ending:
    code, url = return_link(panel, outcome)
    if outcome == Outcome.FAILED_CHECKS and not (code or url):
        # Nothing of its own was set up: an end like any other, and called so in what is sent on.
        outcome = Outcome.COMPLETED
        code, url = return_link(panel, Outcome.COMPLETED)
    if rater is not None and not code:
        code = rater.completion_code or ""
    service = panel.get_entry_display() if panel.entry in (PanelEntry.PROLIFIC, PanelEntry.MTURK) else ""
    link = _turk(rater) if rater is not None and panel.entry == PanelEntry.MTURK else {}
    return Ending(outcome, code, url, service, link.get("submit_to", ""), link.get("assignment", ""))


def _turk(rater: Rater) -> dict[str, str]:
    found = ParticipantLink.objects.filter(rater=rater, service=MTURK).first()
    return dict(found.data) if found else {}


def has_answers(rater: Rater) -> bool:
    """Whether anything is left that a rater could have erased."""
    return Vote.objects.filter(rater=rater, erased_at=None).exists()
