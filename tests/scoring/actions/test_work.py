import subprocess
from datetime import timedelta

import pytest
from django.utils import timezone

from scoring import conf
from scoring.actions import metrics, scores, work
from scoring.models import Metric, Score, ScoreState


@pytest.fixture
def filters(make_image):
    """Ten waiting rows of one metric."""
    images = [make_image() for _ in range(10)]
    scores.request(image_ids=[image.pk for image in images])
    return Metric.objects.get(name="hard_filters")


def take(metric, limit=4):
    return work.claim(Score, metrics=[metric.pk], limit=limit)


def test_two_claims_never_share_a_row(filters):
    first, second, third = take(filters), take(filters), take(filters)
    taken = [row.pk for claim in (first, second, third) for row in claim.rows]
    assert len(taken) == len(set(taken)) == 10
    assert take(filters) is None


def test_a_finished_row_carries_value_and_time_and_is_not_claimed_again(filters):
    claim = take(filters, 10)
    stored = claim.finish({row.pk: {"value": 1.0, "detail": {"n": 1}} for row in claim.rows})
    assert len(stored) == 10
    row = Score.objects.get(pk=stored[0])
    assert (row.state, row.value, row.detail, row.claim) == ("done", 1.0, {"n": 1}, "")
    assert row.computed_at is not None
    assert take(filters) is None


def test_a_row_that_fails_rests_and_is_parked_at_the_third_failure(filters):
    for attempt in (1, 2, 3):
        Score.objects.update(claimed_at=timezone.now() - timedelta(seconds=conf.RETRY_AFTER_S + 1))
        claim = work.claim(Score, metrics=[filters.pk], limit=1)
        claim.fail({claim.rows[0].pk: f"broken {attempt}"})
        row = Score.objects.get(pk=claim.rows[0].pk)
        assert row.attempts == attempt
        assert row.state == (ScoreState.PARKED if attempt == 3 else ScoreState.PENDING)
    assert row.error == "broken 3"
    resting = take(filters, 10).rows
    assert row.pk not in {other.pk for other in resting}


def test_a_failed_row_is_not_claimed_again_at_once(filters):
    claim = take(filters, 10)
    claim.fail({row.pk: "broken" for row in claim.rows})
    assert take(filters) is None


def test_trying_again_gives_three_new_attempts(filters):
    Score.objects.update(state=ScoreState.PARKED, attempts=3, error="broken")
    chosen = Score.objects.filter(metric=filters).first()
    assert scores.retry(score_id=chosen.pk) == 1
    chosen.refresh_from_db()
    assert (chosen.state, chosen.attempts, chosen.error) == ("pending", 0, "")
    assert scores.retry() == Score.objects.count() - 1


def test_a_worker_that_lost_its_claim_can_neither_store_nor_renew(filters):
    slow = take(filters, 10)
    Score.objects.filter(claim=slow.token).update(claimed_at=timezone.now() - timedelta(hours=1))
    assert work.recover() == 10
    quick = take(filters, 10)
    quick.finish({row.pk: {"value": 2.0} for row in quick.rows})
    assert slow.finish({row.pk: {"value": 1.0} for row in slow.rows}) == []
    with pytest.raises(work.ClaimLost):
        slow.renew()
    slow.fail({row.pk: "too late" for row in slow.rows})
    assert set(Score.objects.filter(metric=filters).values_list("value", "state")) == {(2.0, "done")}


def test_a_renewed_claim_is_not_taken_for_dead(filters):
    claim = take(filters, 10)
    Score.objects.filter(claim=claim.token).update(claimed_at=timezone.now() - timedelta(hours=1))
    claim.renew()
    assert work.recover() == 0


def test_released_rows_lose_no_attempt(filters):
    claim = take(filters, 10)
    claim.release()
    assert set(Score.objects.filter(metric=filters).values_list("state", "attempts")) == {("pending", 0)}


def test_the_claims_of_a_process_that_is_gone_are_freed_at_once(filters):
    claim = take(filters, 10)
    with subprocess.Popen(["sleep", "60"]) as process:
        token = f"{work._host()}.{process.pid}.{work._started(process.pid)}.0123"
        Score.objects.filter(claim=claim.token).update(claim=token)
        assert work.recover() == 0
        process.kill()
    assert work.recover() == 10


def test_claims_of_other_machines_wait_for_their_lease(filters):
    claim = take(filters, 10)
    Score.objects.filter(claim=claim.token).update(claim="elsewher.1.1.abcd")
    assert work.recover() == 0


def test_work_that_keeps_killing_its_worker_is_parked(filters):
    claim = take(filters, 10)
    old = timezone.now() - timedelta(hours=1)
    Score.objects.filter(claim=claim.token).update(claimed_at=old, attempts=3)
    work.recover()
    row = Score.objects.get(pk=claim.rows[0].pk)
    assert row.state == ScoreState.PARKED
    assert "memory" in row.error


def test_asking_again_makes_no_second_row(make_image):
    image = make_image()
    scores.request(image_ids=[image.pk])
    before = Score.objects.count()
    scores.request(image_ids=[image.pk])
    assert Score.objects.count() == before == len(metrics.METRICS) - 2
