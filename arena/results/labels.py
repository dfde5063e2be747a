"""Words and number formats that pages, charts and exports share."""

import math

from arena.analytics.result import Estimate, Undefined

METHOD_LABELS = {
    "davidson": "Davidson (ties modelled)",
    "rao_kupper": "Rao-Kupper (ties as a threshold)",
    "half_win": "Ties as half wins",
    "bradley_terry": "Plain Bradley-Terry",
    "firth": "Davidson, Firth-penalised",
    "elo": "Elo (in order of votes)",
    "elo_permuted": "Elo (averaged over random orders)",
}
# Pairs whose answers say how clearly one is preferred.
GRADED = "graded"
GRADED_METHOD_LABELS = {GRADED: "Cumulative link (how clearly preferred)"}
# Best-of-N and rankings.
CHOICE_METHOD_LABELS = {"plackett_luce": "Plackett-Luce"}
ON, OFF = "on", "off"
EXCLUSION_LABELS = {
    ON: "Excluded raters left out",
    "rules": "Only declared rules applied",
    "manual": "Only exclusions by hand applied",
    OFF: "Excluded raters counted as well",
}
SIMULATED_LABELS = {
    "with": "Simulated votes included",
    "without": "Votes by people only",
    "only": "Simulated votes only",
}
CHECK_LABELS = {
    "degraded": "Degraded copy",
    "instructed": "Instructed response",
    "gold": "Known answer from experts",
}
ABSENT = "–"


def number(value: float | None, digits: int = 0) -> str:
    """With thousands separators and a true minus sign; a dash for what is absent."""
    if value is None or not math.isfinite(value):
        return ABSENT
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) != 0 else text.replace("-", "")


def significant(value: float | None, digits: int = 3) -> str:
    """So many significant digits, and never an exponent: what suits a score whose scale is not known."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    return number(value, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def percent(value: float | None, digits: int = 1) -> str:
    # A no-break space keeps number and sign on one line.
    return ABSENT if value is None or not math.isfinite(value) else f"{number(100 * value, digits)}\u00a0%"


def span(low: float | None, high: float | None, digits: int = 0) -> str:
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ABSENT
    return f"{number(low, digits)} to {number(high, digits)}"


def percent_span(low: float, high: float) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return ABSENT
    return f"{number(100 * low, 1)} to {number(100 * high, 1)}\u00a0%"


def seconds(ms: float | None) -> str:
    return ABSENT if ms is None or not math.isfinite(ms) else f"{number(ms / 1000, 1)} s"


def plural(count: float, noun: str, many: str = "") -> str:
    return f"{number(count)} {noun if count == 1 else many or noun + 's'}"


def estimate_words(estimate: Estimate | Undefined, *, share: bool = False, digits: int = 2) -> str:
    """A number with its interval, or the reason why there is none."""
    if isinstance(estimate, Undefined):
        return estimate.reason
    if not math.isfinite(estimate.value):
        return estimate.note or "not known: these answers give no finite value"
    value = percent(estimate.value) if share else number(estimate.value, digits)
    if not estimate.has_interval:
        return f"{value} ({estimate.note or 'no interval'})"
    bounds = percent_span(estimate.low, estimate.high) if share else span(estimate.low, estimate.high, digits)
    return f"{value} ({number(100 * estimate.confidence)} % interval {bounds})"
