"""Raters and attention checks of a study: what each rater's votes look like, and who is excluded."""

from dataclasses import dataclass, replace

import pandas as pd

from annotations.models import Block, CheckKind, Comparison, Protocol, Study
from arena.analytics.proportions import wilson
from arena.analytics.raters import rater_table
from arena.analytics.result import Estimate
from arena.results import rules
from arena.results.cache import remembered
from arena.results.columns import KINDS
from arena.results.filters import Filters, block_of
from arena.results.frames import pair_frame, rating_frame
from arena.results.labels import CHECK_LABELS, OFF
from arena.results.selection import Selection, select

ALL_KINDS = tuple(range(len(KINDS)))


@dataclass(frozen=True)
class CheckOutcome:
    label: str
    asked: int
    passed: Estimate


def raters(study: Study, filters: Filters) -> pd.DataFrame:
    """One row per rater with votes, excluded ones among them; see `rater_table` for the measures."""
    everyone = replace(filters, exclusions=OFF, method="davidson")
    return remembered("raters", study, everyone, lambda: _raters(study, everyone))


def _raters(study: Study, filters: Filters) -> pd.DataFrame:
    selection = select(study, filters, kinds=ALL_KINDS)
    block = block_of(study, filters)
    if block.protocol == Protocol.PAIRWISE:
        measured = rater_table(pair_frame(study, selection, filters.criterion)).to_frame()
    else:
        measured = rating_measures(study, selection, block)
    facts = selection.raters
    left_out = {name: "; ".join(hit.rule for hit in hits) for name, hits in rules.standing(study).items()}
    known = pd.DataFrame(
        {
            "rater": facts.public_ids,
            "label": facts.labels,
            "panel": facts.panels,
            "simulated": facts.simulated,
            "excluded": facts.excluded,
            "reason": [facts.reasons.get(int(key), "") for key in facts.ids],
            "ruled_out": [left_out.get(name, "") for name in facts.public_ids],
        }
    )
    known["panel"] = known["panel"].map(dict(study.panels.values_list("public_id", "name")))
    return measured.merge(known, on="rater", how="left").sort_values(
        ["votes", "rater"], ascending=[False, True], ignore_index=True
    )


def rating_measures(study: Study, selection: Selection, block: Block) -> pd.DataFrame:
    """For ratings: amount, speed, checks, mean and spread of the points given, longest run of one answer."""
    votes, rows = selection.votes, selection.rows
    who = pd.Series(selection.raters.rows(votes.rater[rows])).map(
        dict(enumerate(selection.raters.public_ids))
    )
    table = pd.DataFrame(
        {
            "rater": who,
            "regular": votes.kind[rows] == KINDS.index("regular"),
            "answer": votes.answer[rows],
            "answer_ms": votes.answer_ms[rows],
            "passed": votes.passed[rows],
        }
    )
    ratings = rating_frame(study, selection, block)
    ratings = ratings[ratings["kind"] == "regular"].groupby("rater", observed=True)["rating"]
    regular = table[table["regular"]]
    grouped = regular.groupby("rater")
    out = pd.DataFrame({"rater": sorted(table["rater"].unique())}).set_index("rater")
    out["votes"] = grouped.size()
    out["median_ms"] = grouped["answer_ms"].median()
    out["longest_run"] = grouped["answer"].agg(_longest_run)
    out["mean"], out["sd"] = ratings.mean(), ratings.std()
    checks = table[table["passed"] >= 0].groupby("rater")["passed"]
    out["checks"], out["checks_passed"] = checks.size(), checks.sum()
    counts = ["votes", "checks", "checks_passed", "longest_run"]
    out[counts] = out[counts].fillna(0).astype(int)
    return out.reset_index()


def _longest_run(answers: pd.Series) -> int:
    run = (answers != answers.shift()).cumsum()
    return int(run.value_counts().max()) if len(run) else 0


def check_outcomes(study: Study, filters: Filters) -> list[CheckOutcome]:
    """Attention checks by kind, under the filter."""
    selection = select(study, filters, kinds=(KINDS.index("check"),))
    votes, rows = selection.votes, selection.rows
    kinds = dict(Comparison.objects.filter(study=study, kind="check").values_list("id", "check_kind"))
    table = pd.DataFrame(
        {
            "kind": [kinds.get(int(key), "") for key in votes.comparison[rows]],
            "passed": votes.passed[rows] == 1,
        }
    )
    outcomes = []
    for kind in CheckKind.values:
        part = table[table["kind"] == kind]
        if kind and len(part):
            passed = wilson(float(part["passed"].sum()), float(len(part)))
            # Never undefined here: the part is not empty.
            assert isinstance(passed, Estimate)
            outcomes.append(CheckOutcome(CHECK_LABELS[kind], len(part), passed))
    return outcomes
