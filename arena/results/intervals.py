"""Every kind of interval for a ranking of pairs, and every two generators held against each other."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from annotations.models import Protocol, Study
from arena.analytics.data import PairwiseData
from arena.analytics.davidson import fit
from arena.analytics.differences import pair_differences
from arena.analytics.errors import AnalyticsError
from arena.analytics.interval_kinds import IntervalKinds, interval_kinds
from arena.analytics.result import Undefined
from arena.analytics.scale import POINTS_PER_LOGIT
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import pair_frame
from arena.results.rankings import ANALYSED, knows_sides, ranking
from arena.results.selection import Counts, select


@dataclass(frozen=True)
class Intervals:
    """`differences` is in points, and empty where nothing was fitted."""

    kinds: IntervalKinds | Undefined
    differences: pd.DataFrame
    counts: Counts

    def to_dict(self) -> dict[str, Any]:
        kinds = self.kinds
        known = [] if isinstance(kinds, Undefined) else kinds.to_frame().to_dict("records")
        unknown = {"all": kinds} if isinstance(kinds, Undefined) else kinds.unknown
        return {
            "intervals": known,
            "unknown": {name: found.to_dict() for name, found in unknown.items()},
            "differences": self.differences.to_dict("records"),
            "counts": self.counts.__dict__,
        }


def intervals(study: Study, filters: Filters) -> Intervals:
    return remembered("intervals", study, filters, lambda: _intervals(study, filters))


def _intervals(study: Study, filters: Filters) -> Intervals:
    found = ranking(study, filters)
    fitted, covariance = found.result.fit, found.result.covariance
    differences = pd.DataFrame()
    if fitted is not None and covariance is not None:
        differences = pair_differences(fitted, covariance, confidence=found.result.confidence)
        differences[["value", "se", "low", "high"]] *= POINTS_PER_LOGIT
    return Intervals(_kinds(study, filters), differences, found.counts)


def _kinds(study: Study, filters: Filters) -> IntervalKinds | Undefined:
    if block_of(study, filters).protocol != Protocol.PAIRWISE:
        return Undefined("protocol", "Compared for comparisons of two pictures only.")
    selection = select(study, replace(filters, method="davidson"))
    votes = pair_frame(study, selection, filters.criterion)
    try:
        data = PairwiseData.from_frame(votes[list(ANALYSED)])
        anchor = filters.baseline if filters.baseline in data.generators else None
        return interval_kinds(data, fit(data, position=knows_sides(study)), anchor=anchor)
    except AnalyticsError as error:
        return Undefined(error.code, str(error))
