"""Odd visits, flagged for people to look at. No flag blocks anybody or touches a vote."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from annotations.models import Anomaly, NetworkTrace, Rater, Study, Vote

HONEYPOT, MANY_SESSIONS, SEVERAL_RATERS = "honeypot", "many_sessions", "several_raters"
SPEED, RATE_LIMIT, VERIFICATION = "impossible_speed", "rate_limit", "verification_failed"
# Nobody looks at two pictures and answers within this time, time after time.
TOO_FAST_MS = 300
FAST_SHARE = 0.2
FEWEST_VOTES = 10


def flag(*, study: Study, rater: Rater | None, kind: str, evidence: Mapping[str, Any]) -> Anomaly:
    """One row per rater and kind; what happens again is counted, with the latest evidence."""
    mine = Anomaly.objects.filter(study=study, rater=rater, kind=kind)
    if rater is None and "day" in evidence:
        mine = mine.filter(evidence__day=evidence["day"])
    known = mine.first()
    if known is None:
        return Anomaly.objects.create(study=study, rater=rater, kind=kind, evidence=dict(evidence))
    mine.filter(pk=known.pk).update(count=F("count") + 1, evidence=dict(evidence), last_at=timezone.now())
    known.refresh_from_db()
    return known


def look_at_speed(rater: Rater) -> None:
    """At the end of a visit: how many answers came faster than anybody can look."""
    times = list(
        Vote.objects.filter(rater=rater, retracted_at=None, answer_ms__isnull=False).values_list(
            "answer_ms", flat=True
        )
    )
    fast = sum(time < TOO_FAST_MS for time in times)
    if len(times) >= FEWEST_VOTES and fast / len(times) > FAST_SHARE:
        evidence = {"votes": len(times), "faster_than_300_ms": fast}
        flag(study=rater.study, rater=rater, kind=SPEED, evidence=evidence)


def look_at_network(rater: Rater, trace: NetworkTrace) -> None:
    """Many sessions of one network within an hour: a class room, or one person many times over."""
    since = timezone.now() - timedelta(hours=1)
    same = NetworkTrace.objects.filter(
        day=trace.day,
        network_hash=trace.network_hash,
        rater__study=rater.study_id,
        rater__created_at__gte=since,
    )
    if settings.SESSIONS_FLAGGED and (count := same.count()) > settings.SESSIONS_FLAGGED:
        # Without the hash: this row outlives it.
        evidence = {"day": trace.day.isoformat(), "sessions_within_an_hour": count}
        flag(study=rater.study, rater=None, kind=MANY_SESSIONS, evidence=evidence)
