"""Is a candidate good enough beside the baseline? For pipelines that ship models only when people say so."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from annotations.models import Study
from arena.analytics.errors import AnalyticsError
from arena.analytics.result import Estimate
from arena.results.filters import FilterRefused, Filters
from arena.results.rankings import ranking

Verdict = Literal["pass", "worse", "undecided"]


@dataclass(frozen=True)
class Gate:
    """`difference` is candidate minus baseline in points, with its interval clustered by rater."""

    verdict: Verdict
    reason: str
    candidate: str
    baseline: str
    margin: float
    difference: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        found = None if self.difference is None else self.difference.to_dict()
        return asdict(self) | {"difference": found}


def gate(study: Study, filters: Filters, *, candidate: str, baseline: str, margin: float) -> Gate:
    """Pass when the whole interval lies above -margin, worse when it lies below, undecided otherwise."""
    if not 0 <= margin < 10_000:
        raise FilterRefused("A margin is a number of points from 0 on.", mend="Give the margin in points.")
    found = ranking(study, filters)
    known = {row.generator for row in found.result.rows} | set(found.without_votes)
    for name in (candidate, baseline):
        if name not in known:
            raise FilterRefused(
                f"This study has no generator “{name[:60]}”.",
                mend=f"Choose one of: {', '.join(sorted(known)[:12]) or 'none'}.",
            )
    if candidate == baseline:
        raise FilterRefused("Candidate and baseline are the same.", mend="Name two generators.")

    def undecided(reason: str, difference: Estimate | None = None) -> Gate:
        return Gate("undecided", reason, candidate, baseline, margin, difference)

    try:
        difference = found.result.difference(candidate, baseline)
    except AnalyticsError as error:
        return undecided(f"They cannot be compared: {error}")
    if not difference.has_interval:
        return undecided(
            f"No interval can be given: {(difference.note or 'too few raters').rstrip('.')}.", difference
        )
    interval = f"{difference.low:+.0f} to {difference.high:+.0f} points"
    if difference.low > -margin:
        reason = f"{candidate} is at most {margin:g} points behind {baseline}: {interval}."
        return Gate("pass", reason, candidate, baseline, margin, difference)
    if difference.high < -margin:
        reason = f"{candidate} is more than {margin:g} points behind {baseline}: {interval}."
        return Gate("worse", reason, candidate, baseline, margin, difference)
    return undecided(
        f"The study cannot tell whether {candidate} is more than {margin:g} points behind {baseline}: "
        f"{interval}. More raters would narrow this.",
        difference,
    )
