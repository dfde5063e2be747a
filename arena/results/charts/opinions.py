"""Charts of a Likert study: means with intervals, and how the points spread."""

from typing import Any

from arena.analytics.likert import OpinionScore
from arena.results.charts.base import Chart, nominal, quantitative, rows_axis, spec, tip
from arena.results.labels import number, percent, span
from arena.results.opinions import Opinions
from arena.results.tables import Heading, between, num, table


def _order(opinions: Opinions) -> list[str]:
    """Generators by their mean over criteria."""
    means: dict[str, list[float]] = {}
    for row in opinions.scores.rows:
        means.setdefault(row.generator, []).append(row.mean.value)
    return sorted(means, key=lambda name: (-sum(means[name]) / len(means[name]), name))


def _record(opinions: Opinions, row: OpinionScore) -> dict[str, Any]:
    known = row.mean.has_interval
    return {
        "generator": row.generator,
        "criterion": opinions.labels.get(row.criterion, row.criterion),
        "mean": row.mean.value,
        "low": row.mean.low if known else None,
        "high": row.mean.high if known else None,
        "interval": span(row.mean.low, row.mean.high, 2),
        "n": row.n,
    }


def opinion_means(opinions: Opinions) -> Chart:
    """Means with intervals, a panel per criterion."""
    order, scale = _order(opinions), opinions.scores.scale
    y = nominal("generator", None, sort=order, axis=rows_axis())
    x = {"domain": [scale[0], scale[-1]], "zero": False}
    description = "Mean opinion score of each generator on each criterion, with 95 % intervals."
    rule = {
        "mark": {"type": "rule", "style": "interval"},
        "encoding": {"y": y, "x": quantitative("low", "Mean", scale=x), "x2": {"field": "high"}},
    }
    dot = {
        "mark": {"type": "point", "style": "dot"},
        "encoding": {
            "y": y,
            "x": quantitative("mean", "Mean", scale=x, axis={"tickMinStep": 1}),
            "tooltip": [
                tip("generator", "Generator"),
                tip("criterion", "Criterion"),
                tip("mean", "Mean", "quantitative", ".2f"),
                tip("interval", "95 % interval"),
                tip("n", "Ratings", "quantitative", ",.0f"),
            ],
        },
    }
    chart = spec(
        description,
        [_record(opinions, row) for row in opinions.scores.rows],
        facet=nominal(
            "criterion", None, sort=list(opinions.labels.values()), header={"labelAnchor": "start"}
        ),
        columns=3,
        spec={"width": 210, "height": {"step": 26}, "layer": [rule, dot]},
        resolve={"axis": {"x": "independent", "y": "independent"}},
    )
    under = table(
        "Mean opinion scores with 95 % intervals clustered by rater",
        [
            "Criterion",
            "Generator",
            "Mean #",
            "95 % interval #",
            "Median #",
            "Std. dev. #",
            "Ratings #",
            "Raters #",
        ],
        [
            [
                opinions.labels.get(row.criterion, row.criterion),
                row.generator,
                num(number(row.mean.value, 2), row.mean.value),
                between(span(row.mean.low, row.mean.high, 2), row.mean.low, row.mean.high),
                num(number(row.median, 1), row.median),
                num(number(row.sd, 2), row.sd),
                num(number(row.n), row.n),
                num(number(row.raters), row.raters),
            ]
            for row in opinions.scores.rows
        ],
    )
    return Chart("means", "Mean opinion scores", description, chart, under)


def opinion_bars(opinions: Opinions) -> Chart:
    """Shares of each point of the scale, stacked."""
    order = _order(opinions)
    data = [
        {
            "generator": row.generator,
            "criterion": opinions.labels.get(row.criterion, row.criterion),
            "points": str(point),
            "share": count / row.n,
            "count": count,
        }
        for row in opinions.scores.rows
        for point, count in row.counts.items()
    ]
    description = "How often each number of points was given, per generator and criterion."
    chart = spec(
        description,
        data,
        facet=nominal(
            "criterion", None, sort=list(opinions.labels.values()), header={"labelAnchor": "start"}
        ),
        columns=3,
        spec={
            "width": 210,
            "height": {"step": 26},
            "mark": {"type": "bar", "style": "stack"},
            "encoding": {
                "y": nominal("generator", None, sort=order, axis=rows_axis()),
                "x": quantitative(
                    "share",
                    "Share of ratings",
                    stack="zero",
                    axis={"format": ".0%", "tickCount": 4},
                    scale={"domain": [0, 1]},
                ),
                "color": {
                    "field": "points",
                    "type": "ordinal",
                    "title": "Points",
                    "scale": {"range": "ordinal"},
                    "legend": {"orient": "top", "direction": "horizontal"},
                },
                "order": {"field": "points", "type": "ordinal"},
                "tooltip": [
                    tip("generator", "Generator"),
                    tip("criterion", "Criterion"),
                    tip("points", "Points"),
                    tip("count", "Ratings", "quantitative", ",.0f"),
                    tip("share", "Share", "quantitative", ".1%"),
                ],
            },
        },
        resolve={"axis": {"x": "independent", "y": "independent"}},
    )
    scale = opinions.scores.scale
    under = table(
        "Share of ratings per number of points",
        ["Criterion", "Generator", *(Heading(str(point), numeric=True) for point in scale), "Ratings #"],
        [
            [
                opinions.labels.get(row.criterion, row.criterion),
                row.generator,
                *(num(percent(row.counts[point] / row.n, 0), row.counts[point] / row.n) for point in scale),
                num(number(row.n), row.n),
            ]
            for row in opinions.scores.rows
        ],
    )
    return Chart("distribution", "How the points spread", description, chart, under)
