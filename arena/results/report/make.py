"""A report made by a worker: step by step, so that its page can show how far it is, into files of its own."""

import logging
import shutil

from django.template.loader import render_to_string

from annotations.actions import report_jobs
from annotations.actions.report_jobs import Claim, Stopped
from annotations.errors import ArenaError
from annotations.models import ReportJob
from arena.results import columns
from arena.results.charts import Chart
from arena.results.filters import Filters, choices, from_query
from arena.results.looking import one_look
from arena.results.report import html, kept, markdown, pdf
from arena.results.report.build import build
from arena.results.report.document import Figure, Report
from arena.results.report.figures import svg

logger = logging.getLogger(__name__)
# Sections whose text the page itself shows, beside the titles of all.
SHOWN = 2


def run(*, job: ReportJob) -> None:
    """Make it, if no other worker does. Safe to call again after any kind of death."""
    if not report_jobs.claim(job=job):
        return
    claim = Claim(job)
    try:
        with one_look():
            basis, votes = _written(job, claim)
        claim.finish(basis=basis, votes=votes)
        return
    except Stopped:
        logger.info("report %s was cancelled, erased or taken over", job.public_id)
    except ArenaError as error:
        claim.give_up(error, again=False)
    except Exception as error:
        logger.exception("report %s failed in attempt %d", job.public_id, job.attempts)
        claim.give_up(error)
    shutil.rmtree(report_jobs.folder(job), ignore_errors=True)


def _written(job: ReportJob, claim: Claim) -> tuple[str, int]:
    """All formats from one look and one drawing of each figure; what they were made from."""
    study, filters = job.study, _filters(job)
    basis = kept.basis(study)
    steps = _Steps(claim)
    report = build(study, filters, steps.section)
    figures = [part.chart for own in report.sections for part in own.parts if isinstance(part, Figure)]
    steps.total += len(figures)
    drawn = {}
    for chart in figures:
        steps.next("figures")
        drawn[id(chart)] = svg(chart)

    def draw(chart: Chart) -> str:
        return drawn[id(chart)]

    files = {
        "html": lambda: html.render(report, draw).encode(),
        "md": lambda: markdown.render(report).encode(),
        "pdf": lambda: pdf.render(report, draw),
        kept.CONTENTS: lambda: _contents(report).encode(),
    }
    report_jobs.folder(job).mkdir(parents=True, exist_ok=True)
    for name, rendered in files.items():
        steps.next("contents" if name == kept.CONTENTS else name.upper())
        kept.file(job, name).write_bytes(rendered())
    return basis, int(columns.of(study).ids.size)


class _Steps:
    """Sections, then figures, then files, for the bar. How many figures there are is known only after
    the sections: the bar's end moves once, its own place never backwards."""

    def __init__(self, claim: Claim) -> None:
        self.claim, self.done, self.total = claim, 0, 0

    def section(self, done: int, total: int, doing: str) -> None:
        self.done, self.total = done, total + len(kept.FORMATS) + 1
        self.claim.step(done, self.total, doing)

    def next(self, doing: str) -> None:
        self.claim.step(self.done, self.total, doing)
        self.done += 1


def _filters(job: ReportJob) -> Filters:
    """As it was asked for; refused where the study does not offer it any more."""
    return from_query(job.asked, choices(job.study, job.asked["block"]))


def _contents(report: Report) -> str:
    return render_to_string(
        "results/_report_contents.html", {"report": report, "shown": report.sections[:SHOWN]}
    )
