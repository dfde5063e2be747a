"""Charts of a metric held against people: calibration of score differences, and gain from choosing by it."""

from typing import Any

from arena.analytics.metric_curve import CalibrationCurve
from arena.analytics.metric_selection import Selection
from arena.results.charts.base import Chart, quantitative, spec, tip
from arena.results.labels import number, percent, percent_span, significant
from arena.results.tables import between, num, table


def _with_intervals(x: dict[str, Any], y: dict[str, Any], field: str, tooltip: list[Any]) -> list[Any]:
    return [
        {
            "mark": {"type": "rule", "style": "interval"},
            "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "style": "dot"},
            "encoding": {"x": x, "y": y | {"field": field}, "tooltip": tooltip},
        },
    ]


def calibration(curve: CalibrationCurve, label: str) -> Chart:
    """How often the higher-scored picture wins, by size of the difference."""
    bins = curve.bins
    description = (
        f"How often raters preferred the picture with the better {label}, by difference of scores, with 95 % "
        "intervals; one half is chance."
    )
    chart = spec(
        description,
        bins[["gap", "share", "low", "high", "n"]].to_dict("records"),
        width="container",
        height=240,
        layer=[
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": {"datum": 0.5}}},
            *_with_intervals(
                quantitative("gap", f"Difference in {label}"),
                quantitative(
                    "share", "Better scored preferred", scale={"domain": [0, 1]}, axis={"format": ".0%"}
                ),
                "share",
                [
                    tip("gap", "Mean difference", "quantitative", ".3~g"),
                    tip("share", "Preferred", "quantitative", ".0%"),
                    tip("n", "Decided votes", "quantitative", ",.0f"),
                ],
            ),
        ],
    )
    under = table(
        "Better scored picture preferred, by size of the difference; intervals by Wilson",
        ["Mean difference #", "Decided votes #", "Preferred #", "95 % interval #"],
        [
            [
                num(significant(row.gap), row.gap),
                num(number(row.n), row.n),
                num(percent(row.share), row.share),
                between(percent_span(row.low, row.high), row.low, row.high),
            ]
            for row in bins.itertuples()
        ],
    )
    return Chart("calibration", "Does a larger difference mean more?", description, chart, under)


def selector(found: Selection, label: str, id_: str = "selector") -> Chart:
    """Efficiency of choosing the best of N by the metric."""
    description = f"Gain from picking the best of N by {label}: 0 is chance, 1 the raters’ own choice."
    frame = found.frame
    records = [
        {
            "N": int(row.N),
            "efficiency": row.efficiency,
            "low": row.low if row.low == row.low else None,
            "high": row.high if row.high == row.high else None,
            "prompts": int(row.prompts),
        }
        for row in frame.itertuples()
    ]
    chart = spec(
        description,
        records,
        width="container",
        height=220,
        layer=[
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": {"datum": 0}}},
            *_with_intervals(
                quantitative("N", "Pictures to choose from", axis={"tickMinStep": 1}, scale={"zero": False}),
                quantitative("efficiency", "Share of the possible gain", axis={"format": ".0%"}),
                "efficiency",
                [
                    tip("N", "Pictures", "quantitative", ".0f"),
                    tip("efficiency", "Share of the possible gain", "quantitative", ".0%"),
                    tip("prompts", "Prompts", "quantitative", ",.0f"),
                ],
            ),
        ],
    )
    under = table(
        f"Best of N by {label}: mean human value of its pick; {found.method}",
        ["N #", "Prompts #", "Chance #", "Metric #", "Oracle #", "Efficiency #", "95 % interval #"],
        [
            [
                num(str(int(row.N)), row.N),
                num(number(row.prompts), row.prompts),
                num(number(row.random, 3), row.random),
                num(number(row.metric, 3), row.metric),
                num(number(row.oracle, 3), row.oracle),
                num(percent(row.efficiency), row.efficiency),
                between(percent_span(row.low, row.high), row.low, row.high),
            ]
            for row in frame.itertuples()
        ],
    )
    return Chart(id_, "Choosing the best of N by the metric", description, chart, under)
