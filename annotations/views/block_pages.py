"""What the design page and a block's own page share: the block's form, and the size of its plan."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from annotations.actions import studies
from annotations.forms import BlockPage, PlanForm
from annotations.models import Block, Generator, Study
from annotations.protocols.failures import DEFAULT_TAXONOMY
from annotations.selectors.study_plan import FIELDS, PlanSummary, plan_summary


def block_page(request: HttpRequest, study: Study, block: Block | None) -> BlockPage:
    names = Generator.objects.filter(images__study=study).order_by("name").distinct()
    return BlockPage(
        request.POST or None,
        block=block,
        generators=list(names.values_list("name", flat=True)),
        criteria=studies.DEFAULT_LIKERT_CRITERIA,
        taxonomy=DEFAULT_TAXONOMY,
    )


def plan_of(study: Study, block: Block) -> PlanSummary:
    """The plan's size for a block as it is stored."""
    return plan_summary(
        study,
        overlap=None,
        check_every=study.check_every,
        max_votes_per_rater=study.max_votes_per_rater,
        **{name: getattr(block, name) for name in FIELDS},
    )


def live_plan(study: Study, block: Block | None, data: Mapping[str, Any] | None) -> PlanSummary:
    """The plan's size for settings as they are typed; what is not sent stands as it is stored."""
    sent = PlanForm(data) if data is not None else None
    if sent is None or not sent.is_valid():
        return plan_of(study, block or Block(study=study))
    stored = block or Block(study=study)
    values = sent.cleaned_data
    every = values["check_every"]
    return plan_summary(
        study,
        overlap=values["overlap"],
        check_every=study.check_every if every is None else every,
        max_votes_per_rater=values["max_votes_per_rater"],
        **{name: _typed(values, name, stored) for name in FIELDS},
    )


def _typed(values: Mapping[str, Any], name: str, stored: Block) -> Any:
    """An empty number of comparisons means all there are; other settings have no empty value."""
    value = values.get(name)
    return value if value or name in ("comparisons_per_prompt", "baseline") else getattr(stored, name)
