"""Before the first vote: practice with feedback, then a quiz with a pass mark, where the panel has them."""

from collections.abc import Sequence

from django.utils import timezone

from annotations.actions.completion import turn_away
from annotations.actions.locking import Known
from annotations.actions.trials import Trial, chance, of_known
from annotations.assignment import checks
from annotations.models import Assignment, AssignmentKind, AssignmentState, Outcome, Rater, Vote

LEARNING = (AssignmentKind.PRACTICE, AssignmentKind.QUIZ)
DONE = (AssignmentState.VOTED, AssignmentState.SKIPPED)


def stage(rater: Rater) -> str:
    """What a locked rater is at: practice, quiz, or "" for voting."""
    if rater.practised_at is None:
        if rater.panel.practice and rater.launched.known_by_kind["practice"]:
            return AssignmentKind.PRACTICE
        rater.practised_at = timezone.now()
        rater.save(update_fields=["practised_at"])
    wanted = rater.panel.quiz_pass_mark is not None and rater.qualified_at is None
    return AssignmentKind.QUIZ if wanted and rater.launched.known_by_kind["quiz"] else ""


def upcoming(rater: Rater, kind: str, most: int) -> list[Trial]:
    """Practice comes in the designer's order, the quiz in an order of chance; both on sides of chance."""
    given = {comparison for comparison, _, _ in _this_round(rater, kind)}
    left = [known for known in rater.launched.known_by_kind[kind] if known.pk not in given]
    if kind == AssignmentKind.QUIZ:
        chance.shuffle(left)
    trials = [of_known(known, _order(known)) for known in left[:most]]
    shown = [*rater.lately, *((trial.prompt, trial.category) for trial in trials)]
    rater.lately = shown[-max(1, rater.study.prompt_gap) :]
    rater.served += len(trials)
    return trials


def _order(known: Known) -> str:
    return checks.order_for(slots=known.slots, right=None, stood=(), rng=chance)


def _this_round(rater: Rater, kind: str) -> Sequence[tuple[int, str, int]]:
    """(comparison, state, assignment) of the practice, or of the present try at the quiz."""
    states = (*DONE, AssignmentState.LEASED)
    rows = Assignment.objects.filter(rater=rater, kind=kind, state__in=states).order_by("sequence")
    rows = rows.exclude(kind=AssignmentKind.REGULAR)  # names the index that holds them
    before = 0
    if kind == AssignmentKind.QUIZ:
        before = rater.quiz_tries * len(rater.launched.known_by_kind[kind])
    return list(rows.values_list("comparison_id", "state", "pk"))[before:]


def settle(rater: Rater, kind: str) -> None:
    """After an answer or a skip: ends the practice, or judges the quiz. A skipped question is none right."""
    rows = _this_round(rater, kind)
    done = [assignment for _, state, assignment in rows if state in DONE]
    questions = len(rater.launched.known_by_kind[kind])
    if len(done) < questions:
        return
    now = timezone.now()
    if kind == AssignmentKind.PRACTICE:
        rater.practised_at = now
        rater.save(update_fields=["practised_at"])
        return
    right = Vote.objects.filter(assignment__in=done, passed=True).count()
    rater.quiz_tries += 1
    if right >= rater.panel.quiz_pass_mark * questions - 1e-9:
        rater.qualified_at = now
    rater.save(update_fields=["quiz_tries", "qualified_at"])
    if rater.qualified_at is None and rater.quiz_tries >= rater.panel.quiz_attempts:
        turn_away(rater, Outcome.SCREENED_OUT)
