"""Charts of metrics: how scores spread per generator, and score differences against preference."""

from arena.results.charts.base import Chart, nominal, quantitative, rows_axis, spec, tip
from arena.results.labels import number, percent, span
from arena.results.machines import AgainstPeople, MetricView
from arena.results.tables import between, num, table

LISTED = 100


def _digits(values: list[float]) -> int:
    """Decimals that still tell the values apart."""
    spread = max(values) - min(values) if values else 0
    return 1 if spread > 20 else 2 if spread > 1 else 4


def score_boxes(view: MetricView) -> Chart:
    """Middle half as a wide bar, 5 to 95 % as a line, median as a dot."""
    order = [row.generator for row in view.generators]
    label = view.metric.label
    y = nominal("generator", None, sort=order, axis=rows_axis())
    data = [
        {
            "generator": row.generator,
            "p5": row.p5,
            "q25": row.q25,
            "median": row.median,
            "q75": row.q75,
            "p95": row.p95,
            "n": row.n,
        }
        for row in view.generators
    ]
    description = f"{label} per generator: median, middle half, and the range of the middle 90\u00a0%."
    loose = {"zero": False, "nice": True}
    chart = spec(
        description,
        data,
        width="container",
        height={"step": 34},
        layer=[
            {
                "mark": {"type": "rule", "style": "interval"},
                "encoding": {"y": y, "x": quantitative("p5", label, scale=loose), "x2": {"field": "p95"}},
            },
            {
                "mark": {"type": "bar", "style": "wide", "height": {"band": 0.45}},
                "encoding": {"y": y, "x": quantitative("q25", label, scale=loose), "x2": {"field": "q75"}},
            },
            {
                "mark": {"type": "point", "style": "dot"},
                "encoding": {
                    "y": y,
                    "x": quantitative("median", label, scale=loose),
                    "tooltip": [
                        tip("generator", "Generator"),
                        tip("median", "Median", "quantitative", ".3~f"),
                        tip("q25", "Lower quartile", "quantitative", ".3~f"),
                        tip("q75", "Upper quartile", "quantitative", ".3~f"),
                        tip("n", "Images", "quantitative", ",.0f"),
                    ],
                },
            },
        ],
    )
    digits = _digits([row.mean.value for row in view.generators] + [row.p95 for row in view.generators])
    under = table(
        f"{label} per generator; intervals of the mean are clustered by prompt",
        ["Generator", "Images #", "Mean #", "95 % interval #", "Median #", "Middle half #", "Middle 90 % #"],
        [
            [
                row.generator,
                num(number(row.n), row.n),
                num(number(row.mean.value, digits), row.mean.value),
                between(span(row.mean.low, row.mean.high, digits), row.mean.low, row.mean.high),
                num(number(row.median, digits), row.median),
                between(span(row.q25, row.q75, digits), row.q25, row.q75),
                between(span(row.p5, row.p95, digits), row.p5, row.p95),
            ]
            for row in view.generators
        ],
    )
    return Chart("boxes", f"{label} per generator", description, chart, under)


def score_scatter(view: MetricView, people: AgainstPeople) -> Chart:
    """Score difference against the share of raters who preferred the first picture, a dot per comparison."""
    frame, label = people.comparisons, view.metric.label
    data = frame.assign(said=frame["first"] + " against " + frame["second"]).drop(columns=["prompt"])
    description = (
        f"Each dot is a comparison: difference in {label} across, share of raters who preferred the first up."
    )
    chart = spec(
        description,
        data.to_dict("records"),
        width="container",
        height=320,
        layer=[
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": {"datum": 0.5}}},
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"x": {"datum": 0}}},
            {
                "mark": {"type": "point", "style": "cloud"},
                "encoding": {
                    "x": quantitative("gap", f"{label}, first minus second"),
                    "y": quantitative(
                        "preferred",
                        "Share of raters who preferred the first",
                        axis={"format": ".0%"},
                        scale={"domain": [0, 1]},
                    ),
                    "size": quantitative("votes", "Votes", legend=None, scale={"range": [30, 140]}),
                    "tooltip": [
                        tip("said", "Comparison"),
                        tip("category", "Category"),
                        tip("gap", "Difference", "quantitative", ".3~f"),
                        tip("preferred", "Preferred the first", "quantitative", ".0%"),
                        tip("votes", "Votes", "quantitative", ",.0f"),
                    ],
                },
            },
        ],
    )
    digits = _digits([float(value) for value in frame["gap"]])
    # The largest disagreements first: the metric is sure and people say the opposite.
    sign = -1 if view.metric.higher_is_better is False else 1
    surprise = -sign * frame["gap"] * (frame["preferred"] - 0.5)
    listed = frame.assign(surprise=surprise).sort_values("surprise", ascending=False).head(LISTED)
    of_all = f"; the {LISTED} largest of {people.total:,}" if people.total > LISTED else ""
    under = table(
        f"Comparisons where metric and people disagree most, first{of_all}",
        ["First", "Second", "Prompt", "Category", "Difference #", "Preferred the first #", "Votes #"],
        [
            [
                row.first,
                row.second,
                row.prompt,
                row.category,
                num(number(row.gap, digits), row.gap),
                num(percent(row.preferred, 0), row.preferred),
                num(number(row.votes), row.votes),
            ]
            for row in listed.itertuples()
        ],
    )
    return Chart("scatter", "Score difference against preference", description, chart, under)
