"""What the checks of the ranking model found, as sentences and tables."""

import math

from arena.analytics.controlled import ControlledRanking
from arena.analytics.evidence_path import EvidencePath
from arena.analytics.fit_report import FitReport
from arena.analytics.goodness import GoodnessOfFit
from arena.analytics.position_by_generator import PositionByGenerator
from arena.analytics.result import Undefined, p_words
from arena.analytics.triads import CircularTriads
from arena.results.labels import number, percent, plural, significant, span
from arena.results.model_checks import ModelChecks
from arena.results.tables import Cell, Table, between, num, p_cell, table

LISTED = 50
# What a statistic counts, where its name does not tell.
OF = {
    "size": " doublings of the number of pixels, as brought",
    "elongation": " doublings of the longer side over the shorter, as brought",
}


def said(checks: ModelChecks) -> list[tuple[str, str]]:
    return [
        ("The fit", _report(checks.report)),
        ("Every pair against the model", _goodness(checks.goodness)),
        ("Circles", _triads(checks.triads)),
        ("Position by generator", _position(checks.position)),
        ("Decided pairs, looking at any time", _evidence(checks.evidence)),
    ]


def _report(found: FitReport | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    settled = "settled" if found.converged else "did not settle"
    lines = [f"It {settled} after {plural(found.iterations, 'step')}."]
    if found.finite_maximum and not found.words:
        lines.append("All strengths are finite and connected by votes.")
    return " ".join([*lines, *found.words])


def _goodness(found: GoodnessOfFit | Undefined) -> str:
    return found.reason if isinstance(found, Undefined) else found.words


def _triads(found: CircularTriads | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    crowd = (
        f"{number(found.circular)} of {plural(found.triads, 'triad')} of the crowd’s majorities go round in "
        "a circle (a beats b, b beats c, c beats a)."
    )
    if isinstance(found.pooled, Undefined):
        return f"{crowd} Within raters: {found.pooled.reason}"
    return (
        f"{crowd} Within raters: {percent(found.pooled)}, where coins would give 25 % "
        f"(as few by coins: {p_words(found.pooled_p)})."
    )


def _position(found: PositionByGenerator | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    verdict = "it differs by generator" if found.p < 0.05 else "no difference between generators is shown"
    return f"Wald test on {found.df} degrees of freedom, {p_words(found.p)}: {verdict}."


def _evidence(found: EvidencePath | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    decided = sum(math.isfinite(at) for at in found.decided_at)
    return (
        f"{number(decided)} of {plural(len(found.pairs), 'pair')} are decided by an e-process that allows a "
        f"look after any vote; over all pairs and looks a false decision has a chance of at most "
        f"{percent(found.alpha, 0)}. It uses each rater’s first decided vote on a pair and no model."
    )


def evidence_table(found: EvidencePath | Undefined) -> Table | None:
    if isinstance(found, Undefined) or not found.pairs:
        return None
    last, needed = found.log_e[-1] / math.log(10), math.log10(found.threshold)
    rows = sorted(zip(found.pairs, last, found.decided_at, strict=True), key=lambda row: -float(row[1]))
    return table(
        f"Evidence by pair after {number(found.looks[-1])} votes; decided from log₁₀ e of "
        f"{number(needed, 2)} on",
        ["Pair", "log₁₀ e now #", "Decided", "After votes #"],
        [
            [
                f"{first} and {second}",
                num(number(log10_e, 2), log10_e),
                "yes" if math.isfinite(at) else "not yet",
                num(number(at), at),
            ]
            for (first, second), log10_e, at in rows[:LISTED]
        ],
    )


def misfit_table(found: GoodnessOfFit | Undefined) -> Table | None:
    if isinstance(found, Undefined) or found.pairs.empty:
        return None
    return table(
        "Pairs against the model, worst first; z takes overdispersion into account",
        ["Pair", "Votes #", "First preferred #", "Model #", "z #"],
        [
            [
                f"{row.first} against {row.second}",
                num(number(row.votes), row.votes),
                num(percent(row.share), row.share),
                num(percent(row.expected), row.expected),
                num(number(row.z, 1), row.z),
            ]
            for row in found.pairs.head(LISTED).itertuples()
        ],
    )


def cycles_table(found: CircularTriads | Undefined) -> Table | None:
    if isinstance(found, Undefined) or found.cycles.empty:
        return None
    return table(
        "Circles of the crowd, the most convincing first",
        ["Circle", "Weakest share #", "p, all circles #"],
        [
            [
                f"{row.first} beats {row.second} beats {row.third} beats {row.first}",
                num(percent(row.weakest), row.weakest),
                p_cell(row.p_adjusted),
            ]
            for row in found.cycles.head(LISTED).itertuples()
        ],
    )


def position_table(found: PositionByGenerator | Undefined) -> Table | None:
    if isinstance(found, Undefined):
        return None
    return table(
        f"Position effect by generator, logits, above 0 favours the left; {found.method}",
        ["Generator", "Votes #", "Position #", "95 % interval #"],
        [
            [
                row.generator,
                num(number(row.votes), row.votes),
                num(number(row.position, 2), row.position),
                between(span(row.low, row.high, 2), row.low, row.high),
            ]
            for row in found.frame.itertuples()
        ],
    )


def style_words(found: ControlledRanking | Undefined) -> list[str]:
    if isinstance(found, Undefined):
        return [found.reason]
    lines = []
    for row in found.effects:
        effect = row.effect
        bounds = f" ({span(effect.low, effect.high, 2)})" if effect.has_interval else ""
        towards = "more" if effect.value > 0 else "less"
        p = f", {p_words(row.p_value)}" if math.isfinite(row.p_value) else ""
        lines.append(
            f"{row.name.capitalize()}: {number(effect.value, 2)} logits per unit{bounds}{p}; raters lean to "
            f"the picture with {towards}. A unit is {significant(row.unit)}{OF.get(row.name, '')}, the usual "
            "difference within a pair."
        )
    return [*lines, *found.warnings]


def style_parts_table(by: str, found: ControlledRanking) -> Table | None:
    """What each statistic does within each category, or panel."""
    if not found.effects:
        return None
    return table(
        f"What style does within each {by}: logits per usual difference of a pair; clustered by rater",
        ["Statistic", by.capitalize(), "Effect #", "95 % interval #", "p #"],
        [
            [
                row.name.capitalize(),
                row.part,
                num(number(row.effect.value, 2), row.effect.value),
                between(span(row.effect.low, row.effect.high, 2), row.effect.low, row.effect.high),
                p_cell(row.p_value),
            ]
            for row in found.effects
        ],
    )


def style_table(found: ControlledRanking | Undefined) -> Table | None:
    if isinstance(found, Undefined) or found.changes.empty:
        return None
    return table(
        "Points (place) as it is, and with image statistics held equal; intervals clustered by rater",
        ["Generator", "Plain #", "Held equal #", "Change #", "95 % interval of the change #"],
        [
            [
                row.generator,
                Cell(f"{number(row.plain)} ({number(row.rank_plain)})", repr(float(row.plain))),
                Cell(
                    f"{number(row.controlled)} ({number(row.rank_controlled)})", repr(float(row.controlled))
                ),
                num(number(row.change), row.change),
                between(span(row.low, row.high), row.low, row.high),
            ]
            for row in found.changes.itertuples()
        ],
    )
