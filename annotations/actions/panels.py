"""Groups of raters, each with an overlap and a link of its own."""

from django.db import IntegrityError, transaction

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.errors import StudyRefused
from annotations.models import Panel, PanelKind, Study, StudyState


@transaction.atomic
def create(
    *, study: Study, name: str, kind: str = PanelKind.CROWD, overlap: int = 3, actor: Actor = None
) -> Panel:
    """A further panel of a draft: its places are planned at launch with those of the others."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if locked.state != StudyState.DRAFT:
        raise StudyRefused(
            f"“{locked.name}” is launched; its panels are part of the frozen design.",
            mend="Add panels before launch.",
        )
    name = name.strip()
    if not name or kind not in PanelKind.values or not 1 <= overlap <= 1000:
        raise StudyRefused(
            "A panel needs a name, a kind (crowd, expert, judge) and an overlap of 1 to 1,000.", status=400
        )
    try:
        with transaction.atomic():
            panel = Panel.objects.create(study=locked, name=name, kind=kind, overlap=overlap)
    except IntegrityError as error:
        raise StudyRefused(
            f"The study has a panel called {name} already.", mend="Choose another name."
        ) from error
    data = {"name": name, "kind": kind, "overlap": overlap}
    audit.record(study=locked, actor=actor, verb="panel_created", subject=_subject(panel), data=data)
    return panel


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


def _subject(panel: Panel) -> str:
    return f"panel {panel.public_id}"
