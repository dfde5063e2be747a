"""What the declared rules look at: measures of each rater over all blocks, kept while votes come and go.

A vote changes the measures of its rater, and of those who voted on the same comparison, as they are held
against the majority of the others. So only these are measured again, on all votes of all their comparisons.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotations.models import Protocol, Study
from arena.analytics.raters import rater_table
from arena.results.columns import KINDS, Ints, VoteColumns
from arena.results.frames import REGULAR, Bools, RaterFacts, Table, pair_frame, rater_rows

# Those of a pairwise study's raters that other protocols have as well.
SHARED = ("votes", "median_ms", "checks", "checks_passed")
# Fewer votes are measured in no time, and where most raters are concerned nothing is saved.
FEWEST_VOTES = 20_000
LARGEST_SHARE = 0.25
# Every rater of a pairwise block has a number here, and nobody else.
PAIRS_ONLY = "repeats"


@dataclass(frozen=True)
class _Kept:
    told: int
    judges: Bools
    frame: pd.DataFrame


def measures_of(study: Study, votes: VoteColumns, facts: RaterFacts, *, judges: bool) -> pd.DataFrame:
    """One row per rater with votes, of people or of judges: each kind is held against its own."""
    of_kind = facts.judges == judges
    key = ("measures", judges)
    with votes.lineage.lock:
        kept: _Kept | None = votes.story.kept.get(key)
        frame = _continued(study, votes, facts, of_kind, kept) if kept is not None else None
        if frame is None:
            rows = np.flatnonzero(of_kind[rater_rows(votes, facts)])
            frame = measures(study, Table(votes, facts, rows)) if rows.size else pd.DataFrame()
        votes.story.kept[key] = _Kept(votes.told, facts.judges, frame)
    return frame


def _continued(
    study: Study, votes: VoteColumns, facts: RaterFacts, of_kind: Bools, kept: _Kept
) -> pd.DataFrame | None:
    """The kept measures with those of the raters concerned measured again; None where that does not serve."""
    known = kept.judges.size
    if votes.told < kept.told or not np.array_equal(kept.judges, facts.judges[:known]):
        return None
    if votes.told == kept.told:
        return kept.frame
    if votes.ids.size < FEWEST_VOTES or kept.frame.empty:
        return None
    who = rater_rows(votes, facts)
    raters, comparisons = votes.story.since(kept.told, votes.told)
    concerned = np.zeros(facts.ids.size, dtype=np.bool_)
    concerned[facts.rows(raters)] = True
    concerned[who[_of_comparisons(votes, comparisons)]] = True
    concerned &= of_kind
    if concerned.sum() > LARGEST_SHARE * len(kept.frame):
        return None
    theirs = votes.comparison[concerned[who]]
    rows = np.flatnonzero(_of_comparisons(votes, theirs) & of_kind[who])
    names = {facts.public_ids[row] for row in np.flatnonzero(concerned).tolist()}
    frame = kept.frame[~kept.frame["rater"].isin(names)].reset_index(drop=True)
    if rows.size:
        again = measures(study, Table(votes, facts, rows))
        frame = pd.concat([frame, again[again["rater"].isin(names)]], ignore_index=True)
        at = frame["rater"].map({name: row for row, name in enumerate(facts.public_ids)})
        frame = frame.iloc[np.argsort(at.to_numpy(), kind="stable")].reset_index(drop=True)
    # Without any pairs left the columns that only pairs have must go.
    return None if PAIRS_ONLY in frame and frame[PAIRS_ONLY].isna().all() else frame


def _of_comparisons(votes: VoteColumns, comparisons: Ints) -> Bools:
    """Which votes are on one of these."""
    inside = np.zeros(votes.comparisons.ids.size, dtype=np.bool_)
    inside[votes.comparisons.rows(comparisons)] = True
    return inside[votes.place]


def measures(study: Study, part: Table) -> pd.DataFrame:
    """One row per rater over all blocks; what only pairs can show comes from the pairwise ones."""
    base = _shared(part)
    blocks = study.blocks.filter(protocol=Protocol.PAIRWISE).prefetch_related("criteria")
    inside = part.votes.comparisons.blocks[part.votes.place[part.rows]]
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
