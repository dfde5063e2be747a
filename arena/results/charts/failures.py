"""Charts of failure reviews: how often each failure was seen, by generator."""

from typing import Any

from arena.analytics.result import Estimate
from arena.results.charts.base import Chart, nominal, quantitative, rows_axis, spec, tip
from arena.results.failures import ANY, FailureRate, Failures
from arena.results.labels import percent, percent_span
from arena.results.tables import between, num, table


def _record(found: Failures, rate: FailureRate) -> dict[str, Any]:
    known = isinstance(rate.rate, Estimate)
    return {
        "generator": rate.generator,
        "failure": found.labels[rate.failure],
        "rate": rate.rate.value if known else None,
        "low": rate.rate.low if known else None,
        "high": rate.rate.high if known else None,
        "interval": percent_span(rate.rate.low, rate.rate.high) if known else "",
        "images": rate.images,
    }


def _layers(found: Failures) -> list[dict[str, Any]]:
    y = nominal("generator", None, sort=found.generators, axis=rows_axis())
    scale = {"domainMin": 0}
    axis = {"format": ".0%", "tickCount": 4}
    rule = {
        "mark": {"type": "rule", "style": "interval"},
        "encoding": {
            "y": y,
            "x": quantitative("low", "Share of images", scale=scale, axis=axis),
            "x2": {"field": "high"},
        },
    }
    dot = {
        "mark": {"type": "point", "style": "dot"},
        "encoding": {
            "y": y,
            "x": quantitative("rate", "Share of images", scale=scale, axis=axis),
            "tooltip": [
                tip("generator", "Generator"),
                tip("failure", "Failure"),
                tip("rate", "Share", "quantitative", ".1%"),
                tip("interval", "95 % interval"),
                tip("images", "Images", "quantitative", ",.0f"),
            ],
        },
    }
    return [rule, dot]


def failure_rates(found: Failures) -> Chart:
    """Rates with Wilson intervals, a panel per kind of failure that anybody saw."""
    seen = [key for key in found.labels if any(r.with_failure for r in found.rates if r.failure == key)]
    shown = [rate for rate in found.rates if rate.failure in (seen or [ANY])]
    description = "Share of each generator's reviewed images with each failure, with 95 % intervals."
    chart = spec(
        description,
        [_record(found, rate) for rate in shown],
        facet=nominal(
            "failure", None, sort=[found.labels[key] for key in found.labels], header={"labelAnchor": "start"}
        ),
        columns=3,
        spec={"width": 210, "height": {"step": 26}, "layer": _layers(found)},
        resolve={"axis": {"x": "independent", "y": "independent"}},
    )
    under = table(
        "Share of reviewed images with each failure; 95 % intervals by Wilson over images",
        ["Failure", "Generator", "Share #", "95 % interval #", "Images #", "With it #"],
        [_row(found, rate) for rate in found.rates],
    )
    return Chart("failures", "Failures by kind", description, chart, under)


def failures_by_category(found: Failures) -> Chart:
    """Rates of any failure, a panel per category of prompts."""
    records = [_record(found, rate) | {"failure": category} for category, rate in found.by_category]
    description = "Share of each generator's reviewed images with any failure, by category, with intervals."
    chart = spec(
        description,
        records,
        facet=nominal("failure", None, header={"labelAnchor": "start"}),
        columns=3,
        spec={"width": 210, "height": {"step": 26}, "layer": _layers(found)},
        resolve={"axis": {"x": "independent", "y": "independent"}},
    )
    under = table(
        "Share of reviewed images with any failure, by category",
        ["Category", "Generator", "Share #", "95 % interval #", "Images #", "With it #"],
        [[category, *_row(found, rate)[1:]] for category, rate in found.by_category],
    )
    return Chart("failures-by-category", "Any failure by category", description, chart, under)


def _row(found: Failures, rate: FailureRate) -> list[Any]:
    value = rate.rate
    known = isinstance(value, Estimate)
    return [
        found.labels[rate.failure],
        rate.generator,
        num(percent(value.value), value.value) if known else "–",
        between(percent_span(value.low, value.high), value.low, value.high) if known else "–",
        num(str(rate.images), rate.images),
        num(str(rate.with_failure), rate.with_failure),
    ]
