"""Charts as SVG without a browser: the same specs as on the pages, in the light theme, for paper."""

from collections.abc import Callable
from typing import Any

from arena.results.charts import Chart

Draw = Callable[[Chart], str]

VEGA_LITE = "6.1"
WIDTH = 560
ACCENT, INK, INK_2, LINE, LINE_STRONG = "#1f5fa8", "#1c1c1a", "#55544f", "#e3e1da", "#b9b6ad"
CATEGORY = ["#0072b2", "#d55e00", "#009e73", "#a8568a", "#8a6d00", "#3d3d3d"]
CONFIG: dict[str, Any] = {
    "background": "white",
    "font": "DejaVu Sans, Verdana, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK_2,
        "titleColor": INK_2,
        "gridColor": LINE,
        "domainColor": LINE_STRONG,
        "tickColor": LINE_STRONG,
        "titleFontWeight": 500,
    },
    "axisY": {"labelColor": INK, "labelLimit": 200, "grid": False},
    "axisX": {"labelFlush": False},
    "axisQuantitative": {"tickCount": 6, "grid": True},
    "legend": {"labelColor": INK_2, "titleColor": INK_2},
    "header": {"labelColor": INK, "labelFontWeight": 600, "labelLimit": 220},
    "range": {
        "category": CATEGORY,
        "diverging": ["#e39155", "#f4f2ee", "#5aa0d8"],
        "ordinal": ["#c8641f", "#e9ab7a", "#d9d6cf", "#86b8e0", "#2f79b8"],
    },
    "mark": {"color": ACCENT},
    "style": {
        "interval": {"color": ACCENT, "strokeWidth": 2, "opacity": 0.75},
        "dot": {
            "fill": ACCENT,
            "stroke": "white",
            "strokeWidth": 1,
            "filled": True,
            "size": 80,
            "opacity": 1,
        },
        "cloud": {"fill": ACCENT, "filled": True, "opacity": 0.5},
        "wide": {"fill": ACCENT, "opacity": 0.4},
        "reference": {"color": LINE_STRONG, "strokeDash": [4, 4]},
        "share": {"color": INK, "fontSize": 12},
    },
}


def svg(chart: Chart) -> str:
    import vl_convert  # loads a JavaScript engine: only where a report is drawn

    spec = dict(chart.spec)
    if spec.get("width") == "container":
        spec["width"] = WIDTH
    if "facet" in spec:
        spec["columns"] = 2
    return str(vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, config=CONFIG))
