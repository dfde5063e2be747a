"""The declared exclusion rules at work: they act when results are read, on all votes of a study, and leave
every vote where it is. What an analyst overrules does not count."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotations.models import Protocol, RuleOverride, Study
from annotations.selectors.rules import declared_rules
from arena.analytics import rater_rules
from arena.analytics.rater_rules import RuleHit
from arena.analytics.raters import rater_table
from arena.results import columns
from arena.results.columns import KINDS
from arena.results.frames import REGULAR, RaterFacts, Table, pair_frame, rater_facts

KEPT = 16
# Those of a pairwise study's raters that other protocols have as well.
SHARED = ("votes", "median_ms", "checks", "checks_passed")


@dataclass(frozen=True)
class Verdicts:
    """Hits by rater (public id), and the rules that this study cannot measure, with the reason."""

    hits: dict[str, list[RuleHit]]
    unmeasured: dict[str, str]


_kept: OrderedDict[tuple[object, ...], Verdicts] = OrderedDict()
_lock = threading.Lock()


def verdicts(study: Study) -> Verdicts:
    """Whom the rules hit, overruled hits included; kept while the votes and raters stay what they were."""
    rules = declared_rules(study)
    if not rules:
        return Verdicts({}, {})
    facts = rater_facts(study)
    key = (study.public_id, study.design_hash, columns.mark_of(study), facts.state)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _verdicts(study, rules, facts)
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def overruled(study: Study) -> dict[tuple[str, str], RuleOverride]:
    """Standing overrides by rater (public id) and rule."""
    rows = RuleOverride.objects.filter(rater__study=study, lifted_at__isnull=True).select_related("rater")
    return {(row.rater.public_id, row.rule): row for row in rows}


def standing(study: Study) -> dict[str, list[RuleHit]]:
    """Raters left out by a rule that nobody overruled, with the hits that do it."""
    hits = verdicts(study).hits
    if not hits:
        return {}
    lifted = overruled(study)
    kept = {rater: [hit for hit in own if (rater, hit.rule) not in lifted] for rater, own in hits.items()}
    return {rater: own for rater, own in kept.items() if own}


def _verdicts(study: Study, rules: list[dict[str, object]], facts: RaterFacts) -> Verdicts:
    hits: dict[str, list[RuleHit]] = {}
    unmeasured: dict[str, str] = {}
    votes = columns.of(study)
    # Judges answer unlike people: each kind is held against its own.
    for of_judges in (False, True):
        rows = np.flatnonzero(facts.judges[facts.rows(votes.rater)] == of_judges)
        if not rows.size:
            continue
        measured = measures(study, Table(votes, facts, rows))
        unmeasured |= rater_rules.unmeasured(rules, measured)
        for hit in rater_rules.evaluate(rules, measured):
            hits.setdefault(hit.rater, []).append(hit)
    return Verdicts(hits, unmeasured)


def measures(study: Study, part: Table) -> pd.DataFrame:
    """One row per rater over all blocks; what only pairs can show comes from the pairwise ones."""
    base = _shared(part)
    blocks = study.blocks.filter(protocol=Protocol.PAIRWISE).prefetch_related("criteria")
    inside = part.votes.comparisons.blocks[part.votes.comparisons.rows(part.votes.comparison[part.rows])]
    frames = [
        pair_frame(study, Table(part.votes, part.raters, part.rows[inside == block.pk]), criterion.key)
        for block in blocks
        if (criterion := block.criteria.first()) is not None
    ]
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return base
    pairs = rater_table(frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)).to_frame()
    own = pairs.drop(columns=[name for name in pairs.columns if name in SHARED])
    return base.merge(own, on="rater", how="left")


def _shared(part: Table) -> pd.DataFrame:
    votes, rows, facts = part.votes, part.rows, part.raters
    who = facts.rows(votes.rater[rows])
    size = facts.ids.size
    regular, checks = votes.kind[rows] == REGULAR, votes.kind[rows] == KINDS.index("check")
    times = pd.Series(votes.answer_ms[rows][regular]).groupby(who[regular]).median()
    table = pd.DataFrame(
        {
            "rater": facts.public_ids,
            "votes": np.bincount(who[regular], minlength=size),
            "median_ms": times.reindex(range(size)).to_numpy(),
            "checks": np.bincount(who[checks], minlength=size),
            "checks_passed": np.bincount(who[checks & (votes.passed[rows] == 1)], minlength=size),
        }
    )
    return table[np.bincount(who, minlength=size) > 0].reset_index(drop=True)
