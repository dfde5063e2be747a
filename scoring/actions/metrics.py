"""Metric rows mirror the registry: one active row per name, a new row whenever version, extractor or
weights change."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from scoring import conf
from scoring.metrics.registry import METRICS, AnyMetric, PictureMetric, SetMetric
from scoring.metrics.weights import Unavailable, Weights
from scoring.models import Metric, MetricKind, Score, ScoreState, SetScore

UNFINISHED = (ScoreState.PENDING, ScoreState.CLAIMED, ScoreState.UNAVAILABLE, ScoreState.PARKED)


@dataclass(frozen=True)
class Synced:
    """`added` holds names whose images have no scores yet; `released` counts scores whose weights have
    come."""

    added: tuple[str, ...]
    released: int


def ensure() -> None:
    """Rows for all metrics, without looking at weights: cheap, and safe in a web process."""
    known = set(Metric.objects.filter(active=True).values_list("name", flat=True))
    if not known >= METRICS.keys():
        sync(look_at_weights=False)


def sync(*, look_at_weights: bool = True) -> Synced:
    """Bring the rows in line with registry, settings and the weights that lie on this machine.

    Only a worker looks at weights: it is the one that will use them, and a web server may be another machine.
    """
    # Before the transaction: a large file's checksum takes seconds, and on SQLite every voter would wait.
    located = {role: spec.locate() for role, spec in conf.extractors().items()} if look_at_weights else {}
    with transaction.atomic():
        return _sync(located, look_at_weights=look_at_weights)


def _sync(located: Mapping[str, Weights | Unavailable], *, look_at_weights: bool) -> Synced:
    active = {metric.name: metric for metric in Metric.objects.select_for_update().filter(active=True)}
    for name in active.keys() - METRICS.keys():
        _retire(active[name])
    added = []
    released = 0
    for definition in METRICS.values():
        row = active.get(definition.name)
        if row is not None and not look_at_weights:
            continue
        found = None if isinstance(definition, PictureMetric) else located.get(definition.extractor)
        sha256 = found.sha256 if isinstance(found, Weights) else ""
        if row is None or not _same(row, definition, sha256):
            if row is not None:
                _retire(row)
            row = _activate(definition, sha256)
            added.append(definition.name)
        if look_at_weights:
            released += _note_weights(row, found, sha256)
    return Synced(tuple(added), released)


def _same(row: Metric, definition: AnyMetric, sha256: str) -> bool:
    """Weights that are away for the moment, or come for the first time, do not make another metric."""
    return (
        row.version == definition.version
        and row.extractor == _extractor_name(definition)
        and (not row.weights_sha256 or not sha256 or row.weights_sha256 == sha256)
    )


def _activate(definition: AnyMetric, sha256: str) -> Metric:
    """The row of this very definition, an earlier one where there is one: going back finds the old scores."""
    row, _ = Metric.objects.update_or_create(
        name=definition.name,
        version=definition.version,
        extractor=_extractor_name(definition),
        weights_sha256=sha256,
        defaults={
            "kind": MetricKind.SET if isinstance(definition, SetMetric) else MetricKind.IMAGE,
            "label": definition.label,
            "note": definition.note,
            "higher_is_better": definition.higher_is_better,
            "active": True,
            **_origin(definition),
        },
    )
    return row


def _origin(definition: AnyMetric) -> dict[str, str]:
    if isinstance(definition, PictureMetric):
        return {}
    spec = conf.extractors()[definition.extractor]
    return {"weights_source": spec.weights_source, "licence": spec.licence}


def _extractor_name(definition: AnyMetric) -> str:
    return "" if isinstance(definition, PictureMetric) else conf.extractors()[definition.extractor].name


def _retire(row: Metric) -> None:
    """Done scores keep their meaning and stay; work that can no longer be done in this version goes."""
    row.active = False
    row.save(update_fields=["active"])
    row.scores.filter(state__in=UNFINISHED).delete()
    row.set_scores.filter(state__in=UNFINISHED).delete()


def _note_weights(row: Metric, found: Weights | Unavailable | None, sha256: str) -> int:
    reason, command = (found.reason, found.command) if isinstance(found, Unavailable) else ("", "")
    before = (row.weights_sha256, row.unavailable_reason, row.unavailable_command)
    row.weights_sha256 = row.weights_sha256 or sha256
    row.unavailable_reason, row.unavailable_command = reason, command
    if before != (row.weights_sha256, reason, command):
        row.save(update_fields=["weights_sha256", "unavailable_reason", "unavailable_command"])
    if reason:
        _change_state(row, ScoreState.PENDING, ScoreState.UNAVAILABLE, reason)
        return 0
    return _change_state(row, ScoreState.UNAVAILABLE, ScoreState.PENDING, "")


def _change_state(row: Metric, old: ScoreState, new: ScoreState, error: str) -> int:
    changed = 0
    for model in (Score, SetScore):
        waiting = model.objects.filter(metric=row, state=old)
        changed += waiting.update(state=new, error=error)
    return changed
