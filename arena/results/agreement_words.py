"""Agreement as tables, for pages and the report."""

from collections.abc import Callable

from arena.analytics.agreement_table import AgreementTable
from arena.analytics.result import Estimate, Undefined
from arena.results.agreement import PARTS, Panels, Part
from arena.results.labels import ABSENT, estimate_words, number, percent, percent_span, plural, span
from arena.results.tables import Cell, Table, between, estimated, num, table

MEASURES = {
    "percent": "Same answer",
    "alpha_nominal": "Krippendorff’s α (nominal)",
    "alpha_ordinal": "Krippendorff’s α (ordinal)",
    "alpha_interval": "Krippendorff’s α (interval: points evenly spaced)",
    "alpha_ratio": "Krippendorff’s α (ratio: points count from zero)",
    "fleiss": "Fleiss’ κ",
    "gwet": "Gwet’s AC1",
    "fleiss_quadratic": "Fleiss’ κ, quadratic weights",
    "gwet_quadratic": "Gwet’s AC2, quadratic weights",
    "cohen": "Cohen’s κ",
    "icc_1_1": "ICC(1,1): one rating",
    "icc_1_k": "ICC(1,k): the mean of an item’s ratings",
    "icc_2_1": "ICC(2,1): one rating, raters as a sample",
    "icc_2_k": "ICC(2,k): mean rating, raters as a sample",
    "icc_3_1": "ICC(3,1): one rating, these raters",
    "icc_3_k": "ICC(3,k): mean rating, these raters",
}
IN_PARTS = ("percent", "alpha_nominal", "alpha_ordinal", "fleiss", "gwet", "gwet_quadratic", "icc_1_1")
Address = Callable[[str, str, str], str]


def _value(name: str, found: Estimate | Undefined) -> Cell:
    if isinstance(found, Undefined):
        return Cell(ABSENT, title=found.reason)
    return num(percent(found.value) if name == "percent" else number(found.value, 2), found.value)


def _interval(name: str, found: Estimate | Undefined) -> Cell:
    if isinstance(found, Undefined):
        return Cell(ABSENT)
    bounds = percent_span(found.low, found.high) if name == "percent" else span(found.low, found.high, 2)
    return between(bounds, found.low, found.high)


def _remark(found: Estimate | Undefined) -> str:
    said = found.reason if isinstance(found, Undefined) else found.note or found.method
    return said[:1].upper() + said[1:].replace("'", "’").replace(" 1000 ", " 1,000 ")


def measures_table(part: Part) -> Table:
    """Every measure with interval, n and method, or why it is not known."""
    found = part.table
    return table(
        f"{part.label}: {plural(found.ratings, 'answer')} to {plural(found.items, 'item')}, "
        f"{number(found.items_overlapping)} of them answered by two raters or more",
        ["Measure", "Value #", "95 % interval #", "Items #", "Method, or why it is not known"],
        [
            [
                MEASURES.get(name, name),
                _value(name, estimate),
                _interval(name, estimate),
                Cell(ABSENT) if isinstance(estimate, Undefined) else num(number(estimate.n), estimate.n),
                _remark(estimate),
            ]
            for name, estimate in found.measures.items()
        ],
    )


def brief_table(parts: list[Part]) -> Table:
    """One line for each of many parts."""
    names = [name for name in IN_PARTS if any(name in part.table.measures for part in parts)]
    return table(
        "Agreement on each, with 95 % intervals; a dash where not known",
        ["On", "Answers #", "Items of two raters or more #", *(f"{MEASURES[name]} #" for name in names)],
        [_part_row(part.label, part.table, names) for part in parts],
    )


def parts_table(part: Part, column: str) -> Table | None:
    """The measures within each category or panel."""
    parts = part.by.get(column, {})
    if not parts:
        return None
    names = [name for name in IN_PARTS if any(name in found.measures for found in parts.values())]
    return table(
        f"{part.label}, within each {column}; values with 95 % intervals, a dash where not known",
        [
            PARTS[column],
            "Answers #",
            "Items of two raters or more #",
            *(f"{MEASURES[name]} #" for name in names),
        ],
        [_part_row(label, found, names) for label, found in parts.items()],
    )


def _part_row(label: str, found: AgreementTable, names: list[str]) -> list[str | Cell]:
    row: list[str | Cell] = [
        label,
        num(number(found.ratings), found.ratings),
        num(number(found.items_overlapping), found.items_overlapping),
    ]
    for name in names:
        estimate = found.measures.get(name, Undefined("no_ratings", "There are no answers."))
        row.append(estimated(estimate, share=name == "percent"))
    return row


def panel_words(compared: Panels) -> list[tuple[str, str]]:
    """What two panels have in common."""
    found = compared.found
    ranks = found.ranks
    said = (
        ranks.reason
        if isinstance(ranks, Undefined)
        else f"Spearman’s ρ {estimate_words(ranks.spearman)}, Kendall’s τ {estimate_words(ranks.kendall)}, "
        f"over {plural(ranks.n_generators, 'generator')}; all votes of each panel. {ranks.warning}"
    )
    return [
        (
            "Comparisons",
            f"{number(found.common)} judged by both, {number(found.only_a)} by {compared.first} alone, "
            f"{number(found.only_b)} by {compared.second} alone",
        ),
        ("Same verdict", estimate_words(found.same, share=True)),
        ("Opposite winners", estimate_words(found.opposite, share=True)),
        ("Cohen’s κ of majorities", estimate_words(found.kappa)),
        ("The same, linear weights", estimate_words(found.kappa_weighted)),
        ("Order of generators", said),
    ]


def differing_table(compared: Panels, address: Address | None = None) -> Table | None:
    """Comparisons on which two panels differ, opposite winners first."""
    found = compared.found
    if not found.differing:
        return None
    rows = []
    for row in found.comparisons.itertuples():
        prompt = compared.prompts.get(int(row.comparison), "")
        url = address(row.first, row.second, prompt) if address else ""
        rows.append(
            [
                Cell(f"{row.first} against {row.second}", url=url),
                prompt,
                num(f"{percent(row.share_a, 0)} of {number(row.votes_a)}", row.share_a),
                num(f"{percent(row.share_b, 0)} of {number(row.votes_b)}", row.share_b),
                num(percent(row.difference, 0), row.difference),
                "yes" if row.opposite else "no",
                num(number(row.p, 3), row.p),
            ]
        )
    return table(
        f"The {len(rows)} largest of {number(found.differing)} comparisons on which the verdicts differ; "
        "p by Fisher’s exact test, one comparison at a time",
        [
            "Comparison",
            "Prompt",
            f"First preferred, {compared.first} #",
            f"First preferred, {compared.second} #",
            "Difference #",
            "Opposite winners",
            "p #",
        ],
        rows,
    )
