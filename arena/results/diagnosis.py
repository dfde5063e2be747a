"""A closer look at raters, never a rule: guessing, likeness, favourites, tiring, and who leaves early."""

from dataclasses import dataclass, replace

import pandas as pd

from annotations.models import Protocol, Rater, RaterState, Study
from arena.analytics.attrition import Attrition, attrition
from arena.analytics.collusion import Findings, favoured_generators, similar_raters
from arena.analytics.data import PairwiseData
from arena.analytics.davidson import DavidsonFit, fit
from arena.analytics.errors import AnalyticsError
from arena.analytics.fatigue import Trend, fatigue
from arena.analytics.mixture import RaterMixture, rater_mixture
from arena.analytics.result import Undefined
from arena.results.cache import remembered
from arena.results.columns import KINDS
from arena.results.filters import Filters, block_of
from arena.results.frames import pair_frame
from arena.results.imported import is_imported
from arena.results.labels import OFF
from arena.results.rankings import ANALYSED, knows_sides
from arena.results.selection import Counts, select

EVERYTHING = tuple(range(len(KINDS)))
# States in which a rater is done for good, one way or another.
ENDED = (RaterState.FINISHED, RaterState.WITHDRAWN)


@dataclass(frozen=True)
class Diagnosis:
    mixture: RaterMixture | Undefined
    similar: Findings | Undefined
    favoured: Findings | Undefined
    trends: dict[str, Trend]
    counts: Counts


def diagnosis(study: Study, filters: Filters) -> Diagnosis:
    """Everybody is looked at, the excluded too: what was seen must not depend on who was left out."""
    everyone = replace(filters, exclusions=OFF, method="davidson")
    return remembered("diagnosis", study, everyone, lambda: _diagnosis(study, everyone))


def _diagnosis(study: Study, filters: Filters) -> Diagnosis:
    selection = select(study, filters, kinds=EVERYTHING)
    if block_of(study, filters).protocol != Protocol.PAIRWISE:
        only = Undefined("protocol", "Known for comparisons of two pictures only.")
        return Diagnosis(only, only, only, {}, selection.counts)
    votes = pair_frame(study, selection, filters.criterion)
    regular = votes[votes["kind"] == "regular"]
    mixture: RaterMixture | Undefined
    favoured: Findings | Undefined
    try:
        data = PairwiseData.from_frame(regular[list(ANALYSED)])
        fitted = fit(data, position=knows_sides(study))
        mixture = rater_mixture(data, position=knows_sides(study))
        favoured = _favoured(data, fitted)
    except AnalyticsError as error:
        mixture = favoured = Undefined("not_fitted", str(error))
    return Diagnosis(
        mixture, similar_raters(regular), favoured, fatigue(votes) if len(votes) else {}, selection.counts
    )


def _favoured(data: PairwiseData, fitted: DavidsonFit) -> Findings | Undefined:
    if len(data.generators) < 3:
        return Undefined("two", "Of two generators each rater prefers one: a favourite needs a third.")
    return favoured_generators(data, fitted)


def leaving(study: Study) -> Attrition | Undefined:
    """Who finished, by panel. Raters who still may come back count as left once a study is closed."""
    if is_imported(study):
        return Undefined("imported", "Votes made elsewhere do not tell who left before the end.")
    rows = Rater.objects.filter(study=study, simulated=False).values_list("panel__name", "state", "voted")
    frame = pd.DataFrame(list(rows), columns=["arm", "state", "votes"])
    counted = ENDED if study.closed_at is None else (*ENDED, RaterState.ACTIVE)
    frame = frame[frame["state"].isin(counted)].reset_index(drop=True)
    if frame.empty:
        return Undefined("no_raters", "No person has finished or left yet.")
    return attrition(frame.assign(finished=frame["state"] == RaterState.FINISHED))
