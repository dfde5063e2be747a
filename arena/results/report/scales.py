"""Section on rankings that use more of the answers: severity of raters, grades, all blocks on one scale."""

from annotations.models import Block, Protocol, Study
from arena.analytics.result import Undefined
from arena.results.filters import Filters
from arena.results.report.document import Section
from arena.results.scale_words import (
    agreement_words,
    blocks_table,
    points_table,
    severity_tables,
    severity_words,
    slopes_table,
)
from arena.results.scales import by_severity, graded, joint, joint_blocks


def scales(study: Study, per_block: dict[str, Filters]) -> Section | None:
    """Nothing where there are only plain pairs, choices or failures in a single block."""
    section = Section("With more of the answers")
    for block in study.blocks.all():
        _block(section, study, block, per_block[block.key])
    if len(joint_blocks(study)) > 1:
        _joint(section, study, per_block[study.block.key])
    return section if section.parts else None


def _block(section: Section, study: Study, block: Block, filters: Filters) -> None:
    if block.protocol == Protocol.LIKERT:
        found = by_severity(study, filters)
        section.say(f"{block}: some raters are stricter than others; with that taken out", "lead")
        section.list(severity_words(found))
        for made in severity_tables(found):
            section.table(made)
    ranked = graded(study, filters)
    if ranked is not None:
        section.say(f"{block}: ranked by how clearly one was preferred", "lead")
        for warning in ranked.warnings:
            section.say(warning, "warning")
        caption = f"Points by a cumulative link model; {ranked.method}; intervals: {ranked.interval_method}"
        section.table(points_table(caption, ranked))


def _joint(section: Section, study: Study, filters: Filters) -> None:
    section.say("All blocks on one scale", "lead")
    found = joint(study, filters)
    if isinstance(found, Undefined):
        section.say(found.reason)
        return
    for warning in found.ranking.warnings:
        section.say(warning, "warning")
    section.table(
        points_table(
            f"Points on one scale; intervals: {found.ranking.interval_method}", found.ranking, "Answers"
        )
    )
    section.list([("Do the blocks say the same?", agreement_words(found))])
    section.table(slopes_table(found))
    section.table(blocks_table(found))
