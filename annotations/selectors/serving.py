"""What a rater may see of their own work. Checks look, weigh and read like everything else here."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from annotations.assignment.serving import Held
from annotations.models import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    Block,
    Comparison,
    ComparisonSlot,
    Panel,
    Place,
    PlaceState,
    Protocol,
    Rater,
    RaterState,
    Rendition,
    RenditionKind,
    Study,
    StudyState,
    Vote,
)

OVER = (RaterState.FINISHED, RaterState.WITHDRAWN, RaterState.SCREENED_OUT)
LEARNING = (AssignmentKind.PRACTICE, AssignmentKind.QUIZ)
# Until a panel has answers of its own.
USUAL_SECONDS = {Protocol.PAIRWISE: 8.0, Protocol.LIKERT: 20.0}
_SHARED = [name.name for name in fields(Held) if name.name not in ("prompt_id", "block_id", "text")]
FEW_PLACES = 20_000
REACH_FOR_S = 30


def allowed_answers(study: Study) -> list[str]:
    """Of the pairwise protocol; ratings are numbers from 1 to 5."""
    extra = [(study.block.allow_tie, "tie"), (study.block.allow_both_bad, "both_bad")]
    return ["left", "right", *(name for allowed, name in extra if allowed)]


def seconds_per_vote(panel: Panel) -> float:
    """The median of the panel's last 200 answers; what is usual as long as there are fewer than 20."""
    times = sorted(
        Vote.objects.filter(rater__panel=panel, answer_ms__isnull=False)
        .order_by("-id")
        .values_list("answer_ms", flat=True)[:200]
    )
    if len(times) < 20:
        return USUAL_SECONDS.get(Protocol(panel.study.block.protocol), 8.0)
    return max(1.0, times[len(times) // 2] / 1000)


def progress(rater: Rater, *, held: int = 0) -> dict[str, int | None]:
    """`left` is about what this rater can still be given: others may fill places meanwhile.

    Attention checks are counted by their rate, not by name: a total that grew after each of them would say
    which ones they were.
    """
    if rater.state in OVER:
        return _nothing_left(rater)
    study = rater.study
    counts = (study.design or {}).get("counts")
    if counts is None:
        return {"voted": rater.voted, "total": None, "left": held}
    left = _with_checks(study, counts["comparisons"]) - rater.voted
    if counts["places"] <= FEW_PLACES:
        left = min(left, _with_checks(study, _within_reach(rater)) - rater.voted)
    if study.max_votes_per_rater is not None:
        left = min(left, study.max_votes_per_rater - rater.voted)
    # Whoever holds only one was offered all that is free.
    left = held if held == 1 else max(left, held, 0)
    return {"voted": rater.voted, "total": rater.voted + left, "left": left}


def _progress_shown(rater: Rater, assignments: Sequence[Held | Assignment]) -> dict[str, int | None]:
    """Practice, and each try at the quiz, are counted for themselves."""
    kind = assignments[0].kind if assignments else ""
    if kind not in LEARNING:
        return progress(rater, held=len(assignments))
    total = Comparison.objects.filter(study_id=rater.study_id, kind=kind).count()
    done = (
        Assignment.objects.filter(rater=rater, kind=kind)
        .filter(state__in=(AssignmentState.VOTED, AssignmentState.SKIPPED))
        .count()
    )
    done -= rater.quiz_tries * total if kind == AssignmentKind.QUIZ else 0
    return {"voted": done, "total": total, "left": total - done}


def _with_checks(study: Study, regular: int) -> int:
    return round(regular * study.check_every / (study.check_every - 1)) if study.check_every > 1 else regular


def _within_reach(rater: Rater) -> int:
    """Comparisons that the rater has answered or that still want votes, at most half a minute old. None of
    the rater's own answers changes it: a number that only regular ones moved would tell which those are."""

    def count() -> int:
        mine = Assignment.objects.filter(
            rater=rater, kind=AssignmentKind.REGULAR, state=AssignmentState.VOTED
        ).values("comparison")
        open_places = Place.objects.filter(panel=rater.panel).exclude(state=PlaceState.FILLED)
        others = open_places.exclude(comparison__in=mine).order_by().values("comparison").distinct()
        return mine.count() + others.count()

    return int(cache.get_or_set(f"within-reach-{rater.public_id}", count, REACH_FOR_S))


def total_for(rater: Rater) -> int | None:
    return progress(rater)["total"]


def can_undo(rater: Rater) -> bool:
    """The last vote, once: while it is taken back, the one before it stays."""
    if rater.state != RaterState.ACTIVE or not rater.voted:
        return False
    last = Vote.objects.filter(rater=rater).order_by("-id").values_list("kind", "surplus", "retracted_at")[:1]
    return any(is_undoable(*row) for row in last)


def is_undoable(kind: str, surplus: bool, retracted_at: datetime | None) -> bool:
    """Practice has had its feedback, a quiz is a test, and a surplus vote has no place to come back to."""
    return kind not in LEARNING and not surplus and retracted_at is None


def next_payload(
    rater: Rater,
    assignments: Sequence[Held | Assignment],
    *,
    state: str | None = None,
    undoable: bool | None = None,
    retry_after_s: int | None = None,
) -> dict[str, Any]:
    """What the voting page works from. The same keys in the same order for every assignment; what belongs to
    its block stands once in the page."""
    state = state or _state(rater, assignments)
    over = state in ("finished", "screened_out")
    return {
        "assignments": _shown(rater, [_held(assignment) for assignment in assignments]),
        "progress": _nothing_left(rater) if over else _progress_shown(rater, assignments),
        "can_undo": can_undo(rater) if undoable is None else undoable,
        "state": state,
        "retry_after_s": retry_after_s,
        "completion_url": reverse("rater-done", args=[rater.panel.token]) if over else None,
    }


def _shown(rater: Rater, assignments: Sequence[Held]) -> list[dict[str, Any]]:
    if not assignments:
        return []
    blocks = frozen_blocks(rater)
    references = _with_reference(assignments, blocks)
    return [
        {
            "nonce": assignment.nonce,
            "block": (block := blocks[assignment.block_id])["key"],
            "kind": assignment.kind if assignment.kind in LEARNING else "vote",
            "protocol": block["protocol"],
            "prompt": assignment.text,
            "reference": (
                f"/p/{assignment.picture_token}/r"
                if (assignment.block_id, assignment.prompt_id) in references
                else None
            ),
            "pictures": [
                f"/p/{assignment.picture_token}/{position}" for position in range(len(assignment.order))
            ],
            "sequence": assignment.sequence,
            "expires_at": assignment.expires_at.isoformat(timespec="milliseconds"),
        }
        for assignment in assignments
    ]


def _held(assignment: Held | Assignment) -> Held:
    if isinstance(assignment, Held):
        return assignment
    comparison = assignment.comparison
    shared = {name: getattr(assignment, name) for name in _SHARED}
    return Held(
        **shared, prompt_id=comparison.prompt_id, block_id=comparison.block_id, text=comparison.prompt.text
    )


def frozen_blocks(rater: Rater) -> Mapping[int, Mapping[str, Any]]:
    """Blocks by primary key as the design froze them; whoever holds the rater's lock has them already."""
    if launched := getattr(rater, "launched", None):
        blocks: Mapping[int, Mapping[str, Any]] = launched.blocks
        return blocks
    frozen = {block["key"]: block for block in (rater.study.design or {})["blocks"]}
    keys = Block.objects.filter(study_id=rater.study_id).values_list("pk", "key")
    return {pk: frozen[key] for pk, key in keys if key in frozen}


def _with_reference(
    assignments: Sequence[Held], blocks: Mapping[int, Mapping[str, Any]]
) -> set[tuple[int, int]]:
    """Block and prompt of those that are shown beside a reference image."""
    wanted = {
        (assignment.block_id, assignment.prompt_id)
        for assignment in assignments
        if blocks[assignment.block_id]["show_reference"]
    }
    if not wanted:
        return set()
    prompts = {prompt for _, prompt in wanted}
    there = Rendition.objects.filter(prompt__in=prompts, kind=RenditionKind.REFERENCE)
    found = set(there.values_list("prompt_id", flat=True))
    return {(block, prompt) for block, prompt in wanted if prompt in found}


def _nothing_left(rater: Rater) -> dict[str, int | None]:
    return {"voted": rater.voted, "total": rater.voted, "left": 0}


def _state(rater: Rater, assignments: Sequence[Any]) -> str:
    if assignments:
        return "running"
    if rater.state in OVER:
        return "screened_out" if rater.state == RaterState.SCREENED_OUT else "finished"
    known = {StudyState.PAUSED: "paused", StudyState.CLOSED: "closed"}
    return known.get(StudyState(rater.study.state), "waiting")


def shown_rendition(token: str, position: int) -> tuple[str, str] | None:
    """Path and encoding of what stands at a position, as shown, of the assignment with this picture token."""
    rows = ComparisonSlot.objects.filter(comparison__assignments__picture_token=token).values_list(
        "index", "comparison__assignments__order", "rendition__path", "rendition__encoding"
    )
    for index, order, path, encoding in rows:
        if position < len(order) and int(order[position]) == index and path:
            return path, encoding
    return None


def shown_reference(token: str) -> tuple[str, str] | None:
    """The same of the reference image of its prompt."""
    prompt = Assignment.objects.filter(picture_token=token, comparison__block__show_reference=True).values(
        "comparison__prompt"
    )
    found = Rendition.objects.filter(prompt__in=prompt, kind=RenditionKind.REFERENCE).exclude(path="")
    return found.order_by("pk").values_list("path", "encoding").first()
