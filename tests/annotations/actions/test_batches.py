"""An adaptive block from its first batch to the end of its budget, voted on by simulated people."""

import random
from collections import Counter, defaultdict

import pytest

from annotations import tasks
from annotations.actions import assignments, audit, batches, exclusions, studies, votes
from annotations.models import Batch, Panel
from annotations.selectors import study_overview
from tests.factories import draft_of_rows, open_rows, planned_study, rater_in

pytestmark = pytest.mark.django_db

ADAPTIVE = {"design": "adaptive", "comparisons_per_prompt": 3, "check_every": 0, "repeat_share": 0}


def adaptive(**settings):
    return planned_study(**{"prompts": 12, "generators": 5, "overlap": 1, **ADAPTIVE, **settings})


def preferring_the_first(trial):
    """The generator with the lower number wins."""
    return "left" if trial.order == "01" else "right"


def vote(study, *, most=10_000, choose=preferring_the_first, panel=None):
    """Somebody answers all there is, or so much of it."""
    rater = rater_in(panel or study)
    for given in range(most):
        served = assignments.next_for(rater=rater, count=1)
        if not served:
            return rater, given
        answer = {"overall": choose(served[0])}
        votes.record(rater=rater, nonce=served[0].nonce, answer=answer, evidence={"answer_ms": 900})
    return rater, most


def opened(study):
    return study.places.values("comparison").distinct().count()


def test_a_launch_opens_the_first_batch_and_plans_every_candidate():
    study = adaptive()
    assert study.comparisons.count() == 12 * 10
    first = study.block.batches.get()
    assert opened(study) == first.comparisons == 10
    assert study.design["counts"]["comparisons"] == study.design["counts"]["places"] == 36
    assert study.design["blocks"][0]["counts"]["batches"] == {
        "candidates": 120, "first": 10, "step": 4, "filled_share": 0.8,
    }  # fmt: skip
    assert sum(pair[2] for pair in first.pairs) == 10
    assert {pair[3] for pair in first.pairs} == {None}


def test_the_next_batch_is_due_when_the_last_is_nearly_filled():
    study = adaptive()
    assert batches.due() == []
    vote(study, most=7)
    assert batches.due() == []
    vote(study, most=1)
    assert batches.due() == [study.block.pk]
    studies.pause(study=study, actor=None)
    assert batches.due() == []


def test_a_batch_is_written_down_with_its_seed_its_votes_and_every_pairs_chance():
    study = adaptive()
    vote(study)
    batch = batches.open_next(block=study.block)
    assert (batch.number, batch.votes, batch.comparisons) == (2, 10, 4)
    event = study.audit.order_by("sequence").last()
    assert event.verb == "batch_opened"
    assert event.data["seed"] == batch.seed
    chances = {(first, second): chance for first, second, _, chance, _ in event.data["pairs"]}
    assert len(chances) == 10
    assert sum(chances.values()) == pytest.approx(1)
    assert min(chances.values()) > 0
    assert event.data["variance_after"] < event.data["variance_before"]
    assert audit.verify(study=study) == []


def test_the_same_votes_would_draw_the_same_batch():
    study = adaptive()
    vote(study)
    drawn = [pair[:4] for pair in batches.open_next(block=study.block).pairs]
    study.places.filter(comparison__votes=None).delete()
    Batch.objects.filter(number=2).delete()
    assert [pair[:4] for pair in batches.open_next(block=study.block).pairs] == drawn


@pytest.mark.long
def test_batches_follow_until_the_budget_is_used_up_and_sides_stay_even():
    study = adaptive(overlap=3)
    sides, seen = defaultdict(Counter), 0
    while True:
        given = sum(vote(study)[1] for _ in range(3))
        for block in batches.due():
            batches.open_next(block=study.block)
            assert block == study.block.pk
        if not given:
            break
        seen += given
    assert seen == 36 * 3
    assert opened(study) == 36
    assert study.block.batches.last().comparisons == 0
    assert batches.due() == []
    categories = Counter(study.places.values_list("comparison__prompt__category", flat=True))
    assert set(categories.values()) == {36}
    for place in study.places.prefetch_related("comparison__slots"):
        pair = tuple(slot.generator_id for slot in place.comparison.slots.all())
        sides[pair][place.order] += 1
    assert all(abs(of["01"] - of["10"]) <= 1 for of in sides.values())
    assert sorted(study.places.values_list("rank", flat=True)) == sorted(
        set(study.places.values_list("rank", flat=True))
    )


def test_the_page_promises_the_whole_budget_from_the_start():
    study = adaptive(overlap=2)
    assert study_overview.progress(study).wanted == 72
    vote(study)
    assert study_overview.progress(study).votes == 10


def test_who_finds_nothing_free_between_batches_is_asked_to_wait():
    study = adaptive()
    first, given = vote(study)
    assert given == 10
    late = rater_in(study)
    assert assignments.serve(rater=first).state == assignments.serve(rater=late).state == "waiting"
    batches.open_next(block=study.block)
    assert assignments.serve(rater=first).assignments


def test_votes_of_the_excluded_and_of_judges_choose_nothing():
    study = draft_of_rows(prompts=12, generators=5, overlap=1, **ADAPTIVE)
    Panel.objects.create(study=study, name="Judges", kind="judge", entry="api", overlap=1)
    study = open_rows(study)
    crowd, judges = study.panels.order_by("id")
    vote(study, panel=judges)
    assert batches.due() == []
    careless, _ = vote(study, panel=crowd, choose=lambda trial: random.choice(["left", "right"]))
    exclusions.exclude(rater=careless, reason="careless", actor=None)
    assert batches.due() == [study.block.pk]
    assert batches.open_next(block=study.block).votes == 0


def test_two_workers_open_one_batch(monkeypatch):
    study = adaptive()
    vote(study)
    state = batches._state

    def slow(block):
        found = state(block)
        monkeypatch.setattr(batches, "_state", state)
        assert batches.open_next(block=study.block) is not None
        return found

    monkeypatch.setattr(batches, "_state", slow)
    assert batches.open_next(block=study.block) is None
    assert study.block.batches.count() == 2


def test_the_sweep_opens_what_is_due():
    from celery import current_app

    current_app.conf.task_always_eager = True
    try:
        study = adaptive()
        vote(study)
        tasks.sweep()
    finally:
        current_app.conf.task_always_eager = False
    assert study.block.batches.count() == 2
