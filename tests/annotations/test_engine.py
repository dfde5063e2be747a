"""The engine under random interleavings: raters join, vote, vote late or twice, skip, undo, leave; leases run
out; the study is paused, resumed, closed; raters are excluded. Every few steps and at the end the invariants
hold.

Thousands of runs must fit into `make test`: what runs begin with is built once for all, each is rolled back
at its end, and what is looked at is read in plain SQL.
"""

import copy
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import hypothesis
import hypothesis.strategies as st
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from annotations.actions import assignments, exclusions, panels, raters, reports, studies, trials, votes
from annotations.assignment.serving import REPEAT_AFTER, order_sign
from annotations.errors import VoteRefused
from annotations.models import Assignment, Exclusion, Panel, Place, Rater, Study, Vote
from tests.annotations.actions.test_qualification import study_with
from tests.factories import draft_of_rows, open_rows, planned_study, rater_in

# In `make test`, and in the loop of every day. They are the same each time; another seed gives others.
RUNS, RUNS_DAILY, SEED = 2000, 20, 1
STEPS = 20
MOST_RATERS = 5
HELD = ("leased", "voted")
LEARNING = ("practice", "quiz")
# Votes that raters have given when a run begins: repeats and checks are under way, or all is new.
HISTORIES = (11, 0, 4)
DENSE = {"check_every": 4, "first_check_within": 3, "repeat_share": 0.4}


def mixed() -> Study:
    return planned_study(prompts=7, generators=3, overlap=2, prompt_gap=2, **DENSE)


def capped_and_with_a_quota() -> Study:
    study = planned_study(prompts=6, generators=3, overlap=1, prompt_gap=3, max_votes_per_rater=7, **DENSE)
    panels.update(panel=study.panels.get(), max_raters=4, actor=None)
    return study


def ratings() -> Study:
    return planned_study(prompts=8, generators=2, overlap=2, prompt_gap=4, protocol="likert", **DENSE)


def with_practice_and_a_quiz() -> Study:
    return study_with(practice=1, quiz=2, pass_mark=0.5, prompt_gap=2)


def of_two_panels() -> Study:
    study = draft_of_rows(prompts=6, generators=3, overlap=1, prompt_gap=2, **DENSE)
    panels.create(study=study, name="Experts", kind="expert", overlap=2)
    return open_rows(study)


DESIGNS = (mixed, capped_and_with_a_quota, ratings, with_practice_and_a_quiz, of_two_panels)

_A, _V, _P, _R = (model._meta.db_table for model in (Assignment, Vote, Place, Rater))
_C = Assignment._meta.get_field("comparison").related_model._meta.db_table
SERVED = f"""SELECT a.id, a.rater_id, a.place_id, a.comparison_id, c.prompt_id, a.kind, a.state, a."order",
    a.sequence, a.nonce FROM {_A} a JOIN {_C} c ON c.id = a.comparison_id"""
STORED = f"SELECT assignment_id, place_id, kind, answer, surplus, retracted_at FROM {_V} WHERE study_id = %s"
COUNTED = f"""SELECT id, state, panel_id, served, voted, checks_voted, repeats_served, order_balance
    FROM {_R} WHERE study_id = %s"""


class Row(NamedTuple):
    pk: int
    rater: int
    place: int | None
    comparison: int
    prompt: int
    kind: str
    state: str
    order: str
    sequence: int
    nonce: str


class Counters(NamedTuple):
    pk: int
    state: str
    panel: int
    served: int
    voted: int
    checks_voted: int
    repeats_served: int
    order_balance: int


