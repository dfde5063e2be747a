"""Charts of studies over time: strengths on the common scale, and how far each generator moved."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from arena.analytics.trend_result import TrendResult
from arena.results.charts.base import ROW_PX, Chart, Spec, nominal, quantitative, rows_axis, spec, tip
from arena.results.labels import ABSENT, number, plural, span
from arena.results.tables import Cell, Heading, Table, around, between, num, table

# As many as there are colours that everybody can tell apart; more stand beside each other.
TOGETHER = 6
# Of the time covered, and in seconds: studies that lie closer are drawn at equal distances instead.
CLOSE = 0.04
HALF_A_DAY = 43_200
# Seconds from which on months say enough.
MONTHS = 120 * 86_400
INTERVAL = "95 % interval"


def strengths_over_time(found: TrendResult, times: dict[str, datetime]) -> Chart | None:
    """Points of each generator in each study; only where two studies are on one scale."""
    frame = found.strengths[found.strengths["part"] == 0]
    if frame["study"].nunique() < 2:
        return None
    order = _by_last_points(found)
    spread = _far_apart([times[name] for name in found.parts[0]])
    records = [_record(row, times, order, spread) for row in frame.itertuples()]
    description = (
        "Points of each generator in each study on the common scale, with 95 % intervals; the mean of the "
        "generators that carry the scale is 1,000 in all studies."
    )
    if spread is None:
        description += " Studies stand at equal distances, in the order of time."
    together = len(order) <= TOGETHER
    if not together:
        order, records, left = _moving(order, records)
        if left:
            description += f" Not drawn, as one study alone shows them: {plural(left, 'generator')}."
    x = _when(spread, list(found.parts[0]), -30 if together else -90)
    layers = _layers(x, order, together=together, offset=spread is None and together)
    if together:
        chart = spec(description, records, width="container", height=320, layer=layers)
    else:
        chart = spec(
            description,
            records,
            facet=nominal("generator", None, sort=order, header={"labelLimit": 220, "labelAnchor": "start"}),
            columns=3,
            spec={"width": 210, "height": 120, "layer": layers},
        )
    return Chart("trends", "Strength over time", description, chart, strengths_table(found))


def _moving(order: list[str], records: list[dict[str, Any]]) -> tuple[list[str], list[dict[str, Any]], int]:
    """Only who stands in two studies has a course to draw; single points would fill pages."""
    seen = Counter(record["generator"] for record in records)
    kept = [name for name in order if seen[name] > 1]
    return kept, [record for record in records if seen[record["generator"]] > 1], len(order) - len(kept)


def _by_last_points(found: TrendResult) -> list[str]:
    """Generators by their points in the last study that shows them, strongest first."""
    frame = found.strengths[found.strengths["part"] == 0]
    last = frame.groupby("generator", sort=False)["points"].last()
    return [str(name) for name in last.sort_values(ascending=False, kind="stable").index]


def _far_apart(times: list[datetime]) -> float | None:
    """Seconds covered; nothing when some studies would lie on top of each other."""
    covered = (max(times) - min(times)).total_seconds()
    gaps = [(b - a).total_seconds() for a, b in zip(sorted(times), sorted(times)[1:], strict=False)]
    return covered if covered > 0 and min(gaps) > max(CLOSE * covered, HALF_A_DAY) else None


def _record(row: Any, times: dict[str, datetime], order: list[str], spread: float | None) -> dict[str, Any]:
    at = times[row.study]
    # Side by side, so that intervals do not hide each other.
    beside = 0.0 if spread is None else (order.index(row.generator) - (len(order) - 1) / 2) * 0.008 * spread
    known = row.low == row.low
    return {
        "study": row.study,
        "when": 1000 * (at.timestamp() + (beside if len(order) <= TOGETHER else 0.0)),
        "day": f"{at:%Y-%m-%d}",
        "generator": row.generator,
        "points": row.points,
        "low": row.low if known else None,
        "high": row.high if known else None,
        "interval": span(row.low, row.high),
        "part": "carries the scale" if row.anchor else "shared" if row.shared else "in this study only",
        "votes": row.votes,
    }


def _when(spread: float | None, order: list[str], angle: int) -> Spec:
    if spread is None:
        axis = {"labelAngle": angle, "labelLimit": 140}
        return {"field": "study", "type": "ordinal", "title": None, "sort": order, "axis": axis}
    axis = {"format": "%b %Y" if spread > MONTHS else "%d %b", "labelOverlap": True, "tickCount": 4}
    scale = {"type": "utc", "padding": 24}
    return {"field": "when", "type": "temporal", "title": None, "scale": scale, "axis": axis}


def _layers(x: Spec, order: list[str], *, together: bool, offset: bool) -> list[Spec]:
    shared: Spec = {"x": x}
    if offset:
        shared["xOffset"] = {"field": "generator", "type": "nominal", "sort": order}
    if together:
        legend = {"orient": "bottom", "columns": 2, "labelLimit": 150, "symbolOpacity": 1}
        shared["color"] = nominal("generator", None, sort=order, scale={"range": "category"}, legend=legend)
    # Beside each other, plots need their room for themselves.
    y = {"scale": {"zero": False, "nice": True}, **({} if together else {"axis": {"title": None}})}
    tooltip = [
        tip("generator", "Generator"),
        tip("study", "Study"),
        tip("day", "Time"),
        tip("points", "Points", "quantitative", ".0f"),
        tip("interval", INTERVAL),
        tip("part", "On the scale"),
        tip("votes", "Votes", "quantitative", ",.0f"),
    ]
    shape = {"shape": nominal("generator", None, sort=order)} if together else {}
    return [
        {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": {"datum": 1000}}},
        {
            "mark": {"type": "line", "strokeWidth": 1.5, "opacity": 0.55},
            "encoding": shared | {"y": quantitative("points", "Points", **y)},
        },
        {
            "mark": {"type": "rule", "style": "interval"},
            "encoding": shared | {"y": quantitative("low", "Points", **y), "y2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "style": "dot"},
            "encoding": shared | shape | {"y": quantitative("points", "Points", **y), "tooltip": tooltip},
        },
    ]


def strengths_table(found: TrendResult) -> Table:
    """A row per generator, a column per study."""
    at = {(row.generator, row.study): row for row in found.strengths.itertuples()}
    apart = len(found.parts) > 1

    def cell(name: str, study: str) -> Cell:
        row = at.get((name, study))
        if row is None:
            return Cell(ABSENT, title="no votes, or no finite strength in this study")
        cell = around(number(row.points), span(row.low, row.high), row.points, row.low, row.high)
        return replace(cell, text=f"{cell.text}, part {row.part + 1}") if apart else cell

    first = _by_last_points(found)
    order = first + sorted(set(found.strengths["generator"]) - set(first))
    return table(
        "Points with 95 % intervals clustered by rater; ● carries the scale"
        + (", points compare within a part only" if apart else ""),
        ["Generator", *(Heading(study, numeric=True) for study in found.studies)],
        [
            [f"{name} ●" if name in found.anchors else name, *(cell(name, study) for study in found.studies)]
            for name in order
        ],
    )


def moves(found: TrendResult) -> Chart | None:
    """How far each shared generator moved against the others that carry the scale."""
    frame = found.by_generator
    if frame.empty:
        return None
    order = [str(name) for name in frame.sort_values("change", ascending=False)["generator"]]
    records = [
        {
            "generator": row.generator,
            "change": row.change,
            "low": row.low,
            "high": row.high,
            "interval": span(row.low, row.high),
            "between": f"{row.first} to {row.last}",
            "moved": "moved" if row.moved else "no move shown",
        }
        for row in frame.itertuples()
    ]
    y = nominal("generator", None, sort=order, axis=rows_axis())
    x = quantitative("change", "Change in points", scale={"nice": True})
    description = (
        "Change of each shared generator from the first to the last study that shows it, against the mean of "
        "the others that carry the scale and did not move, with 95 % intervals."
    )
    chart = spec(
        description,
        records,
        width="container",
        height={"step": ROW_PX},
        layer=[
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"x": {"datum": 0}}},
            {
                "mark": {"type": "rule", "style": "interval"},
                "encoding": {"y": y, "x": quantitative("low", x["title"]), "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "style": "dot"},
                "encoding": {
                    "y": y,
                    "x": x,
                    "tooltip": [
                        tip("generator", "Generator"),
                        tip("between", "From, to"),
                        tip("change", "Change", "quantitative", "+.0f"),
                        tip("interval", INTERVAL),
                        tip("moved", "Verdict"),
                    ],
                },
            },
        ],
    )
    return Chart("moves", "Who moved", description, chart, moves_table(found))


def moves_table(found: TrendResult) -> Table:
    return table(
        "Each shared generator against those that carry the scale and did not move (◆); p of the test that "
        "it stood still in all studies, and corrected for their number (Holm)",
        [
            "Generator",
            "From",
            "To",
            "Studies #",
            "Change, points #",
            f"{INTERVAL} #",
            "p #",
            "p, Holm #",
            "Moved",
        ],
        [
            [
                f"{row.generator} ◆" if row.reference else row.generator,
                row.first,
                row.last,
                num(number(row.studies), row.studies),
                num(_signed(row.change), row.change),
                between(span(row.low, row.high), row.low, row.high),
                num(small(row.p_value), row.p_value),
                num(small(row.p_holm), row.p_holm),
                "yes" if row.moved else "not shown",
            ]
            for row in found.by_generator.itertuples()
        ],
    )


def _signed(value: float) -> str:
    return f"+{number(value)}" if value >= 0.5 else number(value)


def small(p: float) -> str:
    """A p value with sensible digits."""
    if p != p:
        return ABSENT
    return "< 0.001" if p < 0.001 else number(p, 3)
