"""How far a metric may stand in for people: on pairs with ties, to choose the best, beside other metrics."""

from dataclasses import dataclass, replace

import pandas as pd

from annotations.models import Protocol, Study
from arena.analytics.metric_partial import PartialCorrelations, partial_correlations
from arena.analytics.metric_selection import Selection, selector_efficiency
from arena.analytics.metric_surprises import (
    MetricReport,
    largest_disagreements,
    metric_report,
    metric_reports_by,
)
from arena.analytics.result import Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import pair_frame, rating_frame
from arena.results.selection import Counts, select
from scoring.models import Metric, Score, ScoreState

POINTS = {"left": 1.0, "right": 0.0, "tie": 0.5, "both_bad": 0.5}


@dataclass(frozen=True)
class MetricChecks:
    """`pairs` and `disagreements` are known for comparisons of two pictures only."""

    metric: Metric
    pairs: MetricReport | Undefined
    by_category: dict[str, MetricReport]
    selection: Selection | Undefined
    partial: PartialCorrelations | Undefined
    disagreements: pd.DataFrame
    counts: Counts


def metric_checks(study: Study, metric: Metric, offered: list[Metric], filters: Filters) -> MetricChecks:
    """Remembered while votes, raters, filter and finished scores stay what they were."""
    done = Score.objects.filter(image__study=study, metric__in=offered, state=ScoreState.DONE)
    last = done.order_by("-computed_at").values_list("computed_at", flat=True).first()
    plain = replace(filters, method="davidson")
    return remembered(
        "metric-checks",
        study,
        plain,
        lambda: _checks(study, metric, offered, plain),
        metric.pk,
        done.count(),
        last,
    )


def _checks(study: Study, metric: Metric, offered: list[Metric], filters: Filters) -> MetricChecks:
    selection = select(study, filters)
    block = block_of(study, filters)
    scores = _scores(study, offered)
    own = scores[metric.name]
    higher = metric.higher_is_better is not False
    pairs: MetricReport | Undefined = Undefined("protocol", "Known for comparisons of two pictures only.")
    by_category: dict[str, MetricReport] = {}
    listed = pd.DataFrame()
    if block.protocol == Protocol.PAIRWISE:
        votes = pair_frame(study, selection, filters.criterion)
        votes["score_left"] = own.reindex(votes["image_left"]).to_numpy()
        votes["score_right"] = own.reindex(votes["image_right"]).to_numpy()
        if len(votes):
            pairs = metric_report(votes, higher_is_better=higher)
            listed = largest_disagreements(votes, higher_is_better=higher)
            if votes["category"].nunique() > 1:
                by_category = metric_reports_by(votes, "category", higher_is_better=higher)
        else:
            pairs = Undefined("no_votes", "There are no votes.")
        pictures = _preferred(votes)
    elif block.protocol == Protocol.LIKERT:
        ratings = rating_frame(study, selection, block)
        pictures = ratings.groupby("image").agg(prompt=("prompt", "first"), human=("rating", "mean"))
    else:
        pictures = pd.DataFrame(columns=["prompt", "human"])
    pictures = pictures[pictures.index >= 0].assign(prompt=lambda found: found["prompt"].astype(str))
    return MetricChecks(
        metric=metric,
        pairs=pairs,
        by_category=by_category,
        selection=selector_efficiency(
            pictures.assign(score=own.reindex(pictures.index)), higher_is_better=higher
        ),
        partial=_partial(pictures, scores, offered),
        disagreements=listed,
        counts=selection.counts,
    )


def _scores(study: Study, offered: list[Metric]) -> pd.DataFrame:
    """A row per image, a column per metric."""
    rows = Score.objects.filter(
        image__study=study, metric__in=offered, state=ScoreState.DONE, value__isnull=False
    ).values_list("image_id", "metric__name", "value")
    frame = pd.DataFrame(list(rows), columns=["image", "metric", "value"])
    wide = frame.drop_duplicates(["image", "metric"]).pivot(index="image", columns="metric", values="value")
    return wide.reindex(columns=[metric.name for metric in offered])


def _preferred(votes: pd.DataFrame) -> pd.DataFrame:
    """Each picture's share of wins, ties one half, over the comparisons that showed it."""
    points = votes["outcome"].astype(str).map(POINTS)
    both = pd.concat(
        [
            pd.DataFrame({"image": votes["image_left"], "prompt": votes["prompt"], "human": points}),
            pd.DataFrame({"image": votes["image_right"], "prompt": votes["prompt"], "human": 1 - points}),
        ]
    )
    return both.groupby("image").agg(prompt=("prompt", "first"), human=("human", "mean"))


def _partial(
    pictures: pd.DataFrame, scores: pd.DataFrame, offered: list[Metric]
) -> PartialCorrelations | Undefined:
    if len(offered) < 2:
        return Undefined("one_metric", "One metric has nothing to be held against; score with a second one.")
    turned = {
        metric.name: scores[metric.name].reindex(pictures.index)
        * (-1 if metric.higher_is_better is False else 1)
        for metric in offered
    }
    # A filter that all pictures passed orders nothing, and must not keep the others from being held together.
    whole = pictures.assign(**turned).dropna(subset=["human", *turned])
    differing = [name for name in turned if whole[name].nunique() > 1]
    if len(differing) < 2:
        return Undefined("one_metric", "Fewer than two metrics tell these pictures apart.")
    return partial_correlations(pictures.assign(**turned), differing)
