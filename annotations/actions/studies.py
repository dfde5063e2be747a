"""The life of a study: created, designed, launched, opened, paused, resumed, closed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from annotations import sql
from annotations.actions import audit, blocks, launching, plan_problems, planning, wake
from annotations.actions.audit import Actor
from annotations.errors import StudyRefused
from annotations.models import (
    Assignment,
    AssignmentState,
    Comparison,
    ConsentText,
    ImportState,
    Panel,
    Place,
    PlaceState,
    Study,
    StudyState,
)
from arena.analytics import rater_rules
from arena.analytics.errors import RuleError

SETTINGS = frozenset({
    "name", "instructions", "is_demo", "box_px", "encoding", "check_every", "first_check_within", "lease_s",
    "max_votes_per_rater", "repeat_share", "prompt_gap", "break_after_min", "rules", "ask_demographics",
    "privacy_text", "language", "translations", "seed",
})  # fmt: skip
# Texts of a study and of its first block are told apart by where they are set.
BLOCK_SETTINGS = blocks.SETTINGS - {"translations"}
# Places that a launch writes while its designer waits: less than a second's work.
AT_ONCE = 5000
DEFAULT_CONSENT = launching.DEFAULT_CONSENT
DEFAULT_LIKERT_CRITERIA = launching.DEFAULT_LIKERT_CRITERIA
DEFAULT_PANEL = launching.DEFAULT_PANEL
# To a state: from which, and the words for any other.
SWITCHES: dict[StudyState, tuple[tuple[str, ...], str]] = {
    StudyState.PAUSED: ((StudyState.RUNNING,), "Only a running study can be paused."),
    StudyState.RUNNING: ((StudyState.PAUSED,), "Only a paused study can be resumed."),
    StudyState.CLOSED: (
        (StudyState.RUNNING, StudyState.PAUSED),
        "Only a running or paused study can be closed.",
    ),
}
# A vote takes a hundredth of that.
VOTES_UNDER_WAY_MS = 1000


@transaction.atomic
def create(
    *,
    name: str,
    owner: Any = None,
    overlap: int | None = None,
    consent_text: str | None = None,
    criteria: Sequence[Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Study:
    """A new draft with one block, whose settings may stand beside the study's own. The seed is drawn unless
    given, so that nobody can foresee the sides."""
    study = Study(name=name, owner=owner, seed=settings.pop("seed", launching.new_seed()))
    own, of_block = _split(settings)
    _assign(study, own)
    study.save()
    blocks.write(blocks.first(study), of_block, criteria)
    _write_parts(study, overlap=overlap, consent_text=consent_text)
    audit.record(
        study=study, actor=owner, verb="study_created", subject=_subject(study), data={"name": study.name}
    )
    return study


@transaction.atomic
def update(
    *,
    study: Study,
    actor: Actor,
    overlap: int | None = None,
    consent_text: str | None = None,
    criteria: Sequence[Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Study:
    """Change a draft; settings of a block go to the first one. Raises StudyRefused once it is launched."""
    locked = _locked(study, StudyState.DRAFT, "Its design is frozen.")
    own, of_block = _split(settings)
    changed = _assign(locked, own)
    locked.save()
    if of_block or criteria is not None:
        changed += blocks.write(locked.block, of_block, criteria)
    _write_parts(locked, overlap=overlap, consent_text=consent_text)
    parts = {"overlap": overlap, "consent_text": consent_text, "criteria": criteria}
    data = {"changed": sorted(changed + [name for name, value in parts.items() if value is not None])}
    audit.record(study=locked, actor=actor, verb="study_updated", subject=_subject(locked), data=data)
    study.refresh_from_db()
    return locked


def _split(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    of_block = {name: value for name, value in settings.items() if name in BLOCK_SETTINGS}
    return {name: value for name, value in settings.items() if name not in of_block}, of_block


def _assign(study: Study, settings: Mapping[str, Any]) -> list[str]:
    if unknown := set(settings) - SETTINGS:
        raise StudyRefused(f"A study has no setting {', '.join(sorted(unknown))}.", code="unknown_setting")
    if "rules" in settings:
        settings = {**settings, "rules": _checked_rules(settings["rules"])}
    changed = [name for name, value in settings.items() if getattr(study, name) != value]
    for name, value in settings.items():
        setattr(study, name, value)
    blocks.check(study, exclude=["owner", "design", "design_hash", "public_id"])
    return changed


def _checked_rules(rules: Any) -> list[dict[str, Any]]:
    try:
        return rater_rules.validate(rules)
    except RuleError as error:
        raise StudyRefused(str(error), mend=error.mend, code="invalid_rules", status=400) from error


def _write_parts(
    study: Study,
    *,
    overlap: int | None,
    consent_text: str | None,
) -> None:
    if overlap is not None:
        if not 1 <= overlap <= 1000:
            raise StudyRefused("Between 1 and 1,000 raters can answer one comparison.", status=400)
        if not study.panels.update(overlap=overlap):
            Panel.objects.create(study=study, name=DEFAULT_PANEL, overlap=overlap)
    if consent_text is not None and consent_text.strip():
        last = study.consents.first()
        if last is None or last.text != consent_text:
            version = last.version + 1 if last else 1
            ConsentText.objects.create(study=study, version=version, text=consent_text)


def check_launchable(study: Study) -> list[dict[str, str]]:
    """Everything that speaks against a launch, as {code, message, mend}; empty when nothing does."""
    problems = []
    if study.state != StudyState.DRAFT:
        problems.append(("not_draft", "The study is launched already.", "Start a new study."))
    if study.imports.filter(
        state__in=[ImportState.QUEUED, ImportState.CHECKING, ImportState.STORING]
    ).exists():
        problems.append(("import_open", "An import is still on its way.", "Wait for its end or cancel it."))
    if 0 < study.check_every < 3:
        problems.append((
            "checks_too_dense",
            "Two attention checks may not follow each other.",
            "Take one check in 3 or more, or 0 for none.",
        ))  # fmt: skip
    if study.check_every and study.first_check_within < 1:
        problems.append(("first_check", "The first check needs a place.", "Take 1 or more."))
    if study.max_votes_per_rater == 0:
        problems.append(("no_votes", "A rater may give 0 votes.", "Take 1 or more, or leave it empty."))
    problems += plan_problems.find(study)
    return [{"code": code, "message": message, "mend": mend} for code, message, mend in problems]


@transaction.atomic
def launch(*, study: Study, actor: Actor) -> Study:
    """Freeze the design, plan every vote, and have the pictures prepared. Raises StudyRefused with every
    problem in `details`."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if problems := check_launchable(locked):
        raise StudyRefused(
            "The study can't be launched: " + " ".join(problem["message"] for problem in problems),
            mend=problems[0]["mend"],
            details=problems,
        )
    launching.freeze(locked)
    locked.state = StudyState.PREPARING
    locked.launched_at = timezone.now()
    if planning.places_at_most(locked) <= AT_ONCE:
        _plan_at_once(locked)
    locked.save()
    data = {"design_hash": locked.design_hash, "counts": (locked.design or {}).get("counts")}
    audit.record(study=locked, actor=actor, verb="study_launched", subject=_subject(locked), data=data)
    transaction.on_commit(lambda: wake.send("annotations.tasks.prepare_study", locked.pk))
    study.refresh_from_db()
    return locked


