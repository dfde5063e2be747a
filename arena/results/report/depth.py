"""Sections on how far results carry: agreement, the model, and metrics in depth."""

from dataclasses import replace

from annotations.models import Study
from arena.analytics.result import Undefined
from arena.results import charts, machines
from arena.results.agreement import PARTS, agreement, panels
from arena.results.agreement_words import (
    brief_table,
    differing_table,
    measures_table,
    panel_words,
    parts_table,
)
from arena.results.filters import Filters, choices
from arena.results.metric_checks import MetricChecks, metric_checks
from arena.results.metric_words import categories_table, pair_words, partial_table, selection_words
from arena.results.model_checks import model_checks
from arena.results.model_words import said, style_table, style_words
from arena.results.report.document import Section
from arena.results.selection import select
from arena.results.tables import Table

# A failure review has a part for each failure: one line each then.
MANY_PARTS = 4
DIFFERING = 10


def agreed(study: Study, per_block: dict[str, Filters]) -> Section:
    """Every measure of agreement, per block, within parts, and between panels."""
    section = Section("Agreement")
    section.say("Intervals by drawing items again; raters stay the same.")
    for filters in per_block.values():
        found = agreement(study, filters).parts
        if len(found) > MANY_PARTS:
            section.table(brief_table(found))
        for part in found if len(found) <= MANY_PARTS else []:
            section.table(measures_table(part))
            for column in PARTS:
                section.table(parts_table(part, column))
        for compared in panels(study, filters):
            section.say(f"{compared.first} against {compared.second}", "lead")
            section.list(panel_words(compared))
            section.table(_first(differing_table(compared)))
    if len(section.parts) == 1:
        section.say("No answers were counted.")
    return section


def _first(made: Table | None) -> Table | None:
    """The page lists more of them."""
    if made is None or len(made.rows) <= DIFFERING:
        return made
    return replace(made, caption=f"{made.caption}; the first {DIFFERING}", rows=made.rows[:DIFFERING])


def model(study: Study, filters: Filters) -> Section | None:
    """Only pairs have a model to check here."""
    if not choices(study, filters.block).is_pairwise:
        return None
    section = Section("Checks of the ranking model")
    found = model_checks(study, filters)
    section.list(said(found))
    section.list([("Style", line) for line in style_words(found.style)])
    section.table(style_table(found.style))
    return section


def metrics(section: Section, study: Study, filters: Filters) -> Section:
    """What each metric is worth beyond plain accuracy, after the section's own lines."""
    offered = [m for m in machines.image_metrics(study) if m.higher_is_better is not None]
    deep: list[MetricChecks] = []
    if not select(study, filters).counts.votes:
        return section
    for metric in offered:
        found = metric_checks(study, metric, offered, filters)
        # A metric that is the same for all pictures has no depth.
        if isinstance(found.pairs, Undefined) or isinstance(found.pairs.curve, Undefined):
            continue
        section.say(f"{metric.label}, in depth", "lead")
        section.list([*pair_words(found.pairs), ("Best of N", selection_words(found.selection))])
        section.table(categories_table(found))
        if not isinstance(found.selection, Undefined):
            section.chart(charts.selector(found.selection, metric.label, f"selector-{metric.pk}"))
        deep.append(found)
    if deep:
        section.table(partial_table(deep[-1], offered))
    return section
