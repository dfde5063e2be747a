"""What part of a study's votes a page looks at: it lives in the address and is printed with every answer."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from annotations.errors import ArenaError
from annotations.models import Panel, Prompt, Study
from arena.results.labels import METHOD_LABELS, SIMULATED_LABELS

ON, OFF = "on", "off"


class FilterRefused(ArenaError):
    code = "bad_filter"
    status = 400


@dataclass(frozen=True)
class Filters:
    """`panel` is a public id; `simulated` with, without or only; `exclusions` on leaves the excluded out."""

    category: str = ""
    panel: str = ""
    criterion: str = ""
    simulated: str = "without"
    exclusions: str = ON
    method: str = "davidson"

    def query(self, defaults: "Filters", **changes: str) -> str:
        """As an address query, holding only what differs from the defaults."""
        wanted = replace(self, **changes)
        changed = {
            field.name: getattr(wanted, field.name)
            for field in fields(self)
            if getattr(wanted, field.name) != getattr(defaults, field.name)
        }
        return f"?{urlencode(changed)}" if changed else ""


@dataclass(frozen=True)
class Choices:
    """What a study offers to filter by; pairs of value and label."""

    categories: list[tuple[str, str]]
    panels: list[tuple[str, str]]
    criteria: list[tuple[str, str]]
    has_simulated: bool
    has_people: bool
    default: Filters

    @property
    def methods(self) -> list[tuple[str, str]]:
        return list(METHOD_LABELS.items())

    @property
    def simulated(self) -> list[tuple[str, str]]:
        return list(SIMULATED_LABELS.items())

    def allowed(self, name: str) -> list[str]:
        lists = {
            "category": ["", *(value for value, _ in self.categories)],
            "panel": ["", *(value for value, _ in self.panels)],
            "criterion": [value for value, _ in self.criteria],
            "simulated": list(SIMULATED_LABELS),
            "exclusions": [ON, OFF],
            "method": list(METHOD_LABELS),
        }
        return lists[name]


def choices(study: Study) -> Choices:
    """Simulated votes count by default in a demo or where nobody else voted; else only when asked for."""
    categories = (
        Prompt.objects.filter(study=study).order_by("category").values_list("category", flat=True).distinct()
    )
    criteria = [(criterion.key, criterion.label) for criterion in study.block.criteria.all()]
    voted = study.raters.filter(voted__gt=0)
    simulated = voted.filter(simulated=True).exists()
    people = voted.filter(simulated=False).exists()
    with_simulated = simulated and (study.is_demo or not people)
    return Choices(
        categories=[(name, name) for name in categories],
        panels=list(Panel.objects.filter(study=study).values_list("public_id", "name")),
        # Ratings show all criteria beside each other, so there is nothing to choose.
        criteria=(criteria if study.block.protocol == "pairwise" else criteria[:1])
        or [("overall", "Overall")],
        has_simulated=simulated,
        has_people=people,
        default=Filters(
            criterion=criteria[0][0] if criteria else "overall",
            simulated="with" if with_simulated else "without",
        ),
    )


def from_query(query: Mapping[str, str], offered: Choices) -> Filters:
    """The filter an address asks for. A value that the study does not have is refused, never ignored."""
    given = {}
    for field in fields(Filters):
        value = query.get(field.name)
        # An empty field of the form means "all" where there is such a thing, and "as usual" elsewhere.
        if value is None or (value == "" and field.name not in ("category", "panel")):
            continue
        allowed = offered.allowed(field.name)
        if value not in allowed:
            known = ", ".join(filter(None, allowed[:12])) or "none"
            raise FilterRefused(
                f"This study has no {field.name} “{value[:60]}”.", mend=f"Choose one of: {known}."
            )
        given[field.name] = value
    return replace(offered.default, **given)


def words(filters: Filters, offered: Choices) -> list[str]:
    """The filter in words, for pages and exports."""
    said = []
    if filters.category:
        said.append(f"category {filters.category}")
    if filters.panel:
        said.append(f"panel {dict(offered.panels)[filters.panel]}")
    if len(offered.criteria) > 1:
        said.append(f"criterion {dict(offered.criteria)[filters.criterion]}")
    if offered.has_simulated:
        said.append(SIMULATED_LABELS[filters.simulated].lower())
    if filters.exclusions == OFF:
        said.append("excluded raters counted as well")
    return said
