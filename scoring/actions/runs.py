"""What a worker does: claim a batch, compute, store; until nothing waits or its time is up."""

import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from annotations.actions import wake
from scoring import conf, engine
from scoring.actions import duplicates, metrics, niches, set_scores, work
from scoring.metrics.decode import Picture
from scoring.metrics.errors import PictureError
from scoring.metrics.filters import FilterLimits, Finding
from scoring.metrics.registry import METRICS, PictureFacts, PictureMetric, PromptMetric
from scoring.metrics.weights import Unavailable
from scoring.models import Metric, Score, SetScore

logger = logging.getLogger(__name__)
WAKE = "scoring.tasks.work"
BUDGET_S = 20.0


def drain(*, budget_s: float | None = BUDGET_S) -> int:
    """Work through what waits, cheap metrics first; returns the number of scores stored.

    When the time is up another worker is woken for the rest, so that imports and preparations get their turn.
    """
    deadline = None if budget_s is None else time.monotonic() + budget_s
    stored = 0
    for batch in _batches():
        stored += batch
        if deadline is not None and time.monotonic() > deadline:
            wake.send(WAKE)
            break
    niches.calibrate_waiting()
    return stored


def _batches() -> Iterator[int]:
    """One number of stored scores per batch. Active metrics are read again for each: they may change
    meanwhile."""
    while (rows := _active(PictureMetric)) and (claim := _claim(rows, conf.PICTURE_BATCH)):
        yield score_pictures(claim)
    for name in [name for name, definition in METRICS.items() if isinstance(definition, PromptMetric)]:
        while (row := Metric.objects.filter(name=name, active=True).first()) and (
            claim := _claim([row], conf.FEATURE_BATCH)
        ):
            yield score_prompts(claim, row)
    sets = [metric.pk for metric in Metric.objects.filter(active=True, kind="set")]
    while claim := work.claim(SetScore, metrics=sets, limit=1):
        yield set_scores.compute(claim)


def _active(kind: type) -> list[Metric]:
    names = [name for name, definition in METRICS.items() if isinstance(definition, kind)]
    return list(Metric.objects.filter(active=True, name__in=names))


def _claim(rows: list[Metric], limit: int) -> work.Claim | None:
    return work.claim(Score, metrics=[row.pk for row in rows], limit=limit)


def score_pictures(claim: work.Claim) -> int:
    """Filters and pixel statistics: each picture is decoded once for all its rows."""
    results: dict[int, Mapping[str, Any]] = {}
    errors: dict[int, str] = {}
    by_image: dict[int, list[Score]] = {}
    for row in claim.rows:
        by_image.setdefault(row.image_id, []).append(row)
    for rows in by_image.values():
        image = rows[0].image
        try:
            facts: PictureFacts | PictureError = _facts(
                engine.read_picture(engine.StoredFile(image.sha256, image.path))
            )
        except PictureError as error:
            facts = error
        except Exception as error:
            errors |= {row.pk: engine.words(error) for row in rows}
            continue
        for row in rows:
            try:
                results[row.pk] = _measure(row.metric.name, facts)
            except Exception as error:
                errors[row.pk] = engine.words(error)
    with transaction.atomic():
        stored = claim.finish(results)
        filters = [row for row in claim.rows if row.metric.name == "hard_filters" and row.pk in set(stored)]
        if filters:
            duplicates.flag(metric=filters[0].metric, score_ids=[row.pk for row in filters])
        claim.fail(errors)
    return len(stored)


def _facts(picture: Picture) -> PictureFacts:
    return PictureFacts(picture, FilterLimits())


def _measure(name: str, facts: PictureFacts | PictureError) -> Mapping[str, Any]:
    definition = METRICS[name]
    assert isinstance(definition, PictureMetric)
    if isinstance(facts, PictureError):
        # Not to be decoded is a finding of the filters; to every other metric it is an error.
        if name != "hard_filters" or "cannot be read" in str(facts):
            raise facts
        finding = Finding("decodes", facts.code, "decodes", str(facts))
        return {"value": 0.0, "detail": {"findings": [finding.as_dict()], "phash": ""}}
    measured = definition.measure(facts)
    return {"value": measured.value, "detail": measured.detail}


def score_prompts(claim: work.Claim, metric: Metric) -> int:
    """Pictures against their prompts, on features of one extractor."""
    definition = METRICS[metric.name]
    assert isinstance(definition, PromptMetric)
    try:
        network = engine.extractor(definition.extractor)
        if isinstance(network, Unavailable):
            _give_back(claim)
            return 0
        files = [engine.StoredFile(row.image.sha256, row.image.path) for row in claim.rows]
        pictures = engine.picture_features(network, files, still_ours=claim.renew)
        order = sorted(pictures.rows)
        results: dict[int, Mapping[str, Any]] = {}
        if order:
            texts = engine.text_features(network, [claim.rows[i].image.prompt.text for i in order])
            values = definition.measure(engine.stacked(pictures.rows, order), texts)
            detail = {"extractor": network.key}
            results = {
                claim.rows[i].pk: {"value": float(value), "detail": detail}
                for i, value in zip(order, values, strict=True)
            }
    except work.ClaimLost:
        logger.warning("a batch of %s was taken over by another worker", metric.name)
        return 0
    except Exception as error:
        logger.exception("a batch of %s failed", metric.name)
        claim.fail({row.pk: engine.words(error) for row in claim.rows})
        return 0
    stored = claim.finish(results)
    claim.fail({claim.rows[i].pk: error for i, error in pictures.errors.items()})
    return len(stored)


def _give_back(claim: work.Claim) -> None:
    """The weights went away: the rows wait, and `sync` says for what."""
    claim.release()
    metrics.sync()
