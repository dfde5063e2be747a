"""The ranking of pairs, best-of-N answers or rankings under a filter, and all that its page says about it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from annotations.models import Block, Protocol, Study
from arena.analytics.agreement import Agreement, nominal_alpha
from arena.analytics.proportions import wilson
from arena.analytics.ranking import rank
from arena.analytics.ranking_choices import rank_choices
from arena.analytics.ranking_result import RankingResult
from arena.analytics.result import Estimate, Undefined
from arena.results import columns
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import ballot_frame
from arena.results.graded import PairRankings, rank_by_grades
from arena.results.imported import knows_sides, rater_warnings
from arena.results.labels import GRADED, percent, percent_span
from arena.results.pair_codes import PairCodes, pair_codes
from arena.results.selection import Counts, Selection, select

# The rule that marks a ranking preliminary, printed with the mark.
ENOUGH_RATERS = 10
ENOUGH_VOTES = 30
ANALYSED = ("left", "right", "outcome", "rater", "prompt", "category")


@dataclass(frozen=True)
class Ranking:
    result: RankingResult
    counts: Counts
    agreement: Agreement
    ties: Estimate | Undefined
    both_bad: Estimate | Undefined
    unjudged: int  # "can't judge": counted as votes, not ranked
    preliminary: str
    without_votes: tuple[str, ...]
    by_category: dict[str, RankingResult]
    by_panel: dict[str, RankingResult]
    about_raters: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        said = [*self.about_raters, *self.result.warnings]
        if self.without_votes and self.counts.votes:
            said.append(f"No votes under this filter yet: {', '.join(self.without_votes)}.")
        return said


def ranking(study: Study, filters: Filters) -> Ranking:
    return remembered("ranking", study, filters, lambda: _ranking(study, filters))


def _ranking(study: Study, filters: Filters) -> Ranking:
    block = block_of(study, filters)
    selection = select(study, filters)
    if block.protocol != Protocol.PAIRWISE:
        return _choices(study, block, selection, filters)
    codes = pair_codes(selection, filters.criterion)
    found = _rankings(study, selection, codes, filters)
    seen = {row.generator for row in found.result.rows}
    return Ranking(
        result=found.result,
        counts=selection.counts,
        agreement=codes.agreement(),
        ties=_share(codes, "tie"),
        both_bad=_share(codes, "both_bad"),
        unjudged=selection.counts.votes - codes.size,
        preliminary=_preliminary(found.result),
        without_votes=tuple(name for name in generators(block) if name not in seen),
        by_category=found.by_category,
        by_panel=found.by_panel,
        about_raters=tuple(rater_warnings(study)),
    )


def _rankings(study: Study, selection: Selection, codes: PairCodes, filters: Filters) -> PairRankings:
    sides = knows_sides(study)
    if filters.method == GRADED:
        return rank_by_grades(study, selection, filters.criterion, position=sides, anchor=filters.baseline)
    options = {"method": filters.method, "position": sides}
    return PairRankings(
        rank(codes.data(), anchor=_anchor(codes.held, filters), **options),
        _by(codes, "category", filters, options),
        _by(codes, "panel", filters, options),
    )


def ranked(study: Study, block: Block, selection: Selection, filters: Filters) -> RankingResult:
    """The ranking alone, of any selection of votes."""
    if block.protocol != Protocol.PAIRWISE:
        return rank_choices(ballot_frame(study, selection), places=knows_sides(study))
    if filters.method == GRADED:
        return rank_by_grades(study, selection, filters.criterion, position=knows_sides(study)).result
    votes = pair_codes(selection, filters.criterion).data()
    return rank(votes, method=filters.method, position=knows_sides(study))


def _anchor(known: Collection[str], filters: Filters) -> str | None:
    """The baseline, where this part of the votes holds it."""
    return filters.baseline if filters.baseline in known else None


def against_baseline(result: RankingResult, baseline: str) -> dict[str, Estimate]:
    """How often each generator is preferred to the baseline, of decided votes between the two and with the
    sides evened out, as the fitted strengths have it: P = 1 / (1 + 10^(−difference / 400)). Intervals are
    those of the difference (clustered by rater), put through the same function."""
    fit = result.fit
    if fit is None or baseline not in fit.generators:
        return {}
    place = {name: code for code, name in enumerate(fit.generators)}
    scale = fit.block[place[baseline]]
    found = {}
    for row in result.rows:
        inside = scale >= 0 and fit.block[place[row.generator]] == scale
        if inside and row.generator != baseline and row.points is not None:
            found[row.generator] = _as_share(result.difference(row.generator, baseline))
    return found


def _as_share(gap: Estimate) -> Estimate:
    value, low, high = (1 / (1 + 10 ** (-points / 400)) for points in (gap.value, gap.low, gap.high))
    return replace(gap, value=value, low=low, high=high)


def _choices(study: Study, block: Block, selection: Selection, filters: Filters) -> Ranking:
    """Best-of-N answers and rankings, by Plackett-Luce."""
    frame = ballot_frame(study, selection)
    names = tuple(generators(block))
    places = knows_sides(study)
    anchor = _anchor(names, filters)
    result = rank_choices(frame, generators=names, places=places, anchor=anchor)
    seen = set(frame["generator"].astype(str))
    ballots = int(frame["ballot"].nunique())
    none = ballots - int(frame.loc[_named(frame), "ballot"].nunique())
    frame["panel"] = frame["panel"].map(dict(study.panels.values_list("public_id", "name")))
    return Ranking(
        result=result,
        counts=selection.counts,
        agreement=nominal_alpha(winners(frame)),
        ties=wilson(0.0, 0.0),
        both_bad=wilson(float(none), float(ballots)),
        unjudged=selection.counts.votes - ballots,
        preliminary=_preliminary(result),
        without_votes=tuple(name for name in names if name not in seen),
        by_category=_choices_by(frame, "category", places=places),
        by_panel=_choices_by(frame, "panel", places=places),
        about_raters=tuple(rater_warnings(study)),
    )


def _named(frame: pd.DataFrame) -> pd.Series:
    """Rows that say something: chosen, or given a rank."""
    return frame["rank"].notna() if "rank" in frame else frame["answer"] != "shown"


def winners(frame: pd.DataFrame) -> pd.DataFrame:
    """Which generator each ballot put first, or that it named none."""
    first = frame["rank"] == 1 if "rank" in frame else frame["answer"] == "best"
    ballots = frame.drop_duplicates("ballot")[["ballot", "comparison", "rater"]]
    winner = frame.loc[first, ["ballot", "generator"]].astype({"generator": str})
    # Several may share the first rank: then they win together.
    winner = winner.sort_values(["ballot", "generator"]).groupby("ballot")["generator"].agg(" and ".join)
    return pd.DataFrame(
        {
            "item": ballots["comparison"],
            "rater": ballots["rater"],
            # As objects: where no ballot names a winner, nothing says that the column is text.
            "value": ballots["ballot"].map(winner).astype(object).fillna("none"),
        }
    )


def _choices_by(frame: pd.DataFrame, column: str, *, places: bool) -> dict[str, RankingResult]:
    if frame[column].nunique() < 2:
        return {}
    parts = frame.groupby(column, observed=True, sort=True)
    return {str(name): rank_choices(part, places=places) for name, part in parts}


def generators(block: Block) -> list[str]:
    """The generators that the block's regular comparisons hold, by name."""
    return columns.generator_names(block)


