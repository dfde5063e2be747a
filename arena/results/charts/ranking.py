"""Charts of a ranking: forest plot, winning probabilities, rankings of parts beside each other."""

from typing import Any

from arena.analytics.ranking_result import RankingResult, RankingRow
from arena.results.charts.base import (
    DENSE_ROW_PX,
    MANY_ROWS,
    ROW_PX,
    Chart,
    nominal,
    quantitative,
    rows_axis,
    spec,
    tip,
)
from arena.results.labels import ABSENT, number, percent, plural, span
from arena.results.tables import Cell, Heading, Table, around, between, num, table

INTERVAL = "95 % interval"
# Below so many, an interval by rater is right on average, and single ones collapse.
FEW_RATERS = 10


def _record(row: RankingRow) -> dict[str, Any]:
    return {
        "generator": row.generator,
        "points": row.points,
        "low": row.low,
        "high": row.high,
        "interval": span(row.low, row.high),
        "places": places(row),
        "n": row.n,
    }


def places(row: RankingRow) -> str:
    if row.rank_low is None or row.rank_high is None:
        return ABSENT
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low} to {row.rank_high}"


def places_cell(row: RankingRow) -> Cell:
    return between(places(row), row.rank_low, row.rank_high)


# Points on either side of generators that are all alike: an axis without extent repeats one label.
AROUND = 100


def _axis(rows: list[RankingRow]) -> dict[str, Any]:
    known = [value for row in rows for value in (row.points, row.low, row.high) if value is not None]
    if known and max(known) - min(known) < 1:
        return {"domain": [known[0] - AROUND, known[0] + AROUND]}
    return {"zero": False, "nice": True}


