"""Which report was made of a study under a filter, and whether the study is still what it was then."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from django.db.models import Count, Max

from annotations.actions import looks, report_jobs
from annotations.models import AuditEvent, Criterion, ReportJob, ReportJobState, Study
from arena.results import columns, skips
from arena.results.filters import Filters
from arena.results.software import version
from scoring.models import Metric, Score, SetScore
from scoring.selectors import niches

# The contents as the page shows them, and what people download.
CONTENTS = "contents.html"
FORMATS = ("html", "pdf", "md")


def key_of(filters: Filters) -> str:
    return _digest(asdict(filters))


def basis(study: Study) -> str:
    """Tells one state of all that a report says from another, in any process. Looks change nothing but their
    own log: a report does not grow old by being read."""
    mark = columns.mark_of(study)
    events = AuditEvent.objects.filter(study=study).exclude(verb=looks.VERB)
    scores = Score.objects.filter(image__study=study)
    sets = SetScore.objects.filter(study=study)
    newest = {"n": Count("id"), "last": Max("id"), "at": Max("computed_at")}
    return _digest(
        [
            version(),
            *(study.name, study.state, study.design_hash, study.rules, study.closed_at),
            *(mark.voted, mark.last_id, mark.retracted, mark.retracted_at),
            skips.mark_of(study),
            events.aggregate(last=Max("sequence")),
            scores.aggregate(**newest),
            sets.aggregate(**newest),
            # Going back to weights that were used before brings their old scores back.
            list(Metric.objects.order_by("id").values("id", "active", "version", "label", "note")),
            *((niche.pk, niche.checksum) if (niche := niches.attached(study)) else ()),
            list(study.blocks.values()),
            list(study.panels.order_by("id").values()),
            list(Criterion.objects.filter(block__study=study).order_by("id").values()),
            study.raters.aggregate(n=Count("id"), last=Max("id")),
        ]
    )


def newest(study: Study, filters: Filters) -> ReportJob | None:
    """The last one asked for under the filter, whatever became of it."""
    return study.report_jobs.filter(asked_key=key_of(filters)).first()


def made(study: Study, filters: Filters) -> ReportJob | None:
    """The last one that was finished and whose files are there."""
    job = study.report_jobs.filter(asked_key=key_of(filters), state=ReportJobState.DONE).first()
    return job if job and file(job, CONTENTS).exists() else None


def standing_votes(study: Study) -> int:
    return study.votes.filter(retracted_at__isnull=True).count()


def file(job: ReportJob, name: str) -> Path:
    return report_jobs.folder(job) / (name if name == CONTENTS else f"report.{name}")


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
