"""A study's votes as the labelled tables that the statistics take."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from django.db.models import Count, Max, Q, QuerySet

from annotations.models import Block, Exclusion, Generator, PanelKind, Prompt, Rater, RuleOverride, Study
from arena.results.columns import KINDS, Ints, VoteColumns, mark_of, rows_of
from arena.results.growing import Grown
from arena.results.looking import once, within_a_look

Bools = npt.NDArray[np.bool_]
REGULAR, CHECK = KINDS.index("regular"), KINDS.index("check")
# A graded answer wins or loses like any other; how clearly is for the page to say.
GRADED = {"much_left": "left", "much_right": "right", "cannot_judge": ""}


@dataclass(frozen=True)
class RaterFacts:
    """What filters need to know of raters, in the order of ids. `state` tells one state from another.
    `excluded` are those whom an analyst excluded by hand, with their reasons."""

    ids: Ints
    public_ids: list[str]
    labels: list[str]
    panels: list[str]
    judges: Bools
    simulated: Bools
    excluded: Bools
    reasons: dict[int, str]
    state: int

    def rows(self, rater_ids: Ints) -> Ints:
        return rows_of(self.ids, rater_ids)


@dataclass(frozen=True)
class Table:
    """Some of a study's votes: row numbers into `votes`, with the raters as they are now."""

    votes: VoteColumns
    raters: RaterFacts
    rows: Ints


_kept: OrderedDict[str, tuple[object, RaterFacts]] = OrderedDict()
_lock = threading.Lock()
KEPT_STUDIES = 8


def rater_facts(study: Study) -> RaterFacts:
    return once("raters", study, _rater_facts)


def _rater_facts(study: Study) -> RaterFacts:
    """Read anew when there are other raters or exclusions than before; who a rater is never changes."""
    if within_a_look():
        mark_of(study)  # before the raters, or a vote could be by somebody unknown
    raters = Rater.objects.filter(study=study)
    counted = raters.aggregate(
        n=Count("id"),
        last=Max("id"),
        simulated=Count("id", filter=Q(simulated=True)),
        labelled=Count("id", filter=~Q(label="")),
    )
    panels = dict(study.panels.order_by("id").values_list("pk", "kind"))
    of_study = {"rater__study": study, "lifted_at__isnull": True}
    overruled = RuleOverride.objects.filter(**of_study).order_by("rater_id", "rule")
    standing = dict(Exclusion.objects.filter(**of_study).order_by("id").values_list("rater_id", "reason"))
    mark = (
        *counted.values(),
        *panels.items(),
        *overruled.values_list("rater_id", "rule"),
        *standing.items(),
    )
    with _lock:
        kept = _kept.get(study.public_id)
        if kept is None or kept[0] != mark:
            kept = _kept[study.public_id] = (mark, _read_facts(raters, standing, hash(mark)))
            while len(_kept) > KEPT_STUDIES:
                _kept.popitem(last=False)
        _kept.move_to_end(study.public_id)
    return kept[1]


def _read_facts(raters: QuerySet[Rater], standing: dict[int, str], state: int) -> RaterFacts:
    rows = list(
        raters.order_by("id").values_list(
            "id", "public_id", "label", "panel__public_id", "simulated", "panel__kind"
        )
    )
    return RaterFacts(
        ids=np.array([row[0] for row in rows], dtype=np.int64),
        public_ids=[row[1] for row in rows],
        labels=[row[2] for row in rows],
        panels=[row[3] for row in rows],
        judges=np.array([row[5] == PanelKind.JUDGE for row in rows], dtype=np.bool_),
        simulated=np.array([row[4] for row in rows], dtype=np.bool_),
        excluded=np.array([row[0] in standing for row in rows], dtype=np.bool_),
        reasons=standing,
        state=state,
    )


class _Who:
    def __init__(self, ids: Ints) -> None:
        self.ids = ids
        self.rows = Grown(np.empty(0, dtype=np.int32))


def rater_rows(votes: VoteColumns, facts: RaterFacts) -> Ints:
    """Each vote's row in the facts, kept with the votes."""
    with votes.lineage.lock:
        kept: _Who = votes.lineage.state(
            ("who",),
            lambda kept: np.array_equal(kept.ids, facts.ids[: kept.ids.size]),
            lambda: _Who(facts.ids),
        )
        kept.rows.extend(facts.rows(votes.rater[kept.rows.size :]).astype(np.int32))
        kept.ids = facts.ids if facts.ids.size > kept.ids.size else kept.ids
        return kept.rows.values[: votes.ids.size]


