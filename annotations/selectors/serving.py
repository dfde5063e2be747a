"""What a rater may see of their own work. Checks look, weigh and read like everything else here."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from annotations.models import (
    Assignment,
    ComparisonSlot,
    Panel,
    Place,
    PlaceState,
    Protocol,
    Rater,
    RaterState,
    Study,
    StudyState,
    Vote,
)

POINTS = 5
# Until a panel has answers of its own.
USUAL_SECONDS = {Protocol.PAIRWISE: 8.0, Protocol.LIKERT: 20.0}
FEW_PLACES = 20_000
OPEN_FOR_S = 10


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
    if rater.state in (RaterState.FINISHED, RaterState.WITHDRAWN):
        return _nothing_left(rater)
    study = rater.study
    counts = (study.design or {}).get("counts")
    if counts is None:
        return {"voted": rater.voted, "total": None, "left": held}
    left = _with_checks(study, counts["comparisons"]) - rater.voted
    if counts["places"] <= FEW_PLACES:
        left = min(left, _with_checks(study, _open_comparisons(rater.panel)))
    if study.max_votes_per_rater is not None:
        left = min(left, study.max_votes_per_rater - rater.voted)
    # Whoever holds only one was offered all that is free.
    left = held if held == 1 else max(left, held, 0)
    return {"voted": rater.voted, "total": rater.voted + left, "left": left}


def _with_checks(study: Study, regular: int) -> int:
    return round(regular * study.check_every / (study.check_every - 1)) if study.check_every > 1 else regular


def _open_comparisons(panel: Panel) -> int:
    """Comparisons that still want votes, at most ten seconds old. The key is a random token, not an id."""

    def count() -> int:
        open_places = Place.objects.filter(panel=panel).exclude(state=PlaceState.FILLED)
        return open_places.order_by().values("comparison").distinct().count()

    return int(cache.get_or_set(f"open-comparisons-{panel.token}", count, OPEN_FOR_S))


def total_for(rater: Rater) -> int | None:
    return progress(rater)["total"]


def can_undo(rater: Rater) -> bool:
    """The last vote, once: while it is taken back, the one before it stays."""
    if rater.state != RaterState.ACTIVE or not rater.voted:
        return False
    undone = Vote.objects.filter(rater=rater).order_by("-id").values_list("retracted_at", flat=True)[:1]
    return list(undone) == [None]


def next_payload(
    rater: Rater,
    assignments: Sequence[Assignment],
    *,
    state: str | None = None,
    undoable: bool | None = None,
    retry_after_s: int | None = None,
) -> dict[str, Any]:
    """What the voting page works from. The same keys in the same order for every assignment."""
    study = rater.study
    state = state or _state(rater, assignments)
    criteria = (study.design or {})["blocks"][0]["criteria"]
    answers = (
        list(range(1, POINTS + 1)) if study.block.protocol == Protocol.LIKERT else allowed_answers(study)
    )
    return {
        "assignments": [
            {
                "nonce": assignment.nonce,
                "block": (study.design or {})["blocks"][0]["key"],
                "protocol": study.block.protocol,
                "prompt": assignment.comparison.prompt.text,
                "pictures": [
                    f"/p/{assignment.picture_token}/{position}" for position in range(len(assignment.order))
                ],
                "criteria": criteria,
                "answers": answers,
                "sequence": assignment.sequence,
                "expires_at": assignment.expires_at.isoformat(timespec="milliseconds"),
            }
            for assignment in assignments
        ],
        "progress": _nothing_left(rater) if state == "finished" else progress(rater, held=len(assignments)),
        "can_undo": can_undo(rater) if undoable is None else undoable,
        "state": state,
        "retry_after_s": retry_after_s,
        "completion_url": reverse("rater-done", args=[rater.panel.token]) if state == "finished" else None,
    }


def _nothing_left(rater: Rater) -> dict[str, int | None]:
    return {"voted": rater.voted, "total": rater.voted, "left": 0}


def _state(rater: Rater, assignments: Sequence[Assignment]) -> str:
    if assignments:
        return "running"
    if rater.state in (RaterState.FINISHED, RaterState.WITHDRAWN):
        return "finished"
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
