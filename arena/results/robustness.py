"""Would the ranking be another one under other rules, or without a few votes or raters?"""

from dataclasses import dataclass

import pandas as pd

from annotations.models import Protocol, Study
from arena.analytics.data import PairwiseData
from arena.analytics.davidson import DavidsonFit
from arena.analytics.influence import LeadInfluence, lead_influence, without_each_rater
from arena.analytics.ranking_result import RankingResult
from arena.analytics.rater_rules import describe
from arena.analytics.result import Undefined
from arena.analytics.scale import POINTS_PER_LOGIT
from arena.results import rules
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import pair_frame, rater_facts
from arena.results.rankings import ANALYSED, ranked, ranking
from arena.results.selection import select

MOST_RATERS = 20


@dataclass(frozen=True)
class Variant:
    """The ranking with other raters left out."""

    label: str
    left_out: int
    votes: int
    result: RankingResult

    @property
    def leaders(self) -> str:
        return ", ".join(row.generator for row in self.result.rows if row.rank == 1) or "none"


@dataclass(frozen=True)
class Robustness:
    """`by_rater` has a row per rater: votes, largest shift in points, and who leads without them."""

    variants: list[Variant]
    votes: LeadInfluence | Undefined
    raters: LeadInfluence | Undefined
    by_rater: pd.DataFrame
    other_leaders: int


def robustness(study: Study, filters: Filters) -> Robustness:
    return remembered("robustness", study, filters, lambda: _robustness(study, filters))


def _robustness(study: Study, filters: Filters) -> Robustness:
    variants = _variants(study, filters)
    block = block_of(study, filters)
    fitted = ranking(study, filters).result.fit
    if block.protocol != Protocol.PAIRWISE or not isinstance(fitted, DavidsonFit):
        reason = Undefined("method", "Known for rankings of pairs by Davidson's model or half wins.")
        return Robustness(variants, reason, reason, pd.DataFrame(), 0)
    votes = pair_frame(study, select(study, filters), filters.criterion)
    data = PairwiseData.from_frame(votes[list(ANALYSED)])
    shifts = without_each_rater(data, fitted)
    shifts["largest_shift"] *= POINTS_PER_LOGIT
    leader = variants[0].leaders
    return Robustness(
        variants=variants,
        votes=lead_influence(data, fitted, unit="votes"),
        raters=lead_influence(data, fitted, unit="raters"),
        by_rater=shifts.head(MOST_RATERS),
        other_leaders=int((shifts["leader"] != leader).sum()),
    )


def _variants(study: Study, filters: Filters) -> list[Variant]:
    """Each rule on its own and each rule dropped, beside everybody, nobody and the page's own choice."""
    facts = rater_facts(study)
    by_hand = {name for name, out in zip(facts.public_ids, facts.excluded, strict=True) if out}
    hits = rules.verdicts(study).hits
    lifted = rules.overruled(study)
    by_rule: dict[str, set[str]] = {}
    for rater, own in hits.items():
        for hit in own:
            if (rater, hit.rule) not in lifted:
                by_rule.setdefault(hit.rule, set()).add(rater)
    ruled = set().union(*by_rule.values()) if by_rule else set()
    wanted: list[tuple[str, set[str] | None]] = [("As on the page", None), ("Nobody left out", set())]
    if by_hand:
        wanted.append(("By hand alone", by_hand))
    if by_rule:
        wanted.append(("All rules, none by hand", ruled))
    for rule in rules.declared_rules(study):
        own = by_rule.get(str(rule["rule"]), set())
        if own:
            others = set().union(by_hand, *(s for name, s in by_rule.items() if name != rule["rule"]))
            wanted.append((f"Only: {describe(rule)}", own))
            wanted.append((f"All but: {describe(rule)}", others))
    block = block_of(study, filters)
    found = []
    for label, names in wanted:
        part = select(study, filters, left_out=names)
        found.append(
            Variant(
                label, part.counts.excluded_raters, part.counts.votes, ranked(study, block, part, filters)
            )
        )
    return found
