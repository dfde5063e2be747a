"""Charts of raters: do they favour a side, and how fast and how alike do they answer?"""

from typing import Any

import pandas as pd

from arena.results.charts.base import Chart, nominal, quantitative, spec, tip
from arena.results.labels import number, percent, percent_span, seconds
from arena.results.tables import between, num, table

MANY = 60
STATES = ["counted", "left out"]


def _who(row: Any) -> str:
    return f"{row.rater} ({row.label})" if row.label else str(row.rater)


def side_preference(frame: pd.DataFrame) -> Chart:
    """Share of left among decided votes of each rater, busiest raters first."""
    known = frame[frame["left_share"].notna()].head(MANY)
    data = [
        {
            "rater": row.rater,
            "share": row.left_share,
            "low": row.left_low,
            "high": row.left_high,
            "said": percent_span(row.left_low, row.left_high),
            "votes": int(row.votes),
        }
        for row in known.itertuples()
    ]
    order = [record["rater"] for record in data]
    x = nominal("rater", "Raters, by number of votes", sort=order, axis={"labels": False, "ticks": False})
    bounds = {"domain": [0, 1]}
    description = (
        "Share of left among each rater’s decided votes with its 95 % interval; one half is no preference."
    )
    chart = spec(
        description,
        data,
        width="container",
        height=220,
        layer=[
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": {"datum": 0.5}}},
            {
                "mark": {"type": "rule", "style": "interval"},
                "encoding": {
                    "x": x,
                    "y": quantitative("low", "Share of left", scale=bounds),
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "style": "dot"},
                "encoding": {
                    "x": x,
                    "y": quantitative("share", "Share of left", scale=bounds, axis={"format": ".0%"}),
                    "tooltip": [
                        tip("rater", "Rater"),
                        tip("share", "Share of left", "quantitative", ".1%"),
                        tip("said", "95 % interval"),
                        tip("votes", "Votes", "quantitative", ",.0f"),
                    ],
                },
            },
        ],
    )
    under = table(
        "Share of left among decided votes"
        + (f"; the {MANY} raters with most votes" if len(frame) > MANY else ""),
        ["Rater", "Share of left #", "95 % interval #", "Votes #"],
        [
            [
                _who(row),
                num(percent(row.left_share), row.left_share),
                between(percent_span(row.left_low, row.left_high), row.left_low, row.left_high),
                num(number(row.votes), row.votes),
            ]
            for row in known.itertuples()
        ],
    )
    return Chart("sides", "Side preference", description, chart, under)


def _state(row: Any) -> str:
    """By hand or by a declared rule: either way the votes are not counted."""
    return "left out" if row.excluded or row.ruled_out else "counted"


def rater_scatter(frame: pd.DataFrame) -> Chart:
    """Median answer time against agreement with the majority of the others."""
    known = frame[frame["median_ms"].notna() & frame["agreement"].notna()]
    data = [
        {
            "rater": row.rater,
            "time": row.median_ms / 1000,
            "agreement": row.agreement,
            "votes": int(row.votes),
            "state": _state(row),
        }
        for row in known.itertuples()
    ]
    description = "Each rater’s median answer time against agreement with the majority of the others."
    chart = spec(
        description,
        data,
        width="container",
        height=240,
        mark={"type": "point", "style": "dot"},
        encoding={
            "x": quantitative("time", "Median answer time (s)"),
            "y": quantitative(
                "agreement", "Agreement with the majority", axis={"format": ".0%"}, scale={"domain": [0, 1]}
            ),
            "size": quantitative("votes", "Votes", legend=None, scale={"range": [40, 140]}),
            # Told apart by form and by colour.
            "shape": nominal(
                "state",
                "Rater",
                scale={"domain": STATES, "range": ["circle", "cross"]},
                legend={"orient": "top", "direction": "horizontal"},
            ),
            "fill": nominal("state", "Rater", scale={"domain": STATES}),
            "tooltip": [
                tip("rater", "Rater"),
                tip("time", "Median answer time (s)", "quantitative", ".1f"),
                tip("agreement", "Agreement", "quantitative", ".0%"),
                tip("votes", "Votes", "quantitative", ",.0f"),
                tip("state", "State"),
            ],
        },
    )
    under = table(
        "Answer time and agreement per rater",
        ["Rater", "Median answer time #", "Agreement #", "Votes it rests on #", "State"],
        [
            [
                _who(row),
                num(seconds(row.median_ms), row.median_ms),
                num(percent(row.agreement), row.agreement),
                num(number(row.agreement_n), row.agreement_n),
                _state(row),
            ]
            for row in known.itertuples()
        ],
    )
    return Chart("speed", "Speed and agreement", description, chart, under)
