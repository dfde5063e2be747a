"""What the checks of a metric found, as sentences and tables."""

from collections.abc import Callable

from arena.analytics.metric_selection import Selection
from arena.analytics.metric_surprises import MetricReport
from arena.analytics.result import Undefined
from arena.results.labels import estimate_words, number, percent, plural, significant
from arena.results.metric_checks import MetricChecks
from arena.results.tables import Cell, Table, estimated, num, table
from scoring.models import Metric

Address = Callable[[str, str, str], str]

SAME = Undefined("constant", "The same for every picture that has all scores.")


def pair_words(found: MetricReport | Undefined) -> list[tuple[str, str]]:
    if isinstance(found, Undefined):
        return [("Pair by pair", found.reason)]
    ties = found.with_ties
    curve = found.curve
    slope = curve.reason if isinstance(curve, Undefined) else estimate_words(curve.slope)
    return [
        ("Decided votes", estimate_words(found.accuracy.accuracy, share=True) + "; a coin would reach 50 %"),
        (
            "Decided votes and ties",
            f"{estimate_words(ties.accuracy, share=True)}; of {plural(ties.n, 'vote')} {number(ties.n_ties)} "
            "are ties; a score difference counts as a tie below a threshold fitted on other prompts",
        ),
        ("AUC of the score difference", f"{estimate_words(found.auc)}; 0.5 is chance"),
        ("Slope of the logistic curve", f"{slope} logits per standard deviation of the difference"),
    ]


def categories_table(checks: MetricChecks) -> Table | None:
    if not checks.by_category:
        return None
    return table(
        f"{checks.metric.label} by category; values with 95 % intervals",
        ["Category", "Decided votes #", "Right on decided #", "Right with ties #", "AUC #"],
        [
            [
                name,
                num(number(found.accuracy.n_decided), found.accuracy.n_decided),
                estimated(found.accuracy.accuracy, share=True),
                estimated(found.with_ties.accuracy, share=True),
                estimated(found.auc),
            ]
            for name, found in checks.by_category.items()
        ],
    )


def selection_words(found: Selection | Undefined) -> str:
    if isinstance(found, Undefined):
        return found.reason
    sizes = [int(size) for size in found.frame["N"]]
    said = [f"of {n}: {estimate_words(found.efficiency(n), share=True)}" for n in {sizes[0], sizes[-1]}]
    return (
        "Letting the metric pick the best picture gains, of what a perfect choice would gain over chance: "
        f"{'; '.join(sorted(said))}."
    )


def partial_table(checks: MetricChecks, offered: list[Metric]) -> Table | None:
    found = checks.partial
    if isinstance(found, Undefined):
        return None
    return table(
        f"Rank correlation with people over {plural(found.n, 'picture')}, as it is and given the others; "
        "intervals by drawing prompts again",
        ["Metric", "Spearman’s ρ #", "Given the others #"],
        [
            [metric.label, *(estimated(kind.get(metric.name, SAME)) for kind in (found.plain, found.partial))]
            for metric in offered
        ],
    )


def surprises_table(checks: MetricChecks, address: Address | None = None) -> Table | None:
    frame = checks.disagreements
    if frame.empty:
        return None
    return table(
        f"The {len(frame)} comparisons on which people contradict {checks.metric.label} most",
        ["People prefer", "Prompt", "Votes #", "Share of decided #", "Metric expected #", "Score gap #"],
        [
            [
                Cell(
                    f"{row.preferred} to {row.other}",
                    url=address(row.preferred, row.other, str(row.prompt)) if address else "",
                ),
                str(row.prompt),
                num(number(row.votes), row.votes),
                num(percent(row.share, 0), row.share),
                num(percent(row.expected, 0), row.expected),
                num(significant(row.gap), row.gap),
            ]
            for row in frame.itertuples()
        ],
    )