def rows(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def served(where, *values) -> list[Row]:
    return [Row(*row) for row in rows(f"{SERVED} WHERE {where} ORDER BY a.sequence", *values)]


@dataclass
class Beginning:
    """A running study, its first raters, and what they have said so far by nonce."""

    study: Study
    panels: list[Panel]
    raters: list[Rater]
    protocol: str
    ledger: dict = field(default_factory=dict)


class Engine(RuleBasedStateMachine):
    """One run from one of the `beginnings`; everything is rolled back at its end."""

    beginnings: list[Beginning] = []

    @initialize(number=st.integers(0, 99), word=st.integers(0, 999))
    def begin(self, number, word):
        # What serving draws by chance belongs to the run too: the same run must go alike again.
        trials.chance.seed(word)
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.take(self.beginnings[number % len(self.beginnings)])

    def take(self, beginning):
        self.study = copy.copy(beginning.study)
        self.panels, self.protocol = beginning.panels, beginning.protocol
        self.raters = [copy.copy(rater) for rater in beginning.raters]
        self.ledger = dict(beginning.ledger)
        self.state, self.steps = "running", 0
        self.undone, self.late = set(), Counter()

    def teardown(self):
        if hasattr(self, "transaction"):
            try:
                self.look()
            finally:
                transaction.set_rollback(True)
                self.transaction.__exit__(None, None, None)
                cache.clear()

    # What happens

    def someone(self, number):
        return self.raters[number % len(self.raters)]

    def tried(self, work, *codes):
        try:
            return work()
        except VoteRefused as refused:
            if refused.code not in codes:
                raise
            return None

    # No preconditions: what is drawn must not hang on what the engine's own chance has led to.

    @rule()
    def join(self):
        if len(self.raters) >= MOST_RATERS or self.state != "running":
            return
        panel = self.panels[len(self.raters) % len(self.panels)]
        if rater := self.tried(lambda: rater_in(panel), "quota_full"):
            self.raters.append(rater)
        else:
            assert len(self.raters) == Panel.objects.get(pk=panel.pk).max_raters

    @rule(number=st.integers(0, 4), count=st.sampled_from([1, 3, 5]))
    def ask(self, number, count):
        rater, before = self.someone(number), self.newest_now()
        serving = assignments.serve(rater=rater, count=count)
        self.assert_gap_kept(rater, before)
        if serving.state == "finished":
            assert not serving.assignments

    @rule(number=st.integers(0, 4), word=st.integers(0, 9), many=st.sampled_from([1, 3, 8, 16]))
    def vote(self, number, word, many):
        self.answer_some(self.someone(number), word, many)

    def answer_some(self, rater, word, many):
        """Several in a row, as people do, the one in front or another."""
        for turn in range(many):
            held = served("a.rater_id = %s AND a.state = 'leased'", rater.pk)
            if not held and turn == 0:
                before = self.newest_now()
                assignments.serve(rater=rater)
                self.assert_gap_kept(rater, before)
                held = served("a.rater_id = %s AND a.state = 'leased'", rater.pk)
            if not held or not self.send(rater, held[(word * turn) % len(held)], word + turn):
                return

    @rule(number=st.integers(0, 4), word=st.integers(0, 9))
    def vote_late(self, number, word):
        rater = self.someone(number)
        if gone := served("a.rater_id = %s AND a.state = 'expired'", rater.pk):
            late = gone[word % len(gone)]
            self.late[rater.pk] += 1
            own = served("a.rater_id = %s AND a.comparison_id = %s", rater.pk, late.comparison)
            again = any(row.kind == late.kind and row.state in HELD for row in own)
            taken = late.place and rows(f"SELECT state FROM {_P} WHERE id = %s", late.place) != [("free",)]
            if receipt := self.send(rater, late, word):
                assert receipt.surplus == bool(again or taken)

    @rule(number=st.integers(0, 4), word=st.integers(0, 9), many=st.sampled_from([8, 16]))
    def come_back_late(self, number, word, many):
        """Leases run out, somebody else goes on, and then the first answers after all."""
        self.leave(number)
        self.answer_some(self.someone(number + 1), word, many)
        for turn in range(3):
            self.vote_late(number, word + turn)

    @rule(number=st.integers(0, 50), other=st.booleans())
    def vote_again(self, number, other):
        if not self.ledger:
            return
        nonce = list(self.ledger)[number % len(self.ledger)]
        rater, answer, _ = self.ledger[nonce]
        said = self.answer(9) if other else answer
        same = said == answer and nonce not in self.undone
        receipt = self.tried(lambda: votes.record(rater=rater, nonce=nonce, answer=said), "already_answered")
        assert (receipt is not None) == same
        assert receipt is None or not receipt.created

    @rule(number=st.integers(0, 4), kind=st.sampled_from(["skip", "broken"]))
    def skip(self, number, kind):
        rater = self.someone(number)
        if held := served("a.rater_id = %s AND a.state = 'leased'", rater.pk):
            before = self.newest_now()
            given = {"kind": kind, "reason": "other", "position": 0 if kind == "broken" else None}
            self.tried(
                lambda: reports.report_and_serve(rater=rater, nonce=held[0].nonce, **given), "study_paused"
            )
            self.assert_gap_kept(rater, before)

    @rule(number=st.integers(0, 4))
    def undo(self, number):
        rater = self.someone(number)
        refusals = ("nothing_to_undo", "rater_finished", "study_paused", "study_closed")
        if again := self.tried(lambda: votes.undo(rater=rater), *refusals):
            same = served("a.rater_id = %s AND a.sequence = %s", rater.pk, again.sequence)
            self.undone |= {row.nonce for row in same if row.state == "retracted"}

    @rule(number=st.integers(0, 4))
    def leave(self, number):
        """The rater's leases run out, and somebody notices."""
        past = timezone.now() - timedelta(seconds=1)
        held = Assignment.objects.filter(rater=self.someone(number), state="leased")
        Place.objects.filter(assignments__in=held).update(lease_expires_at=past)
        held.update(expires_at=past)
        assignments.release_expired()

    @rule(number=st.integers(0, 4))
    def finish(self, number):
        self.tried(lambda: raters.finish(rater=self.someone(number)), "not_finished")

    @rule(number=st.integers(0, 4))
    def exclude(self, number):
        rater = self.someone(number)
        if not Exclusion.objects.filter(rater=rater, lifted_at=None).exists():
            exclusions.exclude(rater=rater, reason="odd", actor=None)

    @rule()
    def pause(self):
        if self.ledger and self.state == "running":
            studies.pause(study=self.study, actor=None)
            self.state = "paused"

    @rule()
    def resume(self):
        if self.state == "paused":
            studies.resume(study=self.study, actor=None)
            self.state = "running"

    @rule(really=st.integers(0, 5))
    def close(self, really):
        if really == 0 and len(self.ledger) > 12 and self.state != "closed":
            studies.close(study=self.study, actor=None)
            self.state = "closed"
            assert not served("a.study_id = %s AND a.state = 'leased'", self.study.pk)

    def answer(self, word):
        if self.protocol == "likert":
            return dict.fromkeys(("fidelity", "alignment", "aesthetics"), word % 5 + 1)
        return {"overall": ("left", "right", "tie", "both_bad")[word % 4]}

    def send(self, rater, held, word):
        answer, before = self.answer(word), self.newest_now()
        refusals = ("study_paused", "study_closed", "rater_finished")
        done = self.tried(
            lambda: votes.record_and_serve(rater=rater, nonce=held.nonce, answer=answer), *refusals
        )
        if not done:
            return None
        assert done[0].created
        assert self.state == "running"
        self.ledger[held.nonce] = (rater, answer, done[0].surplus)
        self.assert_gap_kept(rater, before)
        return done[0]

    # What must hold

    def newest_now(self):
        return rows(f"SELECT COALESCE(MAX(id), 0) FROM {_A}")[0][0]

    def assert_gap_kept(self, rater, before):
        """Among what was just served. Nearer than the gap only where nothing else was left at all."""
        shown = served("a.rater_id = %s AND a.state <> 'retracted'", rater.pk)
        new = [number for number, row in enumerate(shown) if row.pk > before]
        gap = self.study.prompt_gap
        for number in new:
            lately = {row.prompt for row in shown[max(0, number - gap) : number]}
            if shown[number].kind in LEARNING or shown[number].prompt not in lately:
                continue
            # First after an empty hand; as it is shown meanwhile, others may follow it.
            assert number == new[0]
            assert sum(row.state == "leased" for row in shown) == len(new)
            assert {shown[after].prompt for after in new if shown[after].kind == "regular"} <= lately
            met = [row.comparison for row in shown if row.state in (*HELD, "skipped", "surplus")]
            free = Place.objects.filter(panel=rater.panel_id, state="free").exclude(comparison__in=met)
            assert not free.exclude(comparison__prompt__in=lately).exists()

    @invariant()
    def look_now_and_then(self):
        if hasattr(self, "steps"):
            self.steps += 1
            if self.steps % 5 == 0:
                self.look()

    def look(self):
        everything = served("a.study_id = %s", self.study.pk)
        stored = rows(STORED, self.study.pk)
        self.every_place_has_exactly_one_owner(everything, stored)
        self.stored_is_what_was_answered({row.pk: row for row in everything}, stored)
        self.each_rater_is_as_they_were_served(everything)

    def every_place_has_exactly_one_owner(self, everything, stored):
        places = rows(
            f"SELECT id, state, comparison_id, panel_id FROM {_P} WHERE study_id = %s", self.study.pk
        )
        counted = Counter(
            place
            for _, place, kind, _, surplus, retracted_at in stored
            if kind == "regular" and not surplus and retracted_at is None
        )
        leased = Counter(row.place for row in everything if row.state == "leased" and row.place)
        assert {pk for pk, state, *_ in places if state == "filled"} == set(counted)
        assert {pk for pk, state, *_ in places if state == "leased"} == set(leased)
        assert {*counted.values(), *leased.values()} <= {1}
        here = {pk: where for pk, _, *where in places}
        homes = {rater.pk: rater.panel_id for rater in self.raters}
        assert all(here[row.place] == [row.comparison, homes[row.rater]] for row in everything if row.place)

    def stored_is_what_was_answered(self, known, stored):
        said = {}
        for pk, _, _, answer, surplus, retracted_at in stored:
            row = known[pk]
            said[row.nonce] = (answer if isinstance(answer, dict) else json.loads(answer), bool(surplus))
            assert (retracted_at is not None) == (row.nonce in self.undone)
            assert row.state == ("retracted" if retracted_at else "surplus" if surplus else "voted")
        assert said == {nonce: (answer, surplus) for nonce, (_, answer, surplus) in self.ledger.items()}

    def each_rater_is_as_they_were_served(self, everything):
        of = defaultdict(list)
        for row in everything:
            of[row.rater].append(row)
        for rater in (Counters(*row) for row in rows(COUNTED, self.study.pk)):
            self.assert_counted(rater, of[rater.pk])
            self.assert_met_once(rater, of[rater.pk])
            self.assert_checks_apart(of[rater.pk])
            if rater.state != "active":
                assert not [row for row in of[rater.pk] if row.state == "leased"]

    def assert_counted(self, rater, own):
        trials_ = [row for row in own if row.kind not in LEARNING]
        answered = [row for row in trials_ if row.state in ("voted", "surplus")]
        assert rater.voted == len(answered)
        assert rater.checks_voted == sum(row.kind == "check" for row in answered)
        assert rater.served == max((row.sequence for row in own), default=0)
        sided = [r for r in trials_ if r.kind != "check" and r.state in (*HELD, "surplus", "released")]
        assert rater.order_balance == sum(order_sign(row.order) for row in sided)
        live = [row for row in own if row.state != "retracted"]
        assert len({row.sequence for row in live}) == len(live)
        assert rater.repeats_served == sum(row.kind == "repeat" for row in live if row.state != "expired")
        cap = self.study.max_votes_per_rater
        if cap is not None and not self.late[rater.pk]:
            assert sum(row.state in HELD for row in trials_) <= cap

    def assert_met_once(self, rater, own):
        """No comparison twice, except planned repeats: once, later, with its sides swapped."""
        live = [row for row in own if row.state in HELD and row.kind in ("regular", "check")]
        assert len({row.comparison for row in live}) == len(live)
        done = {r.comparison for r in own if r.state in ("skipped", "surplus") and r.kind == "regular"}
        if not self.late[rater.pk]:
            assert not done & {r.comparison for r in live if r.kind == "regular" and r.state == "leased"}
        again = [r for r in own if r.kind == "repeat" and r.state not in ("retracted", "expired")]
        # One that ran out makes room for another; when it is answered after all, that is surplus, unless the
        # other was skipped.
        late = self.late[rater.pk]
        counted = [
            row.comparison for row in again if row.state in HELD or (row.state == "skipped" and not late)
        ]
        assert len(set(counted)) == len(counted)
        for row in again:
            before = [r for r in own if r.comparison == row.comparison and r.kind == "regular"]
            assert any(r.order == row.order[::-1] for r in before)
            assert row.sequence - min(r.sequence for r in before) > REPEAT_AFTER

    def assert_checks_apart(self, own):
        numbers = {row.sequence for row in own if row.kind == "check"}
        assert 1 not in numbers
        assert not numbers & {number + 1 for number in numbers}


def begun(design, answered, word) -> Beginning:
    """A study of this design, two raters of which have given so many answers."""
    study = design()
    groups = list(study.panels.all())
    first = [rater_in(groups[number % len(groups)]) for number in range(2)]
    beginning = Beginning(study, groups, first, study.block.protocol)
    machine = Engine()
    machine.take(beginning)
    trials.chance.seed(word)
    for rater in machine.raters if answered else ():
        machine.answer_some(rater, word, answered)
    beginning.ledger = machine.ledger
    return beginning


def run(designs, histories, examples, seed):
    beginnings = [
        begun(design, answered, word) for design in designs for word, answered in enumerate(histories)
    ]
    machine = hypothesis.seed(seed)(type("EngineOnRows", (Engine,), {"beginnings": beginnings}))
    calm = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=calm)


@pytest.mark.django_db
def test_the_engine_holds_its_invariants():
    run(DESIGNS, HISTORIES[:1], RUNS_DAILY, SEED)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("design", DESIGNS)
def test_the_engine_holds_its_invariants_over_thousands_of_runs(design):
    run([design], HISTORIES, RUNS // len(DESIGNS), SEED)
