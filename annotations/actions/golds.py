"""Known answers, given by a designer or by experts who agree. Launch makes comparisons of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from annotations import protocols
from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.actions.launching import DEFAULT_LIKERT_CRITERIA
from annotations.errors import StudyRefused
from annotations.models import (
    Block,
    Comparison,
    ComparisonKind,
    Exclusion,
    Gold,
    GoldUse,
    Image,
    Panel,
    Protocol,
    Study,
    StudyState,
    Vote,
)
from annotations.protocols.failures import known as known_failures

LEAST_EXPERTS = 2


@dataclass
class Taken:
    """What became of an expert panel's answers."""

    golds: list[Gold] = field(default_factory=list)
    divided: int = 0  # experts disagreed, or too few of them answered
    without_images: int = 0  # agreed, but this study lacks the pictures
    present: int = 0  # is a known answer already


@transaction.atomic
def add(
    *,
    block: Block,
    actor: Actor,
    images: Sequence[str],
    expected: Mapping[str, Any],
    use: str = GoldUse.CHECK,
    explanation: str = "",
    source: str = "",
) -> Gold:
    """A known answer of a draft. `images` are public ids of one prompt's images; slots in `expected` count in
    the order given here, and are kept in canonical order."""
    study = _draft(block)
    gold = Gold(block=block, use=use, explanation=explanation.strip()[:500], source=source.strip()[:200])
    if use not in GoldUse.values:
        raise _refused(f"A known answer is for {', '.join(GoldUse.values)}.", "Choose one of these.")
    gold.images, moved = _canonical(block, images)
    gold.expected = _checked(block, expected, moved)
    gold.position = block.golds.count()
    gold.save()
    data = {"use": use, "images": gold.images, "expected": gold.expected}
    audit.record(study=study, actor=actor, verb="gold_added", subject=_subject(gold), data=data)
    return gold


@transaction.atomic
def remove(*, gold: Gold, actor: Actor) -> None:
    study = _draft(gold.block)
    audit.record(study=study, actor=actor, verb="gold_removed", subject=_subject(gold))
    gold.delete()


@transaction.atomic
def from_panel(
    *, block: Block, panel: Panel, actor: Actor, use: str = GoldUse.CHECK, least: int = LEAST_EXPERTS
) -> Taken:
    """Known answers from comparisons of another study on which all of a panel's raters agree. Pictures are
    found again by their content and their prompt's words."""
    _draft(block)
    if panel.study_id == block.study_id:
        raise _refused("These experts answer the study itself.", "Choose a panel of another study.")
    here = {
        (sha, text): public_id
        for public_id, sha, text in block.study.images.values_list("public_id", "sha256", "prompt__text")
    }
    present = {tuple(images) for images in block.golds.filter(use=use).values_list("images", flat=True)}
    taken = Taken()
    for comparison, expected in _agreed(block, panel, max(1, least)):
        if expected is None:
            taken.divided += 1
            continue
        images = [
            here.get((s.image.sha256, comparison.prompt.text)) for s in comparison.slots.all() if s.image
        ]
        if None in images or len(images) != comparison.slots.count():
            taken.without_images += 1
        elif tuple(_canonical(block, images)[0]) in present:
            taken.present += 1
        else:
            source = f"{panel.name}, {panel.study.name}"
            taken.golds.append(
                add(block=block, actor=actor, images=images, expected=expected, use=use, source=source)
            )
    return taken


def _agreed(block: Block, panel: Panel, least: int) -> Iterator[tuple[Comparison, dict[str, Any] | None]]:
    """Each answered comparison of the same protocol with what all say; None where they don't agree."""
    votes: dict[int, list[Vote]] = {}
    standing = Vote.objects.filter(
        rater__panel=panel,
        kind="regular",
        retracted_at=None,
        erased_at=None,
        surplus=False,
        comparison__block__protocol=block.protocol,
    ).exclude(rater__exclusions__in=Exclusion.objects.filter(rater__panel=panel, lifted_at=None))
    for vote in standing:
        votes.setdefault(vote.comparison_id, []).append(vote)
    found = Comparison.objects.filter(pk__in=votes, kind=ComparisonKind.REGULAR)
    for comparison in found.select_related("prompt", "block").prefetch_related("slots__image"):
        own = votes[comparison.pk]
        said = [_canonical_answer(comparison.block, vote) for vote in own]
        agreed = len(own) >= least and said[0] is not None and all(answer == said[0] for answer in said)
        yield comparison, said[0] if agreed else None


