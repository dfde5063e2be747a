"""Two generators against each other as votes came in."""

from arena.results.charts.base import Chart, quantitative, spec, tip
from arena.results.comparisons import Pair
from arena.results.labels import number, percent, percent_span
from arena.results.tables import between, num, table


def pair_over_time(found: Pair) -> Chart:
    """Share won by the first so far, with Wilson intervals, by decided vote."""
    description = (
        f"Share of decided votes that {found.first} won against {found.second} so far, with 95 % intervals. "
        "Looking again and again makes chance look like news: it shows how things settled, not when to stop."
    )
    records = found.over_time.to_dict("records")
    x = quantitative("vote", "Decided votes", scale={"zero": False})
    scale, axis = {"domain": [0, 1]}, {"format": ".0%"}
    chart = spec(
        description,
        records,
        width="container",
        height=240,
        layer=[
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": {"datum": 0.5}}},
            {
                "mark": {"type": "area", "opacity": 0.2},
                "encoding": {
                    "x": x,
                    "y": quantitative("low", "Share won", scale=scale, axis=axis),
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "line"},
                "encoding": {
                    "x": x,
                    "y": quantitative("share", "Share won", scale=scale, axis=axis),
                    "tooltip": [
                        tip("vote", "Decided votes", "quantitative", ",.0f"),
                        tip("share", "Share won", "quantitative", ".1%"),
                    ],
                },
            },
        ],
    )
    under = table(
        "Share won so far; intervals by Wilson",
        ["Decided votes #", "Share won #", "95 % interval #"],
        [
            [
                num(number(row.vote), row.vote),
                num(percent(row.share), row.share),
                between(percent_span(row.low, row.high), row.low, row.high),
            ]
            for row in found.over_time.itertuples()
        ],
    )
    return Chart("over-time", "How it settled", description, chart, under)