def _points_and_intervals(order: list[str], axis: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    y = nominal("generator", None, sort=order, axis=rows_axis())
    tooltip = [
        tip("generator", "Generator"),
        tip("points", "Points", "quantitative", ".0f"),
        tip("interval", INTERVAL),
        tip("places", "Possible places"),
        tip("n", "Votes", "quantitative", ",.0f"),
    ]
    x = quantitative("points", "Points", scale=axis or {"zero": False, "nice": True})
    return [
        {
            "mark": {"type": "rule", "style": "interval"},
            "encoding": {"y": y, "x": quantitative("low", "Points"), "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "style": "dot"},
            "encoding": {"y": y, "x": x, "tooltip": tooltip},
        },
    ]


def forest(result: RankingResult) -> Chart:
    """Points with intervals, best on top. Generators without an estimate stand in the table only."""
    rows = [row for row in result.rows if row.points is not None]
    order = [row.generator for row in rows]
    description = "Points of each generator with its 95 % interval, best on top."
    chart = spec(
        description,
        [_record(row) for row in rows],
        width="container",
        height={"step": ROW_PX if len(rows) <= MANY_ROWS else DENSE_ROW_PX},
        layer=_points_and_intervals(order, _axis(rows)),
    )
    under = table(
        "Points with 95 % intervals clustered by rater",
        ["Generator", "Points #", f"{INTERVAL} #", "Possible places #", "Votes #"],
        [
            [
                row.generator,
                num(number(row.points), row.points) if row.points is not None else Cell(row.note or ABSENT),
                between(span(row.low, row.high), row.low, row.high),
                places_cell(row),
                num(number(row.n), row.n),
            ]
            for row in result.rows
        ],
    )
    return Chart("forest", "Points and intervals", description, chart, under)


def has_points(*results: RankingResult) -> bool:
    """Whether there is anything to draw: the first votes of a study often leave no finite strength."""
    return any(row.points is not None for result in results for row in result.rows)


def win_heatmap(result: RankingResult) -> Chart:
    """How likely the row's generator beats the column's, a tie counted as half."""
    order = [row.generator for row in result.rows if row.points is not None]
    matrix = result.win_matrix()
    place = {name: index for index, name in enumerate(matrix.generators)}
    score, win, tie = matrix.score, matrix.win, matrix.tie

    def record(a: str, b: str) -> dict[str, Any]:
        i, j = place[a], place[b]
        return {
            "generator": a,
            "opponent": b,
            "score": float(score[i, j]),
            "said": f"{percent(float(win[i, j]), 0)} wins, {percent(float(tie[i, j]), 0)} ties",
        }

    # NaN: the two share no scale, so there is no probability to show.
    pairs = [
        (a, b)
        for a in order
        for b in order
        if a != b and score[place[a], place[b]] == score[place[a], place[b]]
    ]
    description = "Probability that the generator of the row beats the one of the column; ties count half."
    few = len(order) <= 16
    size = max(12, min(56, 720 // max(1, len(order))))
    layers: list[dict[str, Any]] = [{"mark": {"type": "rect"}, "encoding": {"color": _win_colour()}}]
    if few:
        layers.append(
            {
                "mark": {"type": "text", "style": "share"},
                "encoding": {"text": {"field": "score", "type": "quantitative", "format": ".0%"}},
            }
        )
    chart = spec(
        description,
        [record(a, b) for a, b in pairs],
        width={"step": size},
        height={"step": 32 if few else size},
        layer=layers,
        encoding=_matrix_encoding(order, few),
    )
    return Chart("matrix", "Who beats whom", description, chart, _win_table(order, place, score))


def _matrix_encoding(order: list[str], few: bool) -> dict[str, Any]:
    names = rows_axis() | ({} if few else {"labelFontSize": 10})
    slanted = {"orient": "top", "labelAngle": -50 if few else -90}
    return {
        "y": nominal("generator", None, sort=order, axis=names),
        "x": nominal("opponent", None, sort=order, axis=names | slanted),
        "tooltip": [
            tip("generator", "Row"),
            tip("opponent", "Column"),
            tip("score", "Wins + half of ties", "quantitative", ".1%"),
            tip("said", "Of which"),
        ],
    }


def _win_colour() -> dict[str, Any]:
    return quantitative(
        "score",
        "Row beats column",
        scale={"domain": [0, 0.5, 1], "range": "diverging", "interpolate": "rgb"},
        legend={
            "format": ".0%",
            "values": [0, 0.25, 0.5, 0.75, 1],
            "orient": "bottom",
            "direction": "horizontal",
            "gradientLength": 240,
        },
    )


def _win_table(order: list[str], place: dict[str, int], score: Any) -> Table:
    def cell(a: str, b: str) -> Cell:
        value = float(score[place[a], place[b]]) if a != b else float("nan")
        return num(percent(value, 0), value)

    return table(
        "Probability that the row beats the column, ties counted half; a dash where two share no scale",
        ["Generator", *(Heading(name, numeric=True) for name in order)],
        [[name, *(cell(name, other) for other in order)] for name in order],
    )


def small_multiples(id_: str, what: str, parts: dict[str, RankingResult]) -> Chart:
    """One forest plot per part, each fitted on its own votes."""
    order = _order(parts)
    data = [
        _record(row) | {"part": part}
        for part, result in parts.items()
        for row in result.rows
        if row.points is not None
    ]
    description = f"Points of each generator within each {what}, with 95 % intervals; scales are not shared."
    few = [f"{part} ({result.n_raters})" for part, result in parts.items() if result.n_raters < FEW_RATERS]
    if few:
        description += (
            f" Few raters in {', '.join(few)}: intervals there lean on few people and may be too wide or too "
            "narrow."
        )
    chart = spec(
        description,
        data,
        facet=nominal("part", None, header={"labelLimit": 220, "labelAnchor": "start"}),
        columns=_columns(order),
        spec={"width": 210, "height": {"step": 20}, "layer": _points_and_intervals(order)},
        resolve={"axis": {"x": "independent", "y": "independent"}},
    )
    return Chart(id_, f"By {what}", description, chart, _parts_table(what, order, parts))


def _columns(order: list[str]) -> int:
    """Long names take the room of a plot: fewer beside each other then, so that none is cut off."""
    return 3 if max(map(len, order), default=0) <= 16 else 2


def _order(parts: dict[str, RankingResult]) -> list[str]:
    """Generators by the mean of their points over the parts."""
    seen: dict[str, list[float]] = {}
    for result in parts.values():
        for row in result.rows:
            seen.setdefault(row.generator, [])
            if row.points is not None:
                seen[row.generator].append(row.points)
    return sorted(seen, key=lambda name: (-sum(seen[name]) / max(1, len(seen[name])), name))


def _parts_table(what: str, order: list[str], parts: dict[str, RankingResult]) -> Table:
    found = {(part, row.generator): row for part, result in parts.items() for row in result.rows}

    def cell(part: str, name: str) -> Cell:
        row = found.get((part, name))
        if row is None or row.points is None:
            return Cell(ABSENT, title=row.note if row else "no votes")
        return around(number(row.points), span(row.low, row.high), row.points, row.low, row.high)

    headings = [
        Heading(f"{part} (n = {number(result.n_votes)}, {plural(result.n_raters, 'rater')})", numeric=True)
        for part, result in parts.items()
    ]
    return table(
        f"Points with 95 % intervals, fitted on each {what} alone",
        ["Generator", *headings],
        [[name, *(cell(part, name) for part in parts)] for name in order],
    )
