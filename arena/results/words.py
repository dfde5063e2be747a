"""Sentences and tables that pages and the report share."""

from dataclasses import replace

from arena.analytics.human_metric import GeneratorCorrelation, PairAccuracy
from arena.analytics.result import Undefined
from arena.results.labels import ABSENT, estimate_words, number, plural, span
from arena.results.robustness import Robustness
from arena.results.selection import Counts
from arena.results.tables import Cell, Heading, Table, between, num, sortable, table
from scoring.models import Metric

# Of the sensitivity table, best first: more columns than that nobody reads.
MOST_GENERATORS = 9


def accuracy_words(found: PairAccuracy, metric: Metric) -> str:
    if metric.higher_is_better is None:
        return f"{metric.label} has no better direction, so there is nothing to be right about."
    if isinstance(found.accuracy, Undefined):
        return found.accuracy.reason
    share, votes = estimate_words(found.accuracy, share=True), plural(found.n_decided, "decided vote")
    said = f"In {share} of {votes} the rater preferred the picture with the better score; "
    said += "a coin would reach 50 %."
    if found.n_equal_scores:
        said += f" {plural(found.n_equal_scores, 'vote')} on equal scores count half."
    if found.n_without_score:
        said += f" {plural(found.n_without_score, 'vote')} lack a score and are left out."
    return said


def correlation_words(found: GeneratorCorrelation) -> str:
    if isinstance(found.spearman, Undefined):
        return found.spearman.reason
    return (
        f"Rank correlation of mean score and points: Spearman’s ρ {estimate_words(found.spearman)}, "
        f"Kendall’s τ {estimate_words(found.kendall)}, over {plural(found.n_generators, 'generator')}. "
        f"{found.warning}"
    )


def variants_table(found: Robustness) -> Table:
    order = [row.generator for row in found.variants[0].result.rows][:MOST_GENERATORS]
    rows = []
    for variant in found.variants:
        by_name = {row.generator: row for row in variant.result.rows}
        cells: list[str | Cell] = [
            variant.label,
            num(number(variant.left_out), variant.left_out),
            num(number(variant.votes), variant.votes),
        ]
        for name in order:
            row = by_name.get(name)
            if row is None or row.points is None:
                cells.append(Cell(ABSENT))
            else:
                bounds = between(span(row.low, row.high), row.low, row.high)
                text = f"{number(row.points)} ({row.rank})"
                cells.append(replace(bounds, text=text, value=sortable(row.points), title=bounds.text))
        rows.append(cells)
    headings: list[str | Heading] = ["Left out", Heading("Raters out", True), Heading("Votes", True)]
    headings += [Heading(name, True, "Points and place; hover for the interval") for name in order]
    many = len(found.variants[0].result.rows)
    which = (
        f"of the first {MOST_GENERATORS} of {many} generators"
        if many > MOST_GENERATORS
        else "of each generator"
    )
    return table(f"Points (place) {which} with other raters left out", headings, rows)


def left_out_words(counts: Counts) -> str:
    """What a filter covers but does not count."""
    said = []
    if counts.excluded_votes:
        by_rules = (
            f" ({number(counts.ruled_out_raters)} by declared rules)" if counts.ruled_out_raters else ""
        )
        raters = plural(counts.excluded_raters, "excluded rater")
        said.append(f"{plural(counts.excluded_votes, 'vote')} of {raters}{by_rules}")
    if counts.surplus_votes:
        said.append(f"{plural(counts.surplus_votes, 'late vote')} whose place had been filled")
    if counts.simulated_votes_left_out:
        said.append(plural(counts.simulated_votes_left_out, "simulated vote"))
    if counts.check_votes:
        said.append(f"{plural(counts.check_votes, 'answer')} to attention checks, which are never ranked")
    return "; ".join(said) or "Nothing"
