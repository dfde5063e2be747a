"""What a niche says of each metric, checked as a whole: weights that sum to 1, limits that bar."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from scoring.actions import metrics
from scoring.errors import ScoringRefused
from scoring.models import NicheTerm
from scoring.selectors import niches as selectors


@dataclass(frozen=True)
class Part:
    """What a niche says of one metric. `weight` as a decimal text or number, 0 to bar only; `limit` the worst
    raw value that passes; `higher_is_better` only where the metric itself has no better direction."""

    metric: str
    weight: Decimal | float | str = 0
    limit: float | None = None
    higher_is_better: bool | None = None


def checked(parts: Sequence[Part]) -> list[NicheTerm]:
    """Unsaved rows; raises ScoringRefused with what is wrong."""
    metrics.ensure()
    offered = {metric.name: metric for metric in selectors.offered_metrics()}
    rows: dict[str, NicheTerm] = {}
    for part in parts:
        metric = offered.get(part.metric)
        if metric is None:
            raise unfit(
                f"There is no metric of images “{part.metric[:60]}”.", f"Choose of: {', '.join(offered)}."
            )
        if part.metric in rows:
            raise unfit(f"{metric.label} is named twice.", "Name each metric once.")
        higher = metric.higher_is_better if metric.higher_is_better is not None else part.higher_is_better
        if higher is None:
            raise unfit(
                f"{metric.label} has no better direction of its own.",
                "Say whether higher or lower is better here.",
            )
        if part.higher_is_better not in (None, higher):
            better = "higher" if higher else "lower"
            raise unfit(f"Of {metric.label}, {better} is better.", "Leave its direction out.")
        weight = _weight(metric.label, part.weight)
        limit = _limit(metric.label, part.limit)
        if metric.name == selectors.FILTERS and (weight or limit != 1):
            raise unfit("Hard filters bar; they have no weight.", "Give them limit 1 and weight 0.")
        if weight or limit is not None:
            rows[part.metric] = NicheTerm(metric=metric, higher_is_better=higher, weight=weight, limit=limit)
    total = sum((row.weight for row in rows.values()), Decimal(0))
    if total != 1:
        raise unfit(
            f"The weights sum to {selectors.plain(total)}, not to 1.",
            "Change them until they do; a metric that only bars has weight 0.",
        )
    return list(rows.values())


def _weight(label: str, given: Decimal | float | str) -> Decimal:
    try:
        weight = Decimal(str(given))
        rounded = weight.quantize(Decimal("0.0001"))  # refuses what is infinite
    except InvalidOperation:
        raise unfit(f"The weight of {label} is no number.", "Give it as in 0.25.") from None
    if not weight.is_finite() or not 0 <= weight <= 1:
        raise unfit(f"The weight of {label} is not between 0 and 1.", "Give it as in 0.25.")
    if rounded != weight:
        raise unfit(f"The weight of {label} has more than four decimals.", "Round it, as in 0.3333.")
    return rounded


def _limit(label: str, given: float | None) -> float | None:
    if given is not None and not math.isfinite(given):
        raise unfit(f"The limit of {label} is no finite number.", "Give a number, or leave it out.")
    return given


def unfit(message: str, mend: str) -> ScoringRefused:
    return ScoringRefused(message, mend=mend, code="niche_unfit", status=422)