def _share(codes: PairCodes, outcome: str) -> Estimate | Undefined:
    return wilson(float(codes.count(outcome)), float(codes.size))


def _by(codes: PairCodes, column: str, filters: Filters, options: dict[str, Any]) -> dict[str, RankingResult]:
    """Rankings of the parts, where there is more than one part. Of votes that only grew, a part of the same
    size is the same part, and its ranking stands."""
    part, names = codes.parts(column)
    sizes = np.bincount(part).tolist()
    held = [code for code, size in enumerate(sizes) if size]
    if len(held) < 2:
        return {}
    lineage = codes.table.votes.lineage
    with lineage.lock:
        key = ("parts", codes.table.stem, filters.criterion, column, *options.values())
        kept: dict[int, tuple[int, RankingResult]] = lineage.state(key, lambda kept: True, dict)
    found = {}
    for code in held:
        size, result = kept.get(code, (0, None))
        if result is None or size != sizes[code]:
            result = rank(codes.data_of(part == code), **options)
            kept[code] = sizes[code], result
        found[names[code]] = result
    return found


def _preliminary(result: RankingResult) -> str:
    """Why this ranking is preliminary, or nothing."""
    if not result.n_votes:
        return ""
    fewest = min(row.n for row in result.rows)
    if result.n_raters >= ENOUGH_RATERS and fewest >= ENOUGH_VOTES:
        return ""
    raters = "is 1 rater" if result.n_raters == 1 else f"are {result.n_raters} raters"
    return (
        f"Preliminary: a ranking counts as settled enough to quote from {ENOUGH_RATERS} raters and "
        f"{ENOUGH_VOTES} votes per generator on. Here {raters}, and the generator with "
        f"the fewest votes has {fewest:g}."
    )


def position_words(result: RankingResult) -> str:
    """What the side shown does to the answer."""
    share = result.left_share
    if share is None:
        if result.n_votes and result.fit is not None:
            return "This method has no position effect, or it cannot be told from strength here."
        return "The position effect cannot be estimated here."
    text = f"Of two equally good pictures, the left one wins {percent(share.value)} of decided votes"
    if not share.has_interval:
        return f"{text}; {share.note or 'no interval can be given'}."
    text += f" ({100 * share.confidence:.0f} % interval {percent_span(share.low, share.high)})"
    if share.low <= 0.5 <= share.high:
        return f"{text}. The data are compatible with no preference for a side."
    side = "left" if share.value > 0.5 else "right"
    return f"{text}: raters lean to the {side}. The ranking accounts for this."
