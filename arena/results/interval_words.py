"""Kinds of intervals and differences of generators as tables."""

import pandas as pd

from arena.analytics.interval_kinds import IntervalKinds
from arena.analytics.intervals import GeneratorIntervals
from arena.analytics.result import Undefined
from arena.analytics.scale import BASE_POINTS, POINTS_PER_LOGIT
from arena.results.labels import number, percent, span
from arena.results.tables import Cell, Heading, Table, between, num, p_cell, table

KIND_LABELS = {
    "rater": "Clustered by rater",
    "prompt": "Clustered by prompt",
    "rater_prompt": "By rater and prompt",
    "one_step": "One-step bootstrap of raters",
    "exact": "Exact bootstrap of raters",
    "wild": "Wild bootstrap of raters",
    "vote": "Votes taken as independent",
}
PAIRS_LISTED = 300


def kinds_table(kinds: IntervalKinds | Undefined) -> Table | None:
    """A row per generator, a column per kind that is known; best first."""
    known = {name: found for name, found in _found(kinds).items() if isinstance(found, GeneratorIntervals)}
    if not known:
        return None
    first = next(iter(known.values()))
    frame = pd.DataFrame({"estimate": first.estimate}).sort_values("estimate", ascending=False)
    rows = [
        [
            first.generators[i],
            num(number(_points(first.estimate[i])), _points(first.estimate[i])),
            *(_between(_points(found.low[i]), _points(found.high[i])) for found in known.values()),
        ]
        for i in frame.index.tolist()
    ]
    headings = [Heading(KIND_LABELS[name], True, found.method) for name, found in known.items()]
    return table(
        "Points, and the 95 % interval of each kind, in points",
        ["Generator", "Points #", *headings],
        rows,
    )


def _between(low: float, high: float) -> Cell:
    return between(span(low, high), low, high)


def _points(logits: float) -> float:
    return BASE_POINTS + POINTS_PER_LOGIT * logits


def _found(kinds: IntervalKinds | Undefined) -> dict[str, GeneratorIntervals | Undefined]:
    return {} if isinstance(kinds, Undefined) else kinds.found


def kinds_words(kinds: IntervalKinds | Undefined) -> list[tuple[str, str]]:
    """How each kind compares with the main one in the median, or why it is not known."""
    if isinstance(kinds, Undefined):
        return [("Kinds of intervals", kinds.reason)]
    frame = kinds.to_frame()
    ratios = frame.groupby("kind")["width_ratio"].median() if len(frame) else pd.Series(dtype=float)
    said = []
    for name, found in kinds.found.items():
        if isinstance(found, Undefined):
            said.append((KIND_LABELS[name], found.reason))
        elif name == "rater" or not ratios.get(name, 0) > 0:
            said.append((KIND_LABELS[name], f"{found.method}."))
        else:
            said.append((KIND_LABELS[name], f"{percent(ratios[name], 0)} as wide; {found.method}."))
    return said


def differences_table(differences: pd.DataFrame) -> Table | None:
    """Every two generators, the largest difference first; of many the first few hundred."""
    if differences.empty:
        return None
    shown = differences.head(PAIRS_LISTED)
    total = number(len(differences))
    more = f"; the first {PAIRS_LISTED} of {total}" if len(differences) > len(shown) else ""
    return table(
        f"Every two generators: difference in points, 95 % interval one at a time{more}",
        ["Stronger", "Weaker", "Difference #", "95 % interval #", "p #", "p, all pairs together (Holm) #"],
        [
            [
                row.first,
                row.second,
                num(number(row.value), row.value),
                between(span(row.low, row.high), row.low, row.high),
                p_cell(row.p),
                p_cell(row.p_adjusted),
            ]
            for row in shown.itertuples()
        ],
    )


def differences_words(differences: pd.DataFrame) -> str:
    if differences.empty:
        return "No two generators can be held against each other here."
    sure = int((differences["p_adjusted"] < 0.05).sum())
    return (
        f"Of {number(len(differences))} pairs on one scale, {number(sure)} differ at 5 % with all pairs "
        "tested together. The interval of a difference is not that of two points taken together: use this "
        "table, not overlapping bars, to hold two generators against each other."
    )
