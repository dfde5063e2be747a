"""Sections on how far results carry: agreement, the model, and metrics in depth."""

from annotations.models import Study
from arena.analytics.result import Undefined
from arena.results import charts, machines
from arena.results.agreement import PARTS, agreement, panels
from arena.results.agreement_words import differing_table, measures_table, panel_words, parts_table
from arena.results.filters import Filters, choices
from arena.results.metric_checks import metric_checks
from arena.results.metric_words import categories_table, pair_words, partial_table, selection_words
from arena.results.model_checks import model_checks
from arena.results.model_words import said, style_table, style_words
from arena.results.report.document import Section


def agreed(study: Study, per_block: dict[str, Filters]) -> Section:
    """Every measure of agreement, per block, within parts, and between panels."""
    section = Section("Agreement")
    section.say("Intervals by drawing items again; raters stay the same.")
    for filters in per_block.values():
        for part in agreement(study, filters).parts:
            section.table(measures_table(part))
            for column in PARTS:
                section.table(parts_table(part, column))
        for compared in panels(study, filters):
            section.say(f"{compared.first} against {compared.second}", "lead")
            section.list(panel_words(compared))
            section.table(differing_table(compared))
    if len(section.parts) == 1:
        section.say("No answers were counted.")
    return section


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
    for metric in offered:
        found = metric_checks(study, metric, offered, filters)
        if not found.counts.votes:
            continue
        section.say(f"{metric.label}, in depth", "lead")
        section.list([*pair_words(found.pairs), ("Best of N", selection_words(found.selection))])
        section.table(categories_table(found))
        if not isinstance(found.selection, Undefined):
            section.chart(charts.selector(found.selection, metric.label, f"selector-{metric.pk}"))
        if metric is offered[-1]:
            section.table(partial_table(found, offered))
    return section
