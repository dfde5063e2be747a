"""Does the model behind a ranking of pairs fit, and what would be decided without trusting it?"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from django.db.models import QuerySet

from annotations.models import Image, Study
from arena.analytics.controlled import ControlledRanking, rank_controlled
from arena.analytics.data import PairwiseData
from arena.analytics.davidson import fit
from arena.analytics.errors import AnalyticsError
from arena.analytics.evidence_path import EvidencePath, evidence_path
from arena.analytics.fit_report import FitReport, fit_report
from arena.analytics.goodness import GoodnessOfFit, goodness_of_fit
from arena.analytics.position_by_generator import PositionByGenerator, position_by_generator
from arena.analytics.result import Undefined
from arena.analytics.triads import CircularTriads, circular_triads
from arena.results.cache import remembered
from arena.results.filters import Filters
from arena.results.frames import pair_frame
from arena.results.rankings import ANALYSED, knows_sides
from arena.results.selection import Counts, select
from scoring.models import Score, ScoreState

LOOKS = 200
# Differences between pictures that are style rather than content, as pixel metrics measure them.
STYLE = ("sharpness", "saturation", "luminance", "contrast")
# Parts of the votes in which style may act differently.
PARTS = ("category", "panel")


@dataclass(frozen=True)
class ModelChecks:
    report: FitReport | Undefined
    goodness: GoodnessOfFit | Undefined
    triads: CircularTriads | Undefined
    position: PositionByGenerator | Undefined
    evidence: EvidencePath | Undefined
    style: ControlledRanking | Undefined
    counts: Counts
    style_by: dict[str, ControlledRanking] = field(default_factory=dict)  # by category, by panel


def model_checks(study: Study, filters: Filters) -> ModelChecks:
    """Remembered while votes, raters, filter and finished scores stay what they were."""
    plain = replace(filters, method="davidson")
    done = _style_scores(study).count()
    return remembered("model", study, plain, lambda: _checks(study, plain), done)


def _checks(study: Study, filters: Filters) -> ModelChecks:
    selection = select(study, filters)
    votes = pair_frame(study, selection, filters.criterion)
    try:
        data = PairwiseData.from_frame(votes[list(ANALYSED)])
    except AnalyticsError as error:
        none = Undefined("no_votes", str(error))
        return ModelChecks(none, none, none, none, none, none, selection.counts)
    votes["panel"] = votes["panel"].map(dict(study.panels.values_list("public_id", "name"))).astype(str)
    sides = knows_sides(study)
    evidence = evidence_path(data, every=max(20, -(-data.n_rows // LOOKS)))
    triads, style = circular_triads(data), _style(study, votes, position=sides)
    style_by = {by: made for by in PARTS if (made := _style_within(study, votes, by, position=sides))}
    try:
        fitted = fit(data, position=sides)
    except AnalyticsError as error:
        none = Undefined("not_fitted", str(error))
        return ModelChecks(none, none, triads, none, evidence, style, selection.counts, style_by)
    unknown = Undefined("no_sides", "It is not known what was shown on which side.")
    return ModelChecks(
        report=fit_report(data, fitted),
        goodness=goodness_of_fit(data, fitted),
        triads=triads,
        position=position_by_generator(data, fitted) if sides else unknown,
        evidence=evidence,
        style=style,
        counts=selection.counts,
        style_by=style_by,
    )


def _style_scores(study: Study) -> QuerySet[Score]:
    return Score.objects.filter(
        image__study=study, metric__name__in=STYLE, state=ScoreState.DONE, value__isnull=False
    )


def _statistics(study: Study) -> pd.DataFrame:
    """One row per image: the pixel statistics that are finished, then its size (doublings of the number of
    pixels) and elongation (doublings of the longer side over the shorter) as it was brought."""
    sizes = list(Image.objects.filter(study=study).values_list("id", "width", "height"))
    sides = np.array([row[1:] for row in sizes], dtype=np.float64).reshape(-1, 2)
    wide = pd.DataFrame(
        {
            "size": np.log2(sides[:, 0] * sides[:, 1]),
            "elongation": np.log2(sides.max(axis=1) / sides.min(axis=1)),
        },
        index=pd.Index([row[0] for row in sizes], dtype=np.int64),
    )
    rows = pd.DataFrame(
        list(_style_scores(study).values_list("image_id", "metric__name", "value")),
        columns=["image", "name", "value"],
    )
    if rows.empty:
        return wide
    found = rows.drop_duplicates(["image", "name"]).pivot(index="image", columns="name", values="value")
    # What is measured goes first: of two that cannot be told apart the later one is left out.
    return found.reindex(wide.index).join(wide)


def _style(study: Study, votes: pd.DataFrame, *, position: bool) -> ControlledRanking | Undefined:
    """The ranking with image statistics held equal, where every picture has them and they differ."""
    found = _differences(study, votes)
    if isinstance(found, Undefined):
        return found
    own, used = found
    try:
        return rank_controlled(own, covariates=used, position=position, confounded="drop")
    except AnalyticsError as error:
        return Undefined("not_fitted", str(error))


def _style_within(study: Study, votes: pd.DataFrame, by: str, *, position: bool) -> ControlledRanking | None:
    """The same with an effect of each statistic for each value of a column, where there are several."""
    found = _differences(study, votes) if votes[by].nunique() > 1 else None
    if found is None or isinstance(found, Undefined):
        return None
    own, used = found
    try:
        return rank_controlled(
            own.assign(**{by: votes[by].astype(str)}),
            covariates=used,
            by=by,
            position=position,
            confounded="drop",
            draws=0,
        )
    except AnalyticsError:
        return None


def _differences(study: Study, votes: pd.DataFrame) -> tuple[pd.DataFrame, list[str]] | Undefined:
    """The votes with left minus right of every statistic that can be held equal, and their names."""
    wide = _statistics(study)
    if wide.empty:
        return Undefined("no_pictures", "These votes came without pictures: nothing is known of their style.")
    own, used = votes[list(ANALYSED)].copy(), []
    for name in wide.columns:
        left = wide[name].reindex(votes["image_left"]).to_numpy(dtype=np.float64)
        right = wide[name].reindex(votes["image_right"]).to_numpy(dtype=np.float64)
        gap = left - right
        if np.isfinite(gap).all() and np.any(gap != 0):
            own[name] = gap
            used.append(name)
    if not used:
        return Undefined(
            "no_difference",
            "All pictures of a pair are alike in size and shape, and no other image statistics that differ "
            "are finished: score the pictures with pixel metrics to hold more equal.",
        )
    return own, used