def pair_frame(study: Study, selection: Table, criterion: str) -> pd.DataFrame:
    """One row per pairwise vote that answers `criterion`, in the order given.

    Columns left, right, outcome, rater (public id), prompt, category, comparison, panel, kind, check_passed,
    answer_ms, image_left, image_right (ids, -1 for none).
    """
    votes, rows = selection.votes, selection.rows
    said = np.array(
        [outcome_of(answer, criterion) for answer in votes.parsed_answers()] or [""], dtype=object
    )
    codes, outcomes = pd.factorize(said)
    outcome = codes[votes.answer[rows]]
    answered = outcomes.astype(str)[outcome] != ""
    rows, outcome = rows[answered], outcome[answered]
    comparison = votes.place[rows].astype(np.int64)
    first, second = shown_slot(votes, rows, 0), shown_slot(votes, rows, 1)
    frame = _common(study, selection, rows, comparison)
    frame["left"] = _generators(votes.comparisons.generators[comparison, first])
    frame["right"] = _generators(votes.comparisons.generators[comparison, second])
    frame["outcome"] = pd.Categorical.from_codes(outcome, [str(text) for text in outcomes])
    frame["image_left"] = votes.comparisons.images[comparison, first]
    frame["image_right"] = votes.comparisons.images[comparison, second]
    return frame


def rating_frame(study: Study, selection: Table, block: Block) -> pd.DataFrame:
    """One row per vote and criterion of a Likert study.

    Columns generator, criterion, rating, rater, prompt, category, item, panel, kind, check_passed, answer_ms,
    image.
    """
    votes, rows = selection.votes, selection.rows
    comparison = votes.place[rows].astype(np.int64)
    slot = shown_slot(votes, rows, 0)
    frame = _common(study, selection, rows, comparison)
    frame["generator"] = _generators(votes.comparisons.generators[comparison, slot])
    frame["image"] = votes.comparisons.images[comparison, slot]
    # Ratings made elsewhere have no images: there each comparison stands for one.
    frame["item"] = frame["image"].where(frame["image"] >= 0, -1 - frame["comparison"])
    answers = votes.parsed_answers()
    parts = []
    for key in block.criteria.values_list("key", flat=True):
        points = np.array([_rating(answer, key) for answer in answers] or [np.nan], dtype=np.float64)
        rating = points[votes.answer[rows]]
        parts.append(frame.assign(criterion=key, rating=rating)[np.isfinite(rating)])
    return pd.concat(parts, ignore_index=True) if parts else frame.assign(criterion="", rating=np.nan)[:0]


def ballot_frame(study: Study, selection: Table) -> pd.DataFrame:
    """One row per picture shown in a best-of-N or ranking vote; "can't judge" answers are left out.

    Columns of `pair_frame` less those of sides, and ballot, generator, image, place (as shown, from 0),
    answer ("best", "worst", "shown") or rank (1 is best).
    """
    votes = selection.votes
    answers = votes.parsed_answers()
    said = np.array(["cannot_judge" not in answer.values() for answer in answers] or [False])
    rows = selection.rows[said[votes.answer[selection.rows]]]
    comparison = votes.place[rows].astype(np.int64)
    frame = _common(study, selection, rows, comparison).assign(ballot=np.arange(rows.size))
    # Blocks of both kinds may stand in one study: these votes say which of them this is.
    given = [answers[code] for code in np.unique(votes.answer[rows])]
    ranked = any("ranking" in answer for answer in given or answers)
    parts = []
    for place in range(votes.comparisons.generators.shape[1]):
        slot = shown_slot(votes, rows, place)
        held = np.array([len(order) > place for order in votes.orders.texts] or [False])[votes.order[rows]]
        column, at = _place_values(answers, place, ranked=ranked)
        part = frame.assign(
            place=place,
            generator=votes.comparisons.generators[comparison, slot],
            image=votes.comparisons.images[comparison, slot],
        )
        part[column] = at[votes.answer[rows]]
        parts.append(part[held])
    joined = pd.concat(parts, ignore_index=True) if parts else frame.assign(place=0, generator=0, image=0)
    joined["generator"] = _generators(joined["generator"].to_numpy(dtype=np.int64))
    return joined.sort_values(["ballot", "place"], ignore_index=True)


