"""What several studies say over time, in words and tables."""

from arena.analytics.drift import LEVEL
from arena.analytics.result import Estimate, Undefined
from arena.analytics.trend_result import TrendResult
from arena.results.charts.trends import small
from arena.results.labels import ABSENT, estimate_words, number, percent, plural, span
from arena.results.scale_words import points_table
from arena.results.tables import Cell, Table, estimated, num, table
from arena.results.trends import TrendsFound

NAMED = 6


def drift_words(found: TrendResult) -> list[tuple[str, str]]:
    """The verdict, its size, and what it rests on."""
    drift = found.drift
    if isinstance(drift, Undefined):
        return [("Not tested", drift.reason)]
    said = [
        (
            "Verdict",
            f"{_verdict(found)} (p {_p(drift.p_value)}; F = {number(_f(found), 2)} on {drift.df} and "
            f"{number(drift.df2)} degrees of freedom, {plural(drift.raters, 'rater')}).",
        ),
        ("Size", _size(found)),
    ]
    if moved := _moved(found):
        said.append(("Moved", moved))
    if found.likelihood_ratio == found.likelihood_ratio:
        said.append(
            (
                "Vote by vote",
                "A likelihood ratio that takes all votes as independent gives p "
                f"{_p(found.likelihood_ratio_p)} (χ² = {number(found.likelihood_ratio, 1)}). Where raters "
                "differ in taste it finds drift too easily.",
            )
        )
    return said


def _f(found: TrendResult) -> float:
    assert not isinstance(found.drift, Undefined)
    nu = found.drift.df2 + found.drift.df - 1
    return found.drift.statistic * found.drift.df2 / (nu * found.drift.df)


def _p(value: float) -> str:
    text = small(value)
    return text if text.startswith("<") else f"= {text}"


def _verdict(found: TrendResult) -> str:
    assert not isinstance(found.drift, Undefined)
    if found.drift.p_value < LEVEL:
        return (
            "The shared generators did not keep their relative strengths: what a generator gained or lost "
            "between studies depends on which of them carry the scale"
        )
    return (
        "No drift is shown: the shared generators may have kept their relative strengths. That is no proof "
        "that they did; see how wide the intervals are"
    )


def _size(found: TrendResult) -> str:
    drift = found.drift
    assert not isinstance(drift, Undefined)
    beyond = (
        f"{number(drift.beyond_chance)} with what chance explains taken off"
        if drift.beyond_chance >= 0.5
        else "which chance explains"
    )
    return (
        f"Around their mean places the {plural(len(drift.anchors), 'generator')} that carry the scale lie "
        f"{number(drift.spread)} points off in a study (root mean square), {beyond}."
    )


def _moved(found: TrendResult) -> str:
    frame = found.by_generator
    if frame.empty or not frame["moved"].any():
        return ""
    own = frame[frame["moved"]].sort_values("p_holm", kind="stable")
    said = [
        f"{row.generator} {'rose' if row.change > 0 else 'fell'} by {number(abs(row.change))} points "
        f"({span(row.low, row.high)}) from {row.first} to {row.last}"
        for row in own.head(NAMED).itertuples()
    ]
    more = f"; and {len(own) - NAMED} more" if len(own) > NAMED else ""
    still = [str(name) for name in frame.loc[frame["reference"], "generator"]]
    return f"Against {', '.join(still)}: {'; '.join(said)}{more}. Corrected for their number (Holm)."


def studies_table(found: TrendsFound, address: dict[str, str]) -> Table:
    """What each study brings; `address` is where its own results are."""
    result = found.result
    by_name = dict(zip(result.studies, result.results, strict=True))
    rows = []
    for member, counts in zip(found.asked.members, found.counts, strict=True):
        own = by_name.get(member.candidate.label)
        left = own.left_share if own is not None else None
        ties = own.tie_rate if own is not None else None
        shared = member.candidate.shared_with(m.candidate for m in found.asked.members)
        rows.append(
            [
                Cell(member.candidate.label, url=address[member.candidate.key]),
                Cell(f"{member.at:%Y-%m-%d}" + (" (stated)" if member.stated else ""), member.at.isoformat()),
                num(number(counts.votes), counts.votes),
                num(number(counts.raters), counts.raters),
                num(number(len(member.candidate.generators)), len(member.candidate.generators)),
                num(number(shared), shared),
                Cell(ABSENT) if left is None else estimated(left, share=True),
                num(percent(ties), ties),
                num(number(counts.excluded_votes), counts.excluded_votes),
            ]
        )
    return table(
        "What each study brings, in the order of time; sides and ties are allowed to differ between studies",
        [
            "Study", "Time", "Votes #", "Raters #", "Generators #", "Shared with others #",
            "Left of two equals #", "Ties #", "Excluded votes #",
        ],
        rows,
    )  # fmt: skip


def _left(share: Estimate | None) -> str:
    return ABSENT if share is None else estimate_words(share, share=True).replace("95 % interval ", "")


def pooled_table(found: TrendResult) -> Table:
    return points_table(
        f"All studies together, strengths taken as unchanged; {found.pooled.interval_method}", found.pooled
    )
