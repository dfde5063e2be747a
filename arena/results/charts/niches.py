"""How a niche's frozen population turns a raw score into a percentile."""

import numpy as np

from arena.results.charts.base import Chart, quantitative, spec, tip
from arena.results.labels import number, significant
from arena.results.tables import num, table
from scoring.metrics.composite import percentiles
from scoring.models import NicheTerm

# Points drawn, and shares listed beneath.
DRAWN = 200
LISTED = (0, 5, 25, 50, 75, 95, 100)


def calibration_curve(term: NicheTerm) -> Chart:
    """Raw score across, percentile up."""
    grid, label = np.array(term.grid, dtype=np.float64), term.metric.label
    across = np.unique(np.quantile(grid, np.linspace(0, 1, DRAWN)))
    up = percentiles(across, grid, higher_is_better=term.higher_is_better)
    better = "higher" if term.higher_is_better else "lower"
    among = f"{number(term.grid_n)} images of the population"
    description = f"Percentile of each raw score among {among}; {better} is better."
    layers = [
        {
            "mark": {"type": "line"},
            "encoding": {
                "x": quantitative("raw", label, scale={"zero": False, "nice": True}),
                "y": quantitative("percentile", "Percentile", scale={"domain": [0, 100]}),
                "tooltip": [
                    tip("raw", "Raw score", "quantitative", ".4~r"),
                    tip("percentile", "Percentile", "quantitative", ".1f"),
                ],
            },
        }
    ]
    if term.limit is not None:
        layers.append(
            {"mark": {"type": "rule", "style": "reference"}, "encoding": {"x": {"datum": term.limit}}}
        )
        description += " The line marks the worst score that passes."
    data = [{"raw": float(x), "percentile": float(y)} for x, y in zip(across, up, strict=True)]
    chart = spec(description, data, width="container", height=220, layer=layers)
    raw = np.quantile(grid, [share / 100 for share in LISTED], method="inverted_cdf")
    own = percentiles(raw, grid, higher_is_better=term.higher_is_better)
    under = table(
        f"{label}: raw scores of the population and the percentiles they get",
        ["Share of the population up to it #", "Raw score #", "Percentile #"],
        [
            [num(f"{share} %", share), num(significant(x, 4), x), num(number(y, 1), y)]
            for share, x, y in zip(LISTED, raw.tolist(), own.tolist(), strict=True)
        ],
    )
    return Chart(f"calibration-{term.metric.name}", f"Calibration: {label}", description, chart, under)
