"""Copies within a study: judged when hard filters are stored, in both directions, so that the verdict does
not depend on the order in which workers finish. The later image of a pair is the copy."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models.fields.json import KT

from scoring.metrics.filters import FilterLimits, Finding, near_duplicates
from scoring.models import Metric, Score, ScoreState

LIMITS = FilterLimits()


class Seen(NamedTuple):
    """What tells copies, of one scored image; a few plain columns, since a study may have 100,000."""

    score: int
    image: int
    public_id: str
    generator: int
    sha256: str
    phash: str | None


class Pair(NamedTuple):
    copy: Seen
    original: Seen
    rule: str
    bits: int


def flag(*, metric: Metric, score_ids: Sequence[int]) -> None:
    """Add findings to these scores, just stored, and to earlier ones that turn out to be their copies.

    Runs inside the transaction that stores the scores, under the metric's row lock: of two workers that
    finish at once, the second sees what the first has stored.
    """
    Metric.objects.select_for_update().get(pk=metric.pk)
    new = set(score_ids)
    studies = Score.objects.filter(pk__in=new).order_by().values_list("image__study", flat=True).distinct()
    pairs: list[Pair] = []
    for study in studies:
        seen = _seen(metric, study)
        pairs += [*_exact(seen, new), *_near(seen, new)]
    rows = Score.objects.in_bulk([pair.copy.score for pair in pairs])
    changed = {pair.copy.score for pair in pairs if _add(rows[pair.copy.score], pair)}
    Score.objects.bulk_update([rows[pk] for pk in changed], ["value", "detail"], 200)


def _seen(metric: Metric, study: int) -> list[Seen]:
    done = Score.objects.filter(metric=metric, image__study=study, state=ScoreState.DONE)
    columns = ("pk", "image_id", "image__public_id", "image__generator_id", "image__sha256")
    return [Seen(*row) for row in done.order_by("image_id").values_list(*columns, KT("detail__phash"))]


def _exact(seen: Sequence[Seen], new: set[int]) -> Iterator[Pair]:
    """Each later image with the content of the first, where anything about that content is new."""
    touched = {one.sha256 for one in seen if one.score in new}
    first: dict[str, Seen] = {}
    for one in seen:
        if one.sha256 in touched and one is not (original := first.setdefault(one.sha256, one)):
            yield Pair(one, original, "exact_duplicate", 0)


def _near(seen: Sequence[Seen], new: set[int]) -> Iterator[Pair]:
    for generator in {one.generator for one in seen if one.score in new}:
        hashed = [one for one in seen if one.generator == generator and one.phash]
        mine = [one for one in hashed if one.score in new]
        found = near_duplicates(
            [str(one.phash) for one in mine], [str(one.phash) for one in hashed], bits=LIMITS.duplicate_bits
        )
        for i, j, bits in found:
            original, copy = sorted((mine[i], hashed[j]), key=lambda one: one.image)
            if original.sha256 != copy.sha256:
                yield Pair(copy, original, "near_duplicate", bits)


def _add(row: Score, pair: Pair) -> bool:
    """One finding per rule: the first image that it copies."""
    findings: list[dict[str, Any]] = row.detail.setdefault("findings", [])
    known = next((finding for finding in findings if finding["rule"] == pair.rule), None)
    if known is not None:
        if known["image_id"] <= pair.original.image:
            return False
        findings.remove(known)
    exact = pair.rule == "exact_duplicate"
    what = "the same file as" if exact else f"within {pair.bits} of 64 hash bits of"
    text = f"{what} image {pair.original.public_id}"
    finding = Finding(pair.rule, pair.bits, 0 if exact else LIMITS.duplicate_bits, text)
    findings.append({**finding.as_dict(), "image": pair.original.public_id, "image_id": pair.original.image})
    row.value = 0.0
    return True
