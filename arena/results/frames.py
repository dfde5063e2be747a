"""A study's votes as the labelled tables that the statistics take."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from annotations.models import Exclusion, Generator, Prompt, Rater, Study
from arena.results import columns
from arena.results.columns import KINDS, Ints, VoteColumns
from arena.results.filters import OFF, Filters

Bools = npt.NDArray[np.bool_]
REGULAR, CHECK = KINDS.index("regular"), KINDS.index("check")


@dataclass(frozen=True)
class RaterFacts:
    """What filters need to know of raters, in the order of ids. `state` tells one state from another."""

    ids: Ints
    public_ids: list[str]
    labels: list[str]
    panels: list[str]
    simulated: Bools
    excluded: Bools
    reasons: dict[int, str]
    state: int

    def rows(self, rater_ids: Ints) -> Ints:
        return np.searchsorted(self.ids, rater_ids)


@dataclass(frozen=True)
class Counts:
    """What was counted and what was left out, of the regular standing votes that the filter covers."""

    votes: int
    raters: int
    excluded_votes: int
    excluded_raters: int
    simulated_votes_left_out: int
    simulated_votes: int
    check_votes: int


@dataclass(frozen=True)
class Selection:
    """The votes behind a page: row numbers into `votes`, with the raters as they are now."""

    votes: VoteColumns
    raters: RaterFacts
    rows: Ints
    counts: Counts


def rater_facts(study: Study) -> RaterFacts:
    rows = list(
        Rater.objects.filter(study=study)
        .order_by("id")
        .values_list("id", "public_id", "label", "panel__public_id", "simulated")
    )
    standing = dict(
        Exclusion.objects.filter(rater__study=study, lifted_at__isnull=True).values_list("rater_id", "reason")
    )
    return RaterFacts(
        ids=np.array([row[0] for row in rows], dtype=np.int64),
        public_ids=[row[1] for row in rows],
        labels=[row[2] for row in rows],
        panels=[row[3] for row in rows],
        simulated=np.array([row[4] for row in rows], dtype=np.bool_),
        excluded=np.array([row[0] in standing for row in rows], dtype=np.bool_),
        reasons=standing,
        state=hash((tuple(rows), tuple(sorted(standing.items())))),
    )


def select(study: Study, filters: Filters, *, kinds: tuple[int, ...] = (REGULAR,)) -> Selection:
    """Standing votes of the kinds asked for that pass the filter."""
    votes, raters = columns.of(study), rater_facts(study)
    who = raters.rows(votes.rater)
    covered = _in_panel(raters, filters)[who] & _in_category(study, votes, filters)
    regular = votes.kind == REGULAR
    simulated, excluded = raters.simulated[who], raters.excluded[who]
    wanted = _wanted_simulated(simulated, filters)
    kept = covered & wanted if filters.exclusions == OFF else covered & wanted & ~excluded
    counted = kept & regular
    dropped = covered & wanted & regular & excluded if filters.exclusions != OFF else np.zeros_like(kept)
    counts = Counts(
        votes=int(counted.sum()),
        raters=int(np.unique(votes.rater[counted]).size),
        excluded_votes=int(dropped.sum()),
        excluded_raters=int(np.unique(votes.rater[dropped]).size),
        simulated_votes_left_out=int((covered & regular & simulated & ~wanted).sum()),
        simulated_votes=int((counted & simulated).sum()),
        check_votes=int((kept & (votes.kind == CHECK)).sum()),
    )
    return Selection(votes, raters, np.flatnonzero(kept & np.isin(votes.kind, kinds)), counts)


def _wanted_simulated(simulated: Bools, filters: Filters) -> Bools:
    if filters.simulated == "with":
        return np.ones_like(simulated)
    return simulated if filters.simulated == "only" else ~simulated


def _in_panel(raters: RaterFacts, filters: Filters) -> Bools:
    if not filters.panel:
        return np.ones(raters.ids.size, dtype=np.bool_)
    return np.array([panel == filters.panel for panel in raters.panels], dtype=np.bool_)


def _in_category(study: Study, votes: VoteColumns, filters: Filters) -> Bools:
    if not filters.category:
        return np.ones(votes.ids.size, dtype=np.bool_)
    wanted = Prompt.objects.filter(study=study, category=filters.category).values_list("id", flat=True)
    inside = np.isin(votes.comparisons.prompts, np.fromiter(wanted, dtype=np.int64))
    return inside[votes.comparisons.rows(votes.comparison)]


def pair_frame(study: Study, selection: Selection, criterion: str) -> pd.DataFrame:
    """One row per pairwise vote that answers `criterion`, in the order given.

    Columns left, right, outcome, rater (public id), prompt, category, comparison, panel, kind, check_passed,
    answer_ms, image_left, image_right (ids, -1 for none).
    """
    votes, rows = selection.votes, selection.rows
    said = np.array([_outcome(answer, criterion) for answer in votes.parsed_answers()] or [""], dtype=object)
    codes, outcomes = pd.factorize(said)
    outcome = codes[votes.answer[rows]]
    answered = outcomes.astype(str)[outcome] != ""
    rows, outcome = rows[answered], outcome[answered]
    comparison = votes.comparisons.rows(votes.comparison[rows])
    first, second = _shown(votes, rows, 0), _shown(votes, rows, 1)
    frame = _common(study, selection, rows, comparison)
    frame["left"] = _generators(votes.comparisons.generators[comparison, first])
    frame["right"] = _generators(votes.comparisons.generators[comparison, second])
    frame["outcome"] = pd.Categorical.from_codes(outcome, [str(text) for text in outcomes])
    frame["image_left"] = votes.comparisons.images[comparison, first]
    frame["image_right"] = votes.comparisons.images[comparison, second]
    return frame


def rating_frame(study: Study, selection: Selection) -> pd.DataFrame:
    """One row per vote and criterion of a Likert study.

    Columns generator, criterion, rating, rater, prompt, category, item, panel, kind, check_passed, answer_ms,
    image.
    """
    votes, rows = selection.votes, selection.rows
    comparison = votes.comparisons.rows(votes.comparison[rows])
    slot = _shown(votes, rows, 0)
    frame = _common(study, selection, rows, comparison)
    frame["generator"] = _generators(votes.comparisons.generators[comparison, slot])
    frame["image"] = votes.comparisons.images[comparison, slot]
    frame["item"] = frame["image"]
    answers = votes.parsed_answers()
    parts = []
    for key in study.block.criteria.values_list("key", flat=True):
        points = np.array([_rating(answer, key) for answer in answers] or [np.nan], dtype=np.float64)
        rating = points[votes.answer[rows]]
        parts.append(frame.assign(criterion=key, rating=rating)[np.isfinite(rating)])
    return pd.concat(parts, ignore_index=True) if parts else frame.assign(criterion="", rating=np.nan)[:0]


def _outcome(answer: dict[str, object], criterion: str) -> str:
    value = answer.get(criterion)
    return value if isinstance(value, str) else ""


def _rating(answer: dict[str, object], criterion: str) -> float:
    value = answer.get(criterion)
    return float(value) if isinstance(value, int | float) else float("nan")


def _shown(votes: VoteColumns, rows: Ints, position: int) -> Ints:
    """The slot shown at a position, for every row."""
    slots = [int(order[position]) if len(order) > position else 0 for order in votes.orders.texts] or [0]
    return np.array(slots, dtype=np.int64)[votes.order[rows]]


def _common(study: Study, selection: Selection, rows: Ints, comparison: Ints) -> pd.DataFrame:
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
