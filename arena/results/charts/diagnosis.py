"""Charts of raters' sessions: does anything change as they go on?"""

from typing import Any

from arena.analytics.fatigue import Trend
from arena.results.charts.base import Chart, quantitative, spec, tip
from arena.results.labels import number, percent, percent_span, span
from arena.results.tables import between, num, table

TREND_TITLES = {
    "answer_time": "Answer time along the session",
    "agreement": "Agreement along the session",
    "consistency": "Consistency of repeats along the session",
}
AXES = {
    "answer_time": "Answer time (s), geometric mean",
    "agreement": "Winners in common with the others",
    "consistency": "Repeats answered alike",
}


def _ceiling(records: list[dict[str, Any]]) -> float:
    """Twice the slowest stretch: the endless interval of one with two raters would flatten the rest."""
    return 2 * max((record["value"] for record in records), default=1)


def session_trend(trend: Trend) -> Chart:
    """One measure by stretches of each rater's sequence of votes, with intervals clustered by rater."""
    timed = trend.measure == "answer_time"
    unit = 1000 if timed else 1
    records = [
        {
            "votes": f"{row.first} to {row.last}",
            "trial": (row.first + row.last) / 2,
            "value": row.value / unit,
            "low": row.low / unit if row.low == row.low else None,
            "high": row.high / unit if row.high == row.high else None,
            "n": int(row.n),
            "raters": int(row.raters),
        }
        for row in trend.bins.itertuples()
    ]
    scale = {"domain": [0, _ceiling(records)], "nice": True} if timed else {"domain": [0, 1]}
    axis = {} if timed else {"axis": {"format": ".0%"}}
    x = quantitative("trial", "Number of the vote in the rater’s sequence", scale={"zero": False})
    title = AXES[trend.measure]
    description = f"{TREND_TITLES[trend.measure]}: {trend.words}"
    if timed and any((record["high"] or 0) > _ceiling(records) for record in records):
        description += " An interval that leaves the plot stands in the table."
    chart = spec(
        description,
        records,
        width="container",
        height=220,
        layer=[
            {
                "mark": {"type": "rule", "style": "interval", "clip": True},
                "encoding": {
                    "x": x,
                    "y": quantitative("low", title, scale=scale, **axis),
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "style": "dot"},
                "encoding": {
                    "x": x,
                    "y": quantitative("value", title, scale=scale, **axis),
                    "tooltip": [
                        tip("votes", "Votes"),
                        tip("value", title, "quantitative", ".1f" if timed else ".0%"),
                        tip("n", "Measured votes", "quantitative", ",.0f"),
                        tip("raters", "Raters", "quantitative", ",.0f"),
                    ],
                },
            },
        ],
    )
    show = (lambda v: number(v / unit, 1)) if timed else (lambda v: percent(v))
    under = table(
        f"{title}, by stretches of ten votes; intervals clustered by rater",
        ["Votes", "Value #", "95 % interval #", "Measured votes #", "Raters #"],
        [
            [
                f"{row.first} to {row.last}",
                num(show(row.value), row.value),
                between(
                    span(row.low / unit, row.high / unit, 1) if timed else percent_span(row.low, row.high),
                    row.low,
                    row.high,
                ),
                num(number(row.n), row.n),
                num(number(row.raters), row.raters),
            ]
            for row in trend.bins.itertuples()
        ],
    )
    return Chart(
        f"trend-{trend.measure.replace('_', '-')}", TREND_TITLES[trend.measure], description, chart, under
    )