def _rank(ranking: object, place: int) -> int | None:
    """Rank of a place in a ranking, best first; equal ones (of votes made elsewhere) stand in a list."""
    for rank, level in enumerate(ranking if isinstance(ranking, list) else (), start=1):
        if place == level or (isinstance(level, list) and place in level):
            return rank
    return None


def _place_values(
    answers: list[dict[str, object]], place: int, *, ranked: bool
) -> tuple[str, npt.NDArray[np.object_]]:
    """What each answer says of the picture at a place: its rank, or best, worst, shown."""
    if ranked:
        ranks = [_rank(answer.get("ranking"), place) for answer in answers]
        return "rank", np.array(ranks, dtype=object)
    words = [
        "best" if answer.get("best") == place else "worst" if answer.get("worst") == place else "shown"
        for answer in answers
    ]
    return "answer", np.array(words or [None], dtype=object)


def failure_frame(study: Study, selection: Table) -> pd.DataFrame:
    """One row per failure review: columns as `rating_frame` less criterion and rating, and vote (id) and
    failures (a tuple of keys, empty where none was seen). "Can't judge" answers are left out."""
    votes = selection.votes
    named = [
        tuple(found) if isinstance(found := answer.get("failures"), list) else None
        for answer in votes.parsed_answers()
    ]
    known = np.array([names is not None for names in named] or [False])
    rows = selection.rows[known[votes.answer[selection.rows]]]
    comparison = votes.place[rows].astype(np.int64)
    frame = _common(study, selection, rows, comparison)
    frame["generator"] = _generators(votes.comparisons.generators[comparison, 0])
    frame["image"] = votes.comparisons.images[comparison, 0]
    frame["vote"] = votes.ids[rows]
    frame["failures"] = [named[code] for code in votes.answer[rows].tolist()]
    return frame


def outcome_of(answer: dict[str, object], criterion: str) -> str:
    value = answer.get(criterion)
    return GRADED.get(value, value) if isinstance(value, str) else ""


def _rating(answer: dict[str, object], criterion: str) -> float:
    value = answer.get(criterion)
    return float(value) if isinstance(value, int | float) else float("nan")


def shown_slot(votes: VoteColumns, rows: Ints, position: int) -> Ints:
    """The slot shown at a position, for every row."""
    slots = [int(order[position]) if len(order) > position else 0 for order in votes.orders.texts] or [0]
    return np.array(slots, dtype=np.int64)[votes.order[rows]]


def _common(study: Study, selection: Table, rows: Ints, comparison: Ints) -> pd.DataFrame:
    votes, raters = selection.votes, selection.raters
    who = raters.rows(votes.rater[rows])
    prompts = list(Prompt.objects.filter(study=study).order_by("id").values_list("id", "key", "category"))
    prompt_ids = np.array([prompt[0] for prompt in prompts], dtype=np.int64)
    prompt = np.searchsorted(prompt_ids, votes.comparisons.prompts[comparison])
    category = pd.Categorical([row[2] for row in prompts])
    panel = pd.Categorical(raters.panels)
    passed = votes.passed[rows]
    return pd.DataFrame(
        {
            "rater": pd.Categorical.from_codes(who, raters.public_ids),
            "prompt": pd.Categorical.from_codes(prompt, [row[1] for row in prompts]),
            "category": pd.Categorical.from_codes(category.codes[prompt], category.categories),
            "panel": pd.Categorical.from_codes(panel.codes[who], panel.categories),
            "comparison": comparison,
            "kind": pd.Categorical.from_codes(votes.kind[rows], list(KINDS)),
            "check_passed": pd.Series(passed == 1, dtype=object).where(passed >= 0, None),
            "answer_ms": votes.answer_ms[rows],
            "simulated": raters.simulated[who],
        }
    )


def _generators(ids: Ints) -> pd.Categorical:
    codes, uniques = pd.factorize(ids)
    names = dict(Generator.objects.filter(id__in=uniques.tolist()).values_list("id", "name"))
    return pd.Categorical.from_codes(codes, [names[key] for key in uniques.tolist()])
