"""Whatever is kept and continued as votes come and go equals what is read and computed from scratch."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from django.db.models import F

from annotations.actions import erasure, exclusions, votes
from annotations.errors import VoteRefused
from annotations.models import Assignment, Exclusion, Rater, RuleOverride, Vote
from arena.analytics.agreement import pairwise_alpha
from arena.results import cache, columns, frames, measured, rules
from arena.results.filters import choices
from arena.results.frames import pair_frame
from arena.results.pair_codes import pair_codes
from arena.results.rankings import ranking
from arena.results.selection import select
from tests.arena.results.studies import imported, noisy_lines
from tests.factories import planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
RULES = [
    {"rule": "side_share", "above": 0.6, "at_least": 3},
    {"rule": "agreement", "below": 0.5, "at_least": 2},
    {"rule": "longest_run", "above": 4},
    {"rule": "too_few_votes", "below": 2},
]


@contextmanager
def forgotten():
    """Nothing is known of any study within."""
    stores = [module._kept for module in (columns, cache, frames, rules)]
    held = [dict(store) for store in stores]
    for store in stores:
        store.clear()
    try:
        yield
    finally:
        for store, own in zip(stores, held, strict=True):
            store.clear()
            store.update(own)


class Life:
    """What happens to a running study, by chance."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.study = planned_study(
            prompts=5, overlap=3, check_every=3, first_check_within=2, repeat_share=0.4, rules=RULES
        )
        self.raters = [rater_in(self.study) for _ in range(3)]

    def step(self) -> None:
        acts = (self.vote, self.join, self.undo, self.erase, self.exclude, self.overrule)
        acts[self.rng.choice(len(acts), p=(0.55, 0.1, 0.15, 0.04, 0.08, 0.08))]()

    def anybody(self) -> Rater:
        rater = self.raters[self.rng.integers(len(self.raters))]
        rater.refresh_from_db()
        return rater

    def vote(self) -> None:
        rater = self.anybody()
        if rater.state == "active":
            vote_all(rater, self.answer, most=int(self.rng.integers(1, 5)))

    def answer(self, assignment) -> dict[str, str]:
        return {"overall": str(self.rng.choice(["left", "right", "tie"], p=[0.6, 0.3, 0.1]))}

    def join(self) -> None:
        self.raters.append(rater_in(self.study))

    def undo(self) -> None:
        try:
            votes.undo(rater=self.anybody())
        except VoteRefused:
            self.vote()

    def erase(self) -> None:
        rater = self.anybody()
        erasure.erase(rater)
        Rater.objects.filter(pk=rater.pk).update(state="withdrawn")

    def exclude(self) -> None:
        rater = self.anybody()
        standing = Exclusion.objects.filter(rater=rater, lifted_at=None).first()
        if standing:
            exclusions.lift(exclusion=standing, actor="ana")
        else:
            exclusions.exclude(rater=rater, reason="Odd", actor="ana")

    def overrule(self) -> None:
        rater = self.anybody()
        standing = RuleOverride.objects.filter(rater=rater, lifted_at=None).first()
        if standing:
            exclusions.restore_rule(override=standing, actor="ana")
        else:
            exclusions.overrule(rater=rater, rule="side_share", reason="Fine", actor="ana")


def seen(study) -> list[object]:
    """All that is kept and continued, under several filters."""
    usual = choices(study).default
    found: list[object] = [repr(rules.verdicts(study))]
    parts = (usual, replace(usual, category="animals"), replace(usual, exclusions="manual"))
    for filters in parts:
        selection = select(study, filters)
        codes = pair_codes(selection, filters.criterion)
        arrays = (codes.left, codes.right, codes.outcome, codes.rater, codes.comparison)
        found += [selection.counts, selection.rows.tolist(), codes.names, codes.answers.tolist()]
        found += [array.tolist() for array in arrays]
        found += [(values.tolist(), names) for values, names in map(codes.parts, ("category", "panel"))]
    return found


def told(study) -> list[object]:
    """What pages say of it."""
    found = ranking(study, choices(study).default)
    parts = {name: result.rows for name, result in found.by_category.items()}
    return [found.result.rows, found.result.warnings, found.counts, found.agreement, parts, found.ties]


@pytest.fixture
def continuing(monkeypatch):
    """Few votes are measured anew at once; here they must be continued."""
    monkeypatch.setattr(measured, "FEWEST_VOTES", 0)
    monkeypatch.setattr(measured, "LARGEST_SHARE", 1.0)


def live(seed: int, steps: int) -> None:
    life = Life(seed)
    for number in range(steps):
        life.step()
        continued, kept = seen(life.study), measured_now(life.study)
        pages = told(life.study) if number % 8 == 7 else []
        with forgotten():
            assert continued == seen(life.study)
            pd.testing.assert_frame_equal(kept, measured_now(life.study), check_dtype=False, check_exact=True)
            assert not pages or repr(pages) == repr(told(life.study))


def measured_now(study) -> pd.DataFrame:
    return measured.measures_of(study, columns.of(study), frames.rater_facts(study), judges=False)


@pytest.mark.long
def test_what_is_continued_equals_what_is_computed_from_scratch(continuing):
    live(seed=0, steps=12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_what_is_continued_over_long_equals_what_is_computed_from_scratch(seed, continuing):
    live(seed, steps=40)


def test_a_second_answer_to_the_same_comparison_is_no_second_rater_however_late_it_comes(tmp_path):
    study = imported(tmp_path, noisy_lines(60, raters=4))
    usual = choices(study).default
    pair_codes(select(study, usual), "overall")
    for vote in Vote.objects.filter(study=study)[:12]:
        again(vote)
    codes = pair_codes(select(study, usual), "overall")
    assert codes.size == 72
    labelled = pair_frame(study, select(study, usual), "overall")
    assert codes.agreement() == pairwise_alpha(labelled)


def again(vote: Vote) -> None:
    """The rater says the opposite of what they said."""
    given = {"study": vote.study, "rater": vote.rater, "comparison": vote.comparison, "order": vote.order}
    at = {"served_at": vote.created_at, "expires_at": vote.created_at}
    held = Assignment.objects.create(**given, **at, sequence=1000 + vote.pk, state="expired")
    said = {"left": "right", "right": "left"}.get(vote.answer["overall"], "left")
    Vote.objects.create(**given, assignment=held, answer={"overall": said})
    Rater.objects.filter(pk=vote.rater_id).update(voted=F("voted") + 1)
