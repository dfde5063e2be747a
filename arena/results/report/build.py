"""A study's report, put together from the same results that its pages show."""

from django.utils import timezone

from annotations.models import Study
from arena.results.filters import Filters, choices
from arena.results.report import conduct, depth, repeat, scales, sections
from arena.results.report.document import Report
from arena.results.software import version


def build(study: Study, filters: Filters) -> Report:
    """The filter holds for its own block; other blocks are shown as they usually are."""
    per_block = {
        block.key: filters if block.key == filters.block else choices(study, block.key).default
        for block in study.blocks.all()
    }
    made = [
        sections.answer(study, per_block),
        sections.verdict(study, per_block),
        conduct.design(study),
        *filter(None, [conduct.asked(study)]),
        conduct.material(study),
        sections.amendments(study),
        sections.who(study, filters),
        *(sections.results(study, choices(study, key), own) for key, own in per_block.items()),
        *filter(None, [scales.scales(study, per_block)]),
        sections.exclusions(study, filters),
        depth.agreed(study, per_block),
        *filter(None, [depth.model(study, filters)]),
        depth.metrics(sections.metrics(study, filters), study, filters),
        sections.limits(study, per_block),
        sections.methods(study),
        repeat.repeat(study, filters),
        sections.look_log(study),
    ]
    now = timezone.now().isoformat(timespec="minutes")
    return Report(
        title=study.name,
        subtitle=f"Study {study.public_id}; design SHA-256 {study.design_hash or 'not frozen'}",
        made_at=f"{now} by Arena {version()}",
        sections=made,
    )
