"""What the diagnosis of raters found, as sentences and tables."""

import pandas as pd

from arena.analytics.attrition import Attrition, TestResult
from arena.analytics.collusion import Findings
from arena.analytics.mixture import RaterMixture
from arena.analytics.result import Undefined, p_words
from arena.results.labels import number, percent, percent_span, plural
from arena.results.tables import Table, between, num, p_cell, table

LISTED = 100


def mixture_words(found: RaterMixture | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    certain = int((found.low > 0.5).sum())
    said = (
        f"For {plural(certain, 'rater')} of {number(len(found.raters))} more than half of the answers "
        "look like guesses, by the lower end of the interval."
    )
    return said if found.converged else f"{said} The fit had not settled after {found.iterations} steps."


def mixture_table(found: RaterMixture | Undefined) -> Table | None:
    if isinstance(found, Undefined):
        return None
    rows = found.to_frame().sort_values(["epsilon", "rater"], ascending=[False, True]).head(LISTED)
    return table(
        "Share of answers that look like guesses, by an EM mixture; the most first",
        [
            "Rater",
            "Votes #",
            "Looks like guesses #",
            "95 % interval #",
            "Guesses to the left #",
            "Guessed ties #",
        ],
        [
            [
                str(row.rater),
                num(number(row.votes), row.votes),
                num(percent(row.epsilon, 0), row.epsilon),
                between(_whole(row.epsilon_low, row.epsilon_high), row.epsilon_low, row.epsilon_high),
                num(percent(row.guess_left_share, 0), row.guess_left_share),
                num(percent(row.guess_tie_share, 0), row.guess_tie_share),
            ]
            for row in rows.itertuples()
        ],
    )


def _whole(low: float, high: float) -> str:
    """The fit knows shares on a grid of five points: decimals would be made up."""
    return f"{number(100 * low)} to {percent(high, 0)}"


def similar_words(found: Findings | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    pairs = plural(len(found.frame), "pair")
    return (
        f"{pairs} of {number(found.tested)} tested agree more often than independent raters would; "
        f"{percent(found.alpha, 0)} is the chance of any false alarm."
    )


def similar_table(found: Findings | Undefined) -> Table | None:
    if isinstance(found, Undefined) or found.frame.empty:
        return None
    return table(
        f"Pairs of raters who answer improbably alike; {found.method}",
        ["First", "Second", "In common #", "Alike #", "Expected #", "p, all pairs #"],
        [
            [
                str(row.first),
                str(row.second),
                num(number(row.common), row.common),
                num(number(row.alike), row.alike),
                num(number(row.expected, 1), row.expected),
                p_cell(row.p_adjusted),
            ]
            for row in found.frame.head(LISTED).itertuples()
        ],
    )


def favoured_words(found: Findings | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    raters = found.frame["rater"].nunique() if len(found.frame) else 0
    lean = "favours or punishes" if raters == 1 else "favour or punish"
    return (
        f"{plural(raters, 'rater')} {lean} one generator beyond what differing tastes explain, of "
        f"{number(found.tested)} raters and generators tested."
    )


def favoured_table(found: Findings | Undefined) -> Table | None:
    if isinstance(found, Undefined) or found.frame.empty:
        return None
    return table(
        f"Raters for or against one generator; {found.method}",
        ["Rater", "Generator", "Direction", "Votes #", "Won #", "Expected #", "z #", "p, all tests #"],
        [
            [
                str(row.rater),
                str(row.generator),
                row.direction,
                num(number(row.votes), row.votes),
                num(number(row.won, 1), row.won),
                num(number(row.expected, 1), row.expected),
                num(number(row.z, 1), row.z),
                p_cell(row.p_adjusted),
            ]
            for row in found.frame.head(LISTED).itertuples()
        ],
    )


def leaving_words(found: Attrition | Undefined) -> list[tuple[str, str]]:
    if isinstance(found, Undefined):
        return [("Not known.", found.reason)]
    return [
        ("Do panels finish alike?", _test(found.completion)),
        ("Do they leave after equally many votes?", _test(found.timing)),
    ]


def _test(found: TestResult | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    said = "A difference is shown" if found.p < 0.05 else "No difference is shown"
    return f"{said} ({p_words(found.p)}; {found.method}, {found.df} degrees of freedom)."


def leaving_table(found: Attrition | Undefined) -> Table | None:
    if isinstance(found, Undefined):
        return None
    return table(
        "People who finished, by panel; intervals by Wilson",
        [
            "Panel",
            "Entered #",
            "Finished #",
            "Share #",
            "95 % interval #",
            "Median votes of those who left #",
        ],
        [
            [
                str(row.arm),
                num(number(row.entered), row.entered),
                num(number(row.finished), row.finished),
                num(percent(row.share), row.share),
                between(percent_span(row.low, row.high), row.low, row.high),
                num(number(row.median_votes), row.median_votes),
            ]
            for row in found.arms.itertuples()
        ],
    )


def others_table(raters: pd.DataFrame) -> Table | None:
    """Each rater against the majority of the others; known for pairs only."""
    if "agreement" not in raters or raters["agreement"].isna().all():
        return None
    rows = raters[raters["agreement"].notna()].sort_values(["agreement", "rater"]).head(LISTED)
    return table(
        "Agreement with the majority of the others; the least first",
        ["Rater", "Agreement #", "95 % interval #", "Votes it rests on #"],
        [
            [
                str(row.rater),
                num(percent(row.agreement), row.agreement),
                between(
                    percent_span(row.agreement_low, row.agreement_high), row.agreement_low, row.agreement_high
                ),
                num(number(row.agreement_n), row.agreement_n),
            ]
            for row in rows.itertuples()
        ],
    )
