"""How many raters a panel takes: in all, and of each demographic cell. Counted under the panel's lock.

A place in the quota is held by everybody who has consented and has neither left nor been turned away: active,
finished, or still on the way in. Who withdraws or is screened out frees theirs at once. Who prefers not to
say belongs to no cell and is held to the panel's own number alone.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotations import demographic_fields
from annotations.errors import StudyRefused, VoteRefused
from annotations.models import Panel, Quota, Rater, RaterState, Study

HOLDING = (RaterState.JOINED, RaterState.ACTIVE, RaterState.FINISHED)
MOST = 1_000_000


def lock_panel(pk: int) -> Panel:
    """Whoever enters or takes a place in a quota queues here. Order of locks: rater, panel, study."""
    return Panel.objects.select_for_update(no_key=True, of=("self",)).select_related("study").get(pk=pk)


def holders(panel: Panel) -> QuerySet[Rater]:
    return Rater.objects.filter(panel=panel, consented_at__isnull=False, state__in=HOLDING)


def refuse_when_full(panel: Panel, *, but: Rater | None = None) -> None:
    """Raises VoteRefused quota_full. The panel is locked."""
    if panel.max_raters is None:
        return
    others = holders(panel).exclude(pk=but.pk) if but else holders(panel)
    if others.count() >= panel.max_raters:
        raise VoteRefused(
            _("Enough people have taken part already."),
            code="quota_full",
            status=409,
            mend=_("Thank you for coming; nothing about you has been stored."),
        )


def full_cell(panel: Panel, answers: Mapping[str, str], *, but: Rater) -> Quota | None:
    """The first quota that these answers would overfill. The panel is locked."""
    for quota in panel.quotas.all():
        if all(answers.get(name) == value for name, value in quota.cell.items()):
            cell = {f"demographics__{name}": value for name, value in quota.cell.items()}
            if holders(panel).filter(**cell).exclude(pk=but.pk).count() >= quota.most_raters:
                return quota
    return None


def checked(study: Study, row: Mapping[str, Any]) -> tuple[dict[str, str], int]:
    """A cell and its number as they may be stored, from {"cell": {"gender": "woman"}, "most_raters": 20}."""
    cell, most = row.get("cell"), row.get("most_raters")
    if not isinstance(cell, Mapping) or not cell:
        raise _refused("A quota needs a cell.", "Say for whom it holds, e.g. an age band.")
    for name, value in cell.items():
        if name not in study.ask_demographics:
            raise _refused(f"The study does not ask for “{name}”.", "Add it to the demographics form first.")
        if not demographic_fields.is_answer(name, value) or value == demographic_fields.UNSAID:
            raise _refused(f"“{value}” is no answer to “{name}”.", "Choose one of the answers offered.")
    if isinstance(most, bool) or not isinstance(most, int) or not 0 <= most <= MOST:
        raise _refused("A quota is a whole number, 0 or more.", "Write how many raters the cell takes.")
    return {str(name): str(value) for name, value in cell.items()}, most


def _refused(message: str, mend: str) -> StudyRefused:
    return StudyRefused(message, code="invalid_quota", status=400, mend=mend)