def _plan_at_once(study: Study) -> None:
    """A small plan is whole before its designer sees the next page; a worker writes larger ones."""
    plan = planning.load(study)
    planning.choose_all(plan)
    launching.adopt(study, launching.write_plan(study, plan))
    study.planned_at = timezone.now()


@transaction.atomic
def finish_preparation(*, study: Study) -> Study:
    """Open the study when its plan is written and its pictures are rendered; otherwise leave it as it is."""
    locked = Study.objects.select_for_update().get(pk=study.pk)
    if (
        locked.state != StudyState.PREPARING
        or not locked.planned_at
        or locked.renditions.filter(path="").exists()
    ):
        return locked
    locked.state = StudyState.RUNNING
    locked.prepare_claimed_at = None
    locked.prepare_error, locked.prepare_attempts, locked.prepare_after_at = "", 0, None
    locked.save(
        update_fields=["state", "prepare_claimed_at", "prepare_error", "prepare_attempts", "prepare_after_at"]
    )
    sql.count_anew(Place, Comparison, Assignment)
    data = {"renditions": locked.renditions.count()}
    audit.record(study=locked, actor=None, verb="study_opened", subject=_subject(locked), data=data)
    study.refresh_from_db()
    return locked


def pause(*, study: Study, actor: Actor) -> Study:
    """No votes for now. Those under way are stored when this returns."""
    locked = _switch(study, StudyState.PAUSED, actor, "study_paused")
    with _votes_awaited(study):
        return locked


def resume(*, study: Study, actor: Actor) -> Study:
    return _switch(study, StudyState.RUNNING, actor, "study_resumed")


def close(*, study: Study, actor: Actor) -> Study:
    """No more votes, for good. What raters hold at this moment is given back."""
    locked = _switch(study, StudyState.CLOSED, actor, "study_closed")
    with _votes_awaited(study):
        Assignment.objects.filter(study=locked, state=AssignmentState.LEASED).update(
            state=AssignmentState.RELEASED
        )
        Place.objects.filter(study=locked, state=PlaceState.LEASED).update(
            state=PlaceState.FREE, lease_expires_at=None
        )
    return locked


@transaction.atomic
def _switch(study: Study, state: StudyState, actor: Actor, verb: str) -> Study:
    """NO KEY: voters hold a key-share lock, and among many of them there is always one, so whoever waited for
    none would wait as long as people vote. Votes that begin after this has committed find the new state."""
    before, why = SWITCHES[state]
    locked = _locked(study, before, why, no_key=True)
    locked.state = state
    if state == StudyState.CLOSED:
        locked.closed_at = timezone.now()
    locked.save(update_fields=["state", "closed_at"])
    audit.record(study=locked, actor=actor, verb=verb, subject=_subject(locked))
    study.refresh_from_db()
    return locked


@contextmanager
def _votes_awaited(study: Study) -> Iterator[None]:
    """Once the votes under way are stored, which began before the state changed. What still locks the row
    after so long are requests that are being refused."""
    with transaction.atomic():
        with suppress(OperationalError), transaction.atomic(), sql.waiting_at_most(VOTES_UNDER_WAY_MS):
            Study.objects.select_for_update().only("pk").get(pk=study.pk)
            # Somebody may wait for their rater's lock with the old state already read. Written under this
            # lock, the row is read anew by them; a lock alone would leave them the old one.
            Study.objects.filter(pk=study.pk).update(state=F("state"))
        yield


def _locked(study: Study, states: str | tuple[str, ...], why: str, *, no_key: bool = False) -> Study:
    locked = Study.objects.select_for_update(no_key=no_key).get(pk=study.pk)
    if locked.state not in ((states,) if isinstance(states, str) else states):
        raise StudyRefused(
            f"The study is {locked.get_state_display().lower()}. {why}", mend="Reload the page."
        )
    return locked


def _subject(study: Study) -> str:
    return f"study {study.public_id}"