def _canonical_answer(block: Block, vote: Vote) -> dict[str, Any] | None:
    """What one expert said, in terms of slots; None for an answer that makes no known one."""
    answer, order = vote.answer, vote.order
    if block.protocol == Protocol.PAIRWISE:
        sides = {str(said).removeprefix("much_") for said in answer.values()}
        side = sides.pop() if len(sides) == 1 else ""
        return {"slot": int(order[("left", "right").index(side)])} if side in ("left", "right") else None
    if block.protocol == Protocol.LIKERT:
        if not all(isinstance(value, int) for value in answer.values()):
            return None
        # One point beside what experts say is no mistake.
        near = {key: [max(1, value - 1), min(block.points, value + 1)] for key, value in answer.items()}
        return {"ratings": near}
    if block.protocol == Protocol.FAILURE_REVIEW:
        return {"failures": answer["failures"]} if answer["failures"] else {"none": True}
    if block.protocol == Protocol.RANKING:
        ranking = answer.get("ranking")
        if not isinstance(ranking, list):
            return None
        return {"best": int(order[ranking[0]]), "worst": int(order[ranking[-1]])}
    if not isinstance(answer.get("best"), int):
        return None
    return {name: int(order[position]) for name, position in answer.items()}


def _canonical(block: Block, images: Sequence[str]) -> tuple[list[str], dict[int, int]]:
    """The images by generator, as every comparison has them, and where each place given here went."""
    wanted = protocols.slots({"protocol": block.protocol, "size": block.size})
    rows = {image.public_id: image for image in Image.objects.filter(study=block.study, public_id__in=images)}
    if len(images) != wanted or len(rows) != wanted:
        raise _refused(
            f"This block shows {wanted} different picture{'' if wanted == 1 else 's'} of the study at once.",
            f"Choose {wanted}.",
        )
    if len({row.prompt_id for row in rows.values()}) > 1:
        raise _refused("The pictures are of different prompts.", "Choose pictures of one prompt.")
    ordered = sorted(images, key=lambda name: (rows[name].generator_id, rows[name].pk))
    return ordered, {place: ordered.index(name) for place, name in enumerate(images)}


def _checked(block: Block, expected: Mapping[str, Any], moved: Mapping[int, int]) -> dict[str, Any]:
    check = {
        Protocol.PAIRWISE: _checked_slot,
        Protocol.LIKERT: _checked_ratings,
        Protocol.FAILURE_REVIEW: _checked_failures,
    }.get(Protocol(block.protocol), _checked_ends)
    return check(block, expected, moved)


def _checked_slot(block: Block, expected: Mapping[str, Any], moved: Mapping[int, int]) -> dict[str, Any]:
    if set(expected) != {"slot"} or expected["slot"] not in moved:
        raise _refused("Say which of the two is right.", 'Write {"slot": 0} or {"slot": 1}.')
    return {"slot": moved[expected["slot"]]}


def _checked_ends(block: Block, expected: Mapping[str, Any], moved: Mapping[int, int]) -> dict[str, Any]:
    known = set(expected) <= {"best", "worst"} and all(place in moved for place in expected.values())
    if not expected or not known or len(set(expected.values())) != len(expected):
        raise _refused("Say which picture is the best, or which the worst.", 'Write {"best": 0}.')
    return {name: moved[place] for name, place in expected.items()}


def _checked_ratings(block: Block, expected: Mapping[str, Any], moved: Mapping[int, int]) -> dict[str, Any]:
    ratings = expected.get("ratings")
    own = list(block.criteria.values_list("key", flat=True))
    keys = own or [criterion["key"] for criterion in DEFAULT_LIKERT_CRITERIA]
    if set(expected) != {"ratings"} or not isinstance(ratings, Mapping) or not ratings:
        raise _refused("Say which ratings are right.", 'Write {"ratings": {"fidelity": [1, 2]}}.')
    checked = {}
    for key, bounds in ratings.items():
        good = isinstance(bounds, list | tuple) and len(bounds) == 2 and all(type(n) is int for n in bounds)
        if key not in keys or not good or not 1 <= bounds[0] <= bounds[1] <= block.points:
            raise _refused(
                f"The right rating of “{key}” is not understood.",
                f"Give lowest and highest, from 1 to {block.points}, for any of {', '.join(keys)}.",
            )
        checked[key] = list(bounds)
    return {"ratings": checked}


def _checked_failures(block: Block, expected: Mapping[str, Any], moved: Mapping[int, int]) -> dict[str, Any]:
    if expected.get("none") is True and set(expected) == {"none"}:
        return {"none": True}
    named = expected.get("failures")
    keys = known_failures({"taxonomy": block.taxonomy})
    if set(expected) != {"failures"} or not isinstance(named, list | tuple) or not named:
        raise _refused(
            "Say what is wrong with the picture.", 'Write {"failures": ["anatomy"]} or {"none": true}.'
        )
    if not set(named) <= set(keys):
        raise _refused("A failure is not on the block's list.", f"Choose from {', '.join(keys)}.")
    return {"failures": [key for key in keys if key in named]}


def _draft(block: Block) -> Study:
    locked = Study.objects.select_for_update().get(pk=block.study_id)
    if locked.state != StudyState.DRAFT:
        raise StudyRefused(
            f"“{locked.name}” is launched; its known answers are part of the frozen design.",
            mend="Give them before launch.",
        )
    return locked


def _refused(message: str, mend: str) -> StudyRefused:
    return StudyRefused(message, mend=mend, code="invalid_gold", status=400)


def _subject(gold: Gold) -> str:
    return f"gold {gold.public_id}"
