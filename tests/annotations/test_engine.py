"""The engine under random interleavings: raters join, vote, vote late or twice, skip, undo, leave; leases run
out; the study is paused, resumed, closed; raters are excluded. Every few steps and at the end the invariants
hold."""

from collections import Counter
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from annotations.actions import assignments, exclusions, raters, reports, studies, trials, votes
from annotations.assignment.serving import REPEAT_AFTER, order_sign
from annotations.errors import VoteRefused
from annotations.models import Assignment, Exclusion, Place, Rater, Vote
from tests.annotations.actions.test_qualification import study_with
from tests.factories import planned_study, rater_in

# Some in `make test`, a few in the loop of every day; raise the first to 2,000 for a long look.
RUNS, RUNS_DAILY = 200, 10
STEPS = 20
HELD = ("leased", "voted")


class Engine(RuleBasedStateMachine):
    """One study out of `templates`; everything is rolled back at the end."""

    templates: list = []

    @initialize(template=st.integers(0, 3), already=st.sampled_from([11, 0, 4]), word=st.integers(0, 9))
    def begin(self, template, already, word):
        # What serving draws by chance belongs to the example too: the same example must run alike again.
        trials.chance.seed(word)
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.study = self.templates[template]
        self.panel = self.study.panels.get()
        self.gap = self.study.prompt_gap
        self.raters = [rater_in(self.panel) for _ in range(2)]
        self.ledger, self.undone, self.late = {}, set(), Counter()
        for number in range(len(self.raters) if already else 0):
            self.vote(number, word, already)

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

    def state(self):
        return type(self.study).objects.values_list("state", flat=True).get(pk=self.study.pk)

    # No preconditions: what is drawn must not hang on what the engine's own chance has led to.

    @rule()
    def join(self):
        if len(self.raters) < 5 and self.state() == "running":
            self.raters.append(rater_in(self.panel))

    @rule(number=st.integers(0, 4), count=st.sampled_from([1, 3, 5]))
    def ask(self, number, count):
        rater = self.someone(number)
        before = self.newest()
        serving = assignments.serve(rater=rater, count=count)
        self.assert_gap_kept(rater, before)
        if serving.state == "finished" and Rater.objects.get(pk=rater.pk).state == "finished":
            assert not serving.assignments

    @rule(number=st.integers(0, 4), word=st.integers(0, 9), many=st.sampled_from([1, 3, 8, 16]))
    def vote(self, number, word, many):
        """Several in a row, as people do, the one in front or another."""
        rater = self.someone(number)
        for turn in range(many):
            held = list(Assignment.objects.filter(rater=rater, state="leased").order_by("sequence"))
            if not held and turn == 0:
                held = assignments.next_for(rater=rater)
            if held:
                self.send(rater, held[(word * turn) % len(held)], word + turn)

    @rule(number=st.integers(0, 4), word=st.integers(0, 9))
    def vote_late(self, number, word):
        rater = self.someone(number)
        if gone := Assignment.objects.filter(rater=rater, state="expired").order_by("-pk").first():
            self.late[rater.pk] += 1
            self.send(rater, gone, word)

    @rule(number=st.integers(0, 50), other=st.booleans())
    def vote_again(self, number, other):
        if not self.ledger:
            return
        nonce = list(self.ledger)[number % len(self.ledger)]
        rater, answer, _ = self.ledger[nonce]
        said = self.answer(9) if other else answer
        same = said == answer and nonce not in self.undone
        receipt = self.tried(
            lambda: votes.record(rater=rater, nonce=nonce, answer=said), "already_answered", "study_paused"
        )
        assert (receipt is not None) == same
        assert receipt is None or not receipt.created

    @rule(number=st.integers(0, 4), kind=st.sampled_from(["skip", "broken"]))
    def skip(self, number, kind):
        rater = self.someone(number)
        held = Assignment.objects.filter(rater=rater, state="leased").order_by("sequence").first()
        if held:
            before = self.newest()
            fields = {"kind": kind, "reason": "other", "position": 0 if kind == "broken" else None}
            done = self.tried(
                lambda: reports.report_and_serve(rater=rater, nonce=held.nonce, **fields), "study_paused"
            )
            if done:
                self.assert_gap_kept(rater, before)

    @rule(number=st.integers(0, 4))
    def undo(self, number):
        rater = self.someone(number)
        refusals = ("nothing_to_undo", "rater_finished", "study_paused", "study_closed")
        if again := self.tried(lambda: votes.undo(rater=rater), *refusals):
            undone = Vote.objects.filter(rater=rater, comparison=again.comparison_id).latest("retracted_at")
            self.undone.add(undone.assignment.nonce)

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
        if self.ledger and self.state() == "running":
            studies.pause(study=self.study, actor=None)

    @rule()
    def resume(self):
        if self.state() == "paused":
            studies.resume(study=self.study, actor=None)

    @rule(really=st.integers(0, 5))
    def close(self, really):
        if really == 0 and len(self.ledger) > 12 and self.state() != "closed":
            studies.close(study=self.study, actor=None)
            assert not Assignment.objects.filter(study=self.study, state="leased").exists()

    def answer(self, word):
        if self.study.block.protocol == "likert":
            return dict.fromkeys(("fidelity", "alignment", "aesthetics"), word % 5 + 1)
        return {"overall": ("left", "right", "tie", "both_bad")[word % 4]}

    def send(self, rater, assignment, word):
        answer, before = self.answer(word), self.newest()
        refusals = ("study_paused", "study_closed", "rater_finished")
        done = self.tried(
            lambda: votes.record_and_serve(rater=rater, nonce=assignment.nonce, answer=answer), *refusals
        )
        if done:
            assert done[0].created
            self.ledger[assignment.nonce] = (rater, answer, done[0].surplus)
            self.assert_gap_kept(rater, before)

    # What must hold

    def newest(self):
        return Assignment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def assert_gap_kept(self, rater, before):
        """Among what was just served. Nearer than the gap only where nothing else was left at all."""
        rows = list(
            rater.assignments.exclude(state="retracted")
            .order_by("sequence")
            .values_list("pk", "kind", "comparison__prompt")
        )
        new = [number for number, row in enumerate(rows) if row[0] > before]
        for number in new:
            _, kind, prompt = rows[number]
            lately = {row[2] for row in rows[max(0, number - self.gap) : number]}
            if kind in ("practice", "quiz") or prompt not in lately:
                continue
            # First after an empty hand; as it is shown meanwhile, others may follow it.
            assert number == new[0]
            assert rater.assignments.filter(state="leased").count() == len(new)
            met = rater.assignments.filter(state__in=[*HELD, "skipped", "surplus"]).values("comparison")
            free = Place.objects.filter(panel=self.panel, state="free").exclude(comparison__in=met)
            assert not free.exclude(comparison__prompt__in=lately).exists()

    @invariant()
    def look_now_and_then(self):
        self.steps = getattr(self, "steps", 0) + 1
        if self.steps % 5 == 0:
            self.look()

    def look(self):
        self.every_place_has_exactly_one_owner()
        self.stored_is_what_was_answered()
        self.each_rater_is_as_they_were_served()

    def every_place_has_exactly_one_owner(self):
        places = dict(Place.objects.filter(study=self.study).values_list("pk", "state"))
        standing = Vote.objects.filter(study=self.study, retracted_at=None)
        counted = Counter(standing.filter(surplus=False, kind="regular").values_list("place", flat=True))
        leased = Counter(
            Assignment.objects.filter(study=self.study, state="leased", place__isnull=False).values_list(
                "place", flat=True
            )
        )
        assert {pk for pk, state in places.items() if state == "filled"} == set(counted)
        assert {pk for pk, state in places.items() if state == "leased"} == set(leased)
        assert set(counted.values()) | set(leased.values()) <= {1}

    def stored_is_what_was_answered(self):
        fields = ("assignment__nonce", "answer", "surplus", "retracted_at", "assignment__state")
        rows = Vote.objects.filter(study=self.study).values_list(*fields)
        assert {nonce: (answer, surplus) for nonce, answer, surplus, *_ in rows} == {
            nonce: (answer, surplus) for nonce, (_, answer, surplus) in self.ledger.items()
        }
        for nonce, _, surplus, retracted_at, state in rows:
            assert (retracted_at is not None) == (nonce in self.undone)
            assert state == ("retracted" if retracted_at else "surplus" if surplus else "voted")

    def each_rater_is_as_they_were_served(self):
        for known in self.raters:
            rater = Rater.objects.get(pk=known.pk)
            rows = list(rater.assignments.values("kind", "state", "order", "sequence", "comparison"))
            self.assert_counted(rater, rows)
            self.assert_met_once(rows)
            if rater.state not in ("active",):
                assert not [row for row in rows if row["state"] == "leased"]

    def assert_counted(self, rater, rows):
        own = [row for row in rows if row["kind"] not in ("practice", "quiz")]
        answered = [row for row in own if row["state"] in ("voted", "surplus")]
        assert rater.voted == len(answered)
        assert rater.checks_voted == sum(row["kind"] == "check" for row in answered)
        assert rater.served == max((row["sequence"] for row in rows), default=0)
        sides = [r for r in own if r["kind"] != "check" and r["state"] in (*HELD, "surplus", "released")]
        assert rater.order_balance == sum(order_sign(row["order"]) for row in sides)
        live = [row for row in rows if row["state"] != "retracted"]
        assert len({row["sequence"] for row in live}) == len(live)
        kept = [row for row in live if row["state"] != "expired"]
        assert rater.repeats_served == sum(row["kind"] == "repeat" for row in kept)
        cap = self.study.max_votes_per_rater
        if cap is not None and not self.late[rater.pk]:
            assert sum(row["state"] in HELD for row in own) <= cap

    def assert_met_once(self, rows):
        live = [row for row in rows if row["state"] in HELD]
        first = {row["comparison"]: row for row in live if row["kind"] in ("regular", "check")}
        assert len(first) == sum(row["kind"] in ("regular", "check") for row in live)
        done = [row for row in rows if row["state"] in ("skipped", "surplus")]
        assert not {row["comparison"] for row in done if row["kind"] == "regular"} & {
            row["comparison"] for row in live if row["kind"] == "regular" and row["state"] == "leased"
        } or any(self.late.values())
        gone = ("retracted", "expired")
        again = [row for row in rows if row["kind"] == "repeat" and row["state"] not in gone]
        assert max(Counter(row["comparison"] for row in again).values(), default=1) == 1
        for row in again:
            before = [r for r in rows if r["comparison"] == row["comparison"] and r["kind"] == "regular"]
            assert any(r["order"] == row["order"][::-1] for r in before)
            assert row["sequence"] - min(r["sequence"] for r in before) > REPEAT_AFTER


def machine():
    """Studies of which every run takes one: mixed, capped, ratings, with practice and a quiz."""
    common = {"check_every": 4, "first_check_within": 3, "repeat_share": 0.4}
    templates = [
        planned_study(prompts=7, generators=3, overlap=2, prompt_gap=2, **common),
        planned_study(prompts=6, generators=3, overlap=1, prompt_gap=3, max_votes_per_rater=7, **common),
        planned_study(prompts=8, generators=2, overlap=2, prompt_gap=4, protocol="likert", **common),
        study_with(practice=1, quiz=2, pass_mark=0.5, prompt_gap=2),
    ]
    return type("EngineOnRows", (Engine,), {"templates": templates})


def run(examples):
    calm = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(), settings=calm)


@pytest.mark.django_db
def test_the_engine_holds_its_invariants():
    run(RUNS_DAILY)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_engine_holds_its_invariants_over_thousands_of_runs():
    run(RUNS)
