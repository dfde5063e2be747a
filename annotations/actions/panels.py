"""Groups of raters, each with an overlap, a way in and a way out of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from annotations.actions import audit
from annotations.actions import quotas as raters_wanted
from annotations.actions.audit import Actor
from annotations.actions.blocks import check
from annotations.errors import StudyRefused
from annotations.models import Panel, PanelEntry, PanelKind, Quota, Study, StudyState
from annotations.recruiting import checked_outcomes

SETTINGS = frozenset({
    "name", "kind", "entry", "overlap", "max_raters", "practice", "quiz_pass_mark", "quiz_attempts",
    "outcomes", "verify",
})  # fmt: skip
# Where raters are sent back to, and how many come, may be mended while a study runs.
CHANGEABLE = frozenset({"outcomes", "max_raters"})


@transaction.atomic
def create(
    *,
    study: Study,
    name: str,
    kind: str = PanelKind.CROWD,
    overlap: int = 3,
    actor: Actor = None,
    quotas: Sequence[Mapping[str, Any]] = (),
    **settings: Any,
) -> Panel:
    """A further panel of a draft: its places are planned at launch with those of the others."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.state != StudyState.DRAFT:
        raise StudyRefused(
            f"“{locked.name}” is launched; its panels are part of the frozen design.",
            mend="Add panels before launch.",
        )
    if not name.strip() or kind not in PanelKind.values or not 1 <= overlap <= 1000:
        raise StudyRefused(
            "A panel needs a name, a kind (crowd, expert, judge) and an overlap of 1 to 1,000.", status=400
        )
    if kind == PanelKind.JUDGE:
        settings.setdefault("entry", PanelEntry.API)
    panel = Panel(study=locked)
    _write(panel, {"name": name.strip(), "kind": kind, "overlap": overlap, **settings})
    _write_quotas(panel, quotas)
    data = {"name": panel.name, "kind": kind, "overlap": overlap, "entry": panel.entry}
    audit.record(study=locked, actor=actor, verb="panel_created", subject=_subject(panel), data=data)
    return panel


@transaction.atomic
def update(
    *, panel: Panel, actor: Actor, quotas: Sequence[Mapping[str, Any]] | None = None, **settings: Any
) -> Panel:
    """Change a panel: all of it in draft, later only outcomes and numbers of raters; nobody inside is sent
    away. `quotas` are {"cell": {"gender": "woman"}, "most_raters": 20} and replace those before."""
    locked = Panel.objects.select_for_update(no_key=True).get(pk=panel.pk)
    study = Study.objects.select_for_update(no_key=True).get(pk=panel.study_id)
    changed = sorted(name for name, value in settings.items() if getattr(locked, name, None) != value)
    if study.state != StudyState.DRAFT and (frozen := set(changed) - CHANGEABLE):
        raise StudyRefused(
            f"“{study.name}” is launched: {', '.join(sorted(frozen))} of a panel can't change any more.",
            mend="Outcomes and quotas can still be changed.",
        )
    _write(locked, settings)
    data: dict[str, Any] = {"changed": changed}
    if quotas is not None:
        data["quotas"] = _write_quotas(locked, quotas)
    audit.record(study=study, actor=actor, verb="panel_updated", subject=_subject(locked), data=data)
    panel.refresh_from_db()
    return locked


@transaction.atomic
def remove(*, panel: Panel, actor: Actor) -> None:
    """Take a panel out of a draft."""
    study = Study.objects.select_for_update().get(pk=panel.study_id)
    if study.state != StudyState.DRAFT:
        raise StudyRefused("The study is launched; its panels stay.", mend="Close the panel instead.")
    data = {"name": panel.name}
    audit.record(study=study, actor=actor, verb="panel_removed", subject=_subject(panel), data=data)
    panel.delete()


@transaction.atomic
def set_open(*, panel: Panel, is_open: bool, actor: Actor) -> Panel:
    """A closed panel takes no new raters; those inside go on."""
    locked = (
        Panel.objects.select_for_update(no_key=True, of=("self",)).select_related("study").get(pk=panel.pk)
    )
    if locked.is_open != is_open:
        locked.is_open = is_open
        locked.save(update_fields=["is_open"])
        verb = "panel_opened" if is_open else "panel_closed"
        audit.record(study=locked.study, actor=actor, verb=verb, subject=_subject(locked))
    panel.is_open = is_open
    return locked


def _write(panel: Panel, settings: Mapping[str, Any]) -> None:
    if unknown := set(settings) - SETTINGS:
        raise StudyRefused(f"A panel has no setting {', '.join(sorted(unknown))}.", code="unknown_setting")
    for name, value in settings.items():
        setattr(panel, name, value)
    if (panel.kind == PanelKind.JUDGE) != (panel.entry == PanelEntry.API):
        raise StudyRefused(
            "Judges come by API token, and only they.",
            mend="Choose the API as the way in for judges, and another one for people.",
            code="judges_by_api",
            status=400,
        )
    panel.outcomes = checked_outcomes(panel.outcomes)
    check(panel, exclude=["study", "token", "public_id"])
    try:
        with transaction.atomic():
            panel.save()
    except IntegrityError as error:
        raise StudyRefused(
            f"The study has a panel called {panel.name} already.", mend="Choose another name."
        ) from error


def _write_quotas(panel: Panel, quotas: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = [raters_wanted.checked(panel.study, row) for row in quotas]
    cells = [tuple(sorted(cell.items())) for cell, _ in rows]
    if len(set(cells)) != len(cells):
        raise StudyRefused(
            "A group is named twice.", mend="Give each group one number.", code="invalid_quota", status=400
        )
    panel.quotas.all().delete()
    Quota.objects.bulk_create(Quota(panel=panel, cell=cell, most_raters=most) for cell, most in rows)
    return [{"cell": cell, "most_raters": most} for cell, most in rows]


def _subject(panel: Panel) -> str:
    return f"panel {panel.public_id}"
