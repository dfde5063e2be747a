"""A study's report, put together from the same results that its pages show."""

from collections.abc import Callable
from functools import partial

from django.utils import timezone

from annotations.models import Study
from arena.results.filters import Choices, Filters, choices
from arena.results.report import conduct, depth, repeat, scales, sections
from arena.results.report.document import Report, Section
from arena.results.software import version

# How many parts are made, of how many, and what is made next.
Progress = Callable[[int, int, str], None]
Step = tuple[str, Callable[[], Section | None]]


def build(study: Study, filters: Filters, progress: Progress = lambda *_: None) -> Report:
    """The filter holds for its own block; other blocks are shown as they usually are."""
    blocks = {block.key: choices(study, block.key) for block in study.blocks.all()}
    per_block = {key: filters if key == filters.block else offered.default for key, offered in blocks.items()}
    made = []
    steps = _steps(study, filters, per_block, blocks)
    for number, (name, section) in enumerate(steps):
        progress(number, len(steps), name)
        made.append(section())
    progress(len(steps), len(steps), "figures")
    now = timezone.now().isoformat(timespec="minutes")
    return Report(
        title=study.name,
        subtitle=f"Study {study.public_id}; design SHA-256 {study.design_hash or 'not frozen'}",
        made_at=f"{now} by Arena {version()}",
        sections=[section for section in made if section is not None],
    )


def _steps(
    study: Study, filters: Filters, per_block: dict[str, Filters], blocks: dict[str, Choices]
) -> list[Step]:
    """The sections in their order, by what is worked on."""
    return [
        ("answer", lambda: sections.answer(study, per_block)),
        ("verdict", lambda: sections.verdict(study, per_block)),
        ("design", lambda: conduct.design(study)),
        ("questions", lambda: conduct.asked(study)),
        ("generators and prompts", lambda: conduct.material(study)),
        ("amendments", lambda: sections.amendments(study)),
        ("raters", lambda: sections.who(study, filters)),
        *(
            ("results", partial(sections.results, study, offered, per_block[key]))
            for key, offered in blocks.items()
        ),
        ("common scale", lambda: scales.scales(study, per_block)),
        ("sensitivity", lambda: sections.exclusions(study, filters)),
        ("agreement", lambda: depth.agreed(study, per_block)),
        ("checks of the model", lambda: depth.model(study, filters)),
        ("metrics", lambda: depth.metrics(sections.metrics(study, filters), study, filters)),
        ("limits", lambda: sections.limits(study, per_block)),
        ("methods", lambda: sections.methods(study)),
        ("recount", lambda: repeat.repeat(study, filters)),
        ("look log", lambda: sections.look_log(study)),
    ]
