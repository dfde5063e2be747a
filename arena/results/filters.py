"""What part of a study's votes a page looks at: it lives in the address and is printed with every answer."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from urllib.parse import urlencode

from annotations.errors import ArenaError
from annotations.models import Block, Panel, PanelKind, Prompt, Protocol, Study
from arena.results import columns
from arena.results.labels import (
    CHOICE_METHOD_LABELS,
    EXCLUSION_LABELS,
    GRADED_METHOD_LABELS,
    METHOD_LABELS,
    ON,
    SIMULATED_LABELS,
)
from arena.results.looking import once

CHOSEN = (Protocol.BEST_OF_N, Protocol.RANKING)


class FilterRefused(ArenaError):
    code = "bad_filter"
    status = 400


@dataclass(frozen=True)
class Filters:
    """`block` is a key; `panel` a public id, or nothing for all people: judges are never pooled with them.
    `simulated` is with, without or only; `exclusions` on leaves the excluded out, rules leaves out only those
    whom a declared rule hits, manual only those whom an analyst excluded. `since` and `until` are days (UTC,
    both inside), `baseline` the generator at 1,000 points that others are held against."""

    block: str = "main"
    category: str = ""
    panel: str = ""
    criterion: str = ""
    simulated: str = "without"
    exclusions: str = ON
    since: str = ""
    until: str = ""
    method: str = "davidson"
    baseline: str = ""


@dataclass(frozen=True)
class Choices:
    """What a study offers to filter by within one of its blocks; pairs of value and label."""

    block: Block
    blocks: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    panels: list[tuple[str, str]]
    criteria: list[tuple[str, str]]
    has_judges: bool
    has_people_panels: bool
    has_simulated: bool
    has_people: bool
    default: Filters

    @property
    def methods(self) -> list[tuple[str, str]]:
        if self.is_choice:
            return list(CHOICE_METHOD_LABELS.items())
        graded = GRADED_METHOD_LABELS if self.block.graded else {}
        return list((METHOD_LABELS | graded).items())

    def query(self, filters: Filters) -> str:
        """As an address query, holding only what differs from the defaults."""
        changed = {"block": filters.block} if filters.block != self.blocks[0][0] else {}
        changed |= {
            field.name: getattr(filters, field.name)
            for field in fields(filters)
            if getattr(filters, field.name) != getattr(self.default, field.name)
        }
        return f"?{urlencode(changed)}" if changed else ""

    @property
    def protocol(self) -> str:
        return self.block.protocol

    @property
    def is_pairwise(self) -> bool:
        return self.protocol == Protocol.PAIRWISE

    @property
    def is_ranked(self) -> bool:
        return self.is_pairwise or self.is_choice

    @property
    def panel_options(self) -> list[tuple[str, str]]:
        """All people together is the usual view; judges are looked at alone."""
        everyone = [("", "All people" if self.has_judges else "All panels")] if self.has_people_panels else []
        return [*everyone, *self.panels]

    @property
    def generators(self) -> list[str]:
        return columns.generator_names(self.block)

    @property
    def is_choice(self) -> bool:
        return self.protocol in CHOSEN

    @property
    def simulated(self) -> list[tuple[str, str]]:
        return list(SIMULATED_LABELS.items())

    def allowed(self, name: str) -> list[str]:
        lists = {
            "block": [value for value, _ in self.blocks],
            "category": ["", *(value for value, _ in self.categories)],
            "panel": ["", *(value for value, _ in self.panels)],
            "criterion": [value for value, _ in self.criteria],
            "simulated": list(SIMULATED_LABELS),
            "exclusions": list(EXCLUSION_LABELS),
            "method": [value for value, _ in self.methods],
        }
        return ["", *self.generators] if name == "baseline" else lists[name]


def choices(study: Study, block: str = "") -> Choices:
    """Simulated votes count by default in a demo or where nobody else voted; else only when asked for."""
    return once(f"choices of {block}", study, lambda study: _choices(study, block))


def _choices(study: Study, block: str) -> Choices:
    blocks = list(study.blocks.all())
    chosen = next((known for known in blocks if known.key == block), blocks[0])
    categories = (
        Prompt.objects.filter(study=study).order_by("category").values_list("category", flat=True).distinct()
    )
    criteria = [(criterion.key, criterion.label) for criterion in chosen.criteria.all()]
    voted = study.raters.filter(voted__gt=0)
    simulated = voted.filter(simulated=True).exists()
    people = voted.filter(simulated=False).exists()
    with_simulated = simulated and (study.is_demo or not people)
    # Where there are judges alone, nobody is pooled with them.
    kinds = set(study.panels.values_list("kind", flat=True))
    only_judges = kinds == {PanelKind.JUDGE}
    return Choices(
        block=chosen,
        blocks=[(known.key, str(known)) for known in blocks],
        categories=[(name, name) for name in categories],
        panels=list(Panel.objects.filter(study=study).values_list("public_id", "name")),
        # Ratings show all criteria beside each other, so there is nothing to choose.
        criteria=(criteria if chosen.protocol == Protocol.PAIRWISE else criteria[:1])
        or [("overall", "Overall")],
        has_judges=PanelKind.JUDGE in kinds,
        has_people_panels=not only_judges,
        has_simulated=simulated,
        has_people=people,
        default=Filters(
            block=chosen.key,
            panel=study.panels.all()[0].public_id if only_judges else "",
            criterion=criteria[0][0] if criteria else "overall",
            method="plackett_luce" if chosen.protocol in CHOSEN else "davidson",
            simulated="with" if with_simulated else "without",
        ),
    )


def asked(query: Mapping[str, str], study: Study) -> tuple[Choices, Filters]:
    """The filter an address asks for, and what the study offers in that block."""
    offered = choices(study, query.get("block", ""))
    return offered, from_query(query, offered)


def block_of(study: Study, filters: Filters) -> Block:
    return next(block for block in study.blocks.all() if block.key == filters.block)


def from_query(query: Mapping[str, str], offered: Choices) -> Filters:
    """The filter an address asks for. A value that the study does not have is refused, never ignored."""
    given = {}
    for field in fields(Filters):
        value = query.get(field.name)
        # An empty field of the form means "all" where there is such a thing, and "as usual" elsewhere.
        if value is None or (value == "" and field.name not in ("category", "panel")):
            continue
        if field.name in ("since", "until"):
            given[field.name] = day(field.name, value)
            continue
        allowed = offered.allowed(field.name)
        if value not in allowed:
            known = ", ".join(filter(None, allowed[:12])) or "none"
            raise FilterRefused(
                f"This study has no {field.name} “{value[:60]}”.", mend=f"Choose one of: {known}."
            )
        given[field.name] = value
    return replace(offered.default, **given)


def day(name: str, value: str) -> str:
    if not value:
        return ""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise FilterRefused(
            f"“{value[:60]}” is not a day ({name}).", mend="Write days as in 2026-03-31."
        ) from None


def words(filters: Filters, offered: Choices) -> list[str]:
    """The filter in words, for pages and exports."""
    said = []
    if len(offered.blocks) > 1:
        said.append(f"block {dict(offered.blocks)[filters.block]}")
    if filters.category:
        said.append(f"category {filters.category}")
    if filters.panel:
        said.append(f"panel {dict(offered.panels)[filters.panel]}")
    if len(offered.criteria) > 1:
        said.append(f"criterion {dict(offered.criteria)[filters.criterion]}")
    if offered.has_simulated:
        said.append(SIMULATED_LABELS[filters.simulated].lower())
    if filters.exclusions != ON:
        said.append(EXCLUSION_LABELS[filters.exclusions].lower())
    if filters.since:
        said.append(f"votes since {filters.since} (UTC)")
    if filters.until:
        said.append(f"votes until {filters.until} (UTC, the day included)")
    if filters.baseline:
        said.append(f"baseline {filters.baseline}")
    return said
