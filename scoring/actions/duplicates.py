"""Copies within a study: judged when hard filters are stored, in both directions, so that the verdict does
not depend on the order in which workers finish. The later image of a pair is the copy."""

from collections.abc import Sequence
from typing import Any

from scoring.metrics.filters import FilterLimits, Finding, near_duplicates
from scoring.models import Metric, Score, ScoreState

LIMITS = FilterLimits()


def flag(*, metric: Metric, score_ids: Sequence[int]) -> None:
    """Add findings to these scores, just stored, and to earlier ones that turn out to be their copies.

    Runs inside the transaction that stores the scores, under the metric's row lock: of two workers that
    finish at once, the second sees what the first has stored.
    """
    Metric.objects.select_for_update().get(pk=metric.pk)
    fresh = list(Score.objects.filter(pk__in=score_ids).select_related("image"))
    for study_id in {score.image.study_id for score in fresh}:
        done = list(
            Score.objects.filter(metric=metric, image__study=study_id, state=ScoreState.DONE).select_related(
                "image"
            )
        )
        changed = _exact(fresh, done, study_id) | _near(fresh, done, study_id)
        Score.objects.bulk_update(changed, ["value", "detail"], 200)


def _exact(fresh: Sequence[Score], done: Sequence[Score], study_id: int) -> set[Score]:
    by_content: dict[str, list[Score]] = {}
    for score in done:
        by_content.setdefault(score.image.sha256, []).append(score)
    touched = {score.image.sha256 for score in fresh if score.image.study_id == study_id}
    changed = set()
    for content in touched:
        first, *copies = sorted(by_content[content], key=lambda score: score.image_id)
        changed |= {copy for copy in copies if _add(copy, first, "exact_duplicate", 0)}
    return changed


def _near(fresh: Sequence[Score], done: Sequence[Score], study_id: int) -> set[Score]:
    changed = set()
    generators = {score.image.generator_id for score in fresh if score.image.study_id == study_id}
    new = {score.pk for score in fresh}
    for generator in generators:
        hashed = [s for s in done if s.image.generator_id == generator and s.detail.get("phash")]
        mine = [score for score in hashed if score.pk in new]
        pairs = near_duplicates(
            [score.detail["phash"] for score in mine],
            [score.detail["phash"] for score in hashed],
            bits=LIMITS.duplicate_bits,
        )
        for i, j, bits in pairs:
            first, copy = sorted((mine[i], hashed[j]), key=lambda score: score.image_id)
            if first.image.sha256 != copy.image.sha256 and _add(copy, first, "near_duplicate", bits):
                changed.add(copy)
    return changed


def _add(copy: Score, original: Score, rule: str, bits: int) -> bool:
    """One finding per rule: the first image that it copies."""
    findings: list[dict[str, Any]] = copy.detail.setdefault("findings", [])
    known = next((finding for finding in findings if finding["rule"] == rule), None)
    if known is not None:
        if known.get("image_id", 0) <= original.image_id:
            return False
        findings.remove(known)
    what = "the same file as" if rule == "exact_duplicate" else f"within {bits} of 64 hash bits of"
    finding = Finding(rule, bits, LIMITS.duplicate_bits, f"{what} image {original.image.public_id}")
    findings.append({**finding.as_dict(), "image": original.image.public_id, "image_id": original.image_id})
    copy.value = 0.0
    return True
