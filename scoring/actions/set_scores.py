"""Set scores: a distribution metric on one generator's images of a study, against a reference set, when
asked."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from threadpoolctl import threadpool_limits

from annotations.actions import wake
from annotations.models import Generator, Image, Study
from scoring import engine
from scoring.actions import metrics, work
from scoring.errors import ScoringRefused
from scoring.metrics.errors import MetricError
from scoring.metrics.registry import METRICS, SetMetric
from scoring.metrics.weights import Unavailable
from scoring.models import Metric, MetricKind, ReferenceSet, ScoreState, SetScore

logger = logging.getLogger(__name__)
WAKE = "scoring.tasks.work"


def request(
    *,
    study: Study,
    reference_set: ReferenceSet,
    generators: Sequence[Generator] | None = None,
    metric_names: Sequence[str] | None = None,
) -> list[SetScore]:
    """Ask for set scores of a study's generators. What is asked for already, on the same pictures, is not
    repeated."""
    metrics.ensure()
    wanted = Metric.objects.filter(active=True, kind=MetricKind.SET)
    if metric_names is not None:
        wanted = wanted.filter(name__in=metric_names)
    wanted = list(wanted)
    if not wanted:
        raise ScoringRefused(
            "There is no such set metric.", mend="Choose one of the set metrics on the scoring page."
        )
    chosen = list(Generator.objects.filter(images__study=study).distinct())
    if generators is not None:
        chosen = [generator for generator in chosen if generator in set(generators)]
    if not chosen:
        raise ScoringRefused(
            f"“{study.name}” has no images of these generators.", mend="Import images into the study first."
        )
    if not reference_set.content_hash:
        raise ScoringRefused(
            f"The reference set “{reference_set.name}” has no pictures.", mend="Import its pictures first."
        )
    with transaction.atomic():
        rows = [_row(study, generator, metric, reference_set) for generator in chosen for metric in wanted]
        transaction.on_commit(lambda: wake.send(WAKE))
    return rows


def _row(study: Study, generator: Generator, metric: Metric, reference_set: ReferenceSet) -> SetScore:
    contents = Image.objects.filter(study=study, generator=generator).values_list("sha256", flat=True)
    found, _ = SetScore.objects.get_or_create(
        study=study,
        generator=generator,
        metric=metric,
        reference_set=reference_set,
        content_hash=content_hash([*contents, reference_set.content_hash]),
        defaults={
            "state": ScoreState.UNAVAILABLE if metric.unavailable_reason else ScoreState.PENDING,
            "error": metric.unavailable_reason,
            "n": len(contents),
        },
    )
    return found


def content_hash(contents: Iterable[str]) -> str:
    """One hash over many, whatever their order; repeated pictures count."""
    return hashlib.sha256("\n".join(sorted(contents)).encode()).hexdigest()


def retry(*, set_score_id: int | None = None) -> int:
    with transaction.atomic():
        changed = work.retry(SetScore, keys=None if set_score_id is None else [set_score_id])
        transaction.on_commit(lambda: wake.send(WAKE))
    return changed


def compute(claim: work.Claim) -> int:
    """Compute one claimed set score; returns how many were stored."""
    (row,) = claim.rows
    definition = METRICS[row.metric.name]
    assert isinstance(definition, SetMetric)
    try:
        network = engine.extractor(definition.extractor)
        if isinstance(network, Unavailable):
            claim.release()
            metrics.sync()
            return 0
        images = Image.objects.filter(study=row.study, generator=row.generator).order_by("id")
        own = _features(network, images.values_list("sha256", "path"), claim)
        reference = _features(network, row.reference_set.pictures.values_list("sha256", "path"), claim)
        # BLAS threads beyond this process's share of the cores wait for each other: twenty times slower
        # when busy.
        with threadpool_limits(engine.threads(), user_api="blas"):
            result = definition.measure(own, reference)
    except work.ClaimLost:
        logger.warning("set score %s was taken over by another worker", row.public_id)
        return 0
    except Exception as error:
        if not isinstance(error, MetricError):
            logger.exception("set score %s failed", row.public_id)
        claim.fail({row.pk: engine.words(error)})
        return 0
    stored = claim.finish(
        {
            row.pk: {
                "value": result.value,
                "low": result.low,
                "high": result.high,
                "n": result.n,
                "warning": "\n".join(result.warnings),
                "detail": {
                    "extractor": network.key,
                    "method": result.method,
                    "n_reference": result.n_reference,
                },
            }
        }
    )
    return len(stored)


def _features(network: Any, files: Iterable[tuple[str, str]], claim: work.Claim) -> Any:
    """All or none: a set score on fewer pictures than it names would be another number."""
    stored = [engine.StoredFile(*file) for file in files]
    found = engine.picture_features(network, stored, still_ours=claim.renew)
    if found.errors:
        index, error = next(iter(found.errors.items()))
        raise MetricError(
            f"{len(found.errors)} of {len(stored)} pictures cannot be read; picture {index + 1}: {error}"
        )
    if not stored:
        raise MetricError("there are no pictures")
    return engine.stacked(found.rows, range(len(stored)))
