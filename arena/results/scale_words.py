"""Rankings by severity, by grades, and over blocks, as tables."""

from collections.abc import Iterable
from dataclasses import replace

from arena.analytics.ranking_joint import JointRanking
from arena.analytics.ranking_result import RankingResult, RankingRow
from arena.analytics.result import Estimate, Undefined, p_words
from arena.results.charts.ranking import places_cell
from arena.results.labels import ABSENT, estimate_words, number, span
from arena.results.scales import Severity
from arena.results.tables import Cell, Table, between, estimated, num, table

LISTED = 20


def points_table(caption: str, result: RankingResult, heading: str = "Votes") -> Table:
    """Points, interval and places of any ranking; a note where there are none."""
    return table(
        caption,
        ["Generator", "Points #", "95 % interval #", "Possible places #", f"{heading} #"],
        [_row(row) for row in result.rows],
    )


def _row(row: RankingRow) -> list[str | Cell]:
    return [
        row.generator,
        Cell(row.note or ABSENT) if row.points is None else num(number(row.points), row.points),
        between(span(row.low, row.high), row.low, row.high),
        places_cell(row),
        num(number(row.n), row.n),
    ]


def severity_tables(found: Iterable[Severity]) -> list[Table]:
    made = []
    for part in found:
        if isinstance(part.found, Undefined):
            continue
        ranking = part.found.ranking
        made.append(
            points_table(
                f"{part.label}: points with each rater’s severity taken out; {ranking.interval_method}",
                ranking,
                "Ratings",
            )
        )
    return made


def severity_words(found: Iterable[Severity]) -> list[tuple[str, str]]:
    said = []
    for part in found:
        if isinstance(part.found, Undefined):
            said.append((part.label, part.found.reason))
            continue
        words = f"Raters’ severities spread by {number(part.found.rater_sd, 2)} logits (standard deviation)."
        severity = part.found.severity
        if len(severity):
            harsh = severity.loc[severity["severity"].idxmax()]
            words += (
                f" The severest of {number(len(severity))} raters, {harsh['rater']}, rates "
                f"{number(harsh['severity'], 2)} logits below the usual."
            )
        said.append((part.label, " ".join([words, *part.found.ranking.warnings])))
    return said


def slopes_table(found: JointRanking) -> Table:
    return table(
        "How much each block spreads the generators, against the first block",
        ["Block", "Slope", "Method"],
        [[name, _slope(slope), slope.method] for name, slope in found.slopes.items()],
    )


def _slope(slope: Estimate) -> Cell:
    return replace(estimated(slope), text=estimate_words(slope))


def blocks_table(found: JointRanking) -> Table | None:
    if found.blocks.empty:
        return None
    return table(
        "Each block’s own points, brought to the common scale, beside the joint ones",
        ["Generator", "Block", "Own points #", "95 % interval #", "Joint #"],
        [
            [
                row.generator,
                row.block,
                num(number(row.points), row.points),
                between(span(row.low, row.high), row.low, row.high),
                num(number(row.joint), row.joint),
            ]
            for row in found.blocks.itertuples()
        ],
    )


def agreement_words(found: JointRanking) -> str:
    agreed = found.agreement
    if isinstance(agreed, Undefined):
        return agreed.reason
    verdict = (
        "the blocks rank differently" if agreed.p_value < 0.05 else "no difference between blocks is shown"
    )
    return f"{agreed.method}: {p_words(agreed.p_value)}, {agreed.clusters} raters; {verdict}."
