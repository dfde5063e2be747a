"""Recount a ranking from an export, with nothing but this package.

    python -m arena.analytics.recount votes.csv
    python -m arena.analytics.recount votes.parquet --method half_win --where category=people --json
    python -m arena.analytics.recount votes.csv --design design.json --audit audit.csv
    python -m arena.analytics.recount other.csv --columns left=model_a,right=model_b,outcome=winner,rater=who

    python -m arena.analytics.recount votes.csv --since 2026-03-01 --exclusions off --anchor baseline-model
    python -m arena.analytics.recount votes.csv --where block=ratings

Reads CSV, JSONL or Parquet. From an export of this platform only votes of kind ``regular`` that no rule
excludes are counted, exactly as on the results page; pairs are ranked, best-of-N answers and rankings too,
ratings become mean opinion scores, failure reviews rates. Given the exported design and audit, their hashes
are computed anew and held against each other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from .errors import AnalyticsError, MissingColumnError, OptionError
from .likert import OpinionScores
from .provenance import Provenance, verify
from .ranking import METHODS, rank
from .ranking_graded import rank_graded
from .ranking_result import RankingResult
from .recount_blocks import CHOICES, GRADED, RATINGS, choices_of, failures_of, grades_of, ratings_of
from .recount_select import EXCLUSIONS, PAIRWISE, Exclusions, protocol_of, select_votes

Recount: TypeAlias = RankingResult | OpinionScores | pd.DataFrame
_TEXT = ("left", "right", "outcome", "rater", "prompt", "category", "criterion", "panel")
_RANGES = ["rank", "generator", "points", "low", "high", "rank_low", "rank_high"]
_TABLE = [*_RANGES, "wins", "losses", "ties", "n"]


def read_votes(path: Path) -> pd.DataFrame:
    """Read a file of votes as it stands, every label as text.

    Raises
    ------
    OptionError
        For a missing file or an unknown kind of file.
    """
    if not path.is_file():
        raise OptionError(f"There is no file {path.name}.", mend="Check the path.")
    kind = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    if kind == "csv":
        # Only empty cells are missing: a generator may well be called "None" or "NA".
        return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    if kind in ("jsonl", "ndjson"):
        return _read_lines(path)
    if kind == "parquet":
        return pd.read_parquet(path)
    raise OptionError(f"{path.name} is not CSV, JSONL or Parquet.", mend="Convert it to one of these.")


def _read_lines(path: Path) -> pd.DataFrame:
    """One JSON object per line, values as they stand."""
    records = []
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise OptionError(f"Line {number} is not JSON: {error}.", mend="Correct the line.") from error
    return pd.DataFrame(records)


def recount(
    df: pd.DataFrame,
    *,
    columns: dict[str, str] | None = None,
    where: dict[str, str] | None = None,
    exclusions: Exclusions = "on",
    since: str = "",
    until: str = "",
    **options: object,
) -> RankingResult:
    """Rank the pairwise votes of an export (or of any table, through ``columns``: our name → its name)."""
    if columns:
        absent = [name for name in columns.values() if name not in df.columns]
        if absent:
            raise MissingColumnError(f"There is no column {', '.join(absent)}.", mend="Check --columns.")
        # A mapped column replaces one that happens to have our name already.
        clash = [ours for ours, theirs in columns.items() if ours in df.columns and ours != theirs]
        df = df.drop(columns=clash).rename(columns={theirs: ours for ours, theirs in columns.items()})
    votes = select_votes(df, where=where, exclusions=exclusions, since=since, until=until)
    used = [
        c for c in ("left", "right", "outcome", "rater", "prompt", "category", "weight") if c in votes.columns
    ]
    graded = options.get("method") == GRADED
    if graded:
        votes = votes.assign(outcome=grades_of(votes))
        del options["method"]
    votes = votes[used]
    for column in (c for c in _TEXT if c in used):
        votes = votes.assign(**{column: _as_text(votes[column])})
    count = rank_graded if graded else rank
    return count(votes, **options)  # type: ignore[arg-type]


def recount_block(
    df: pd.DataFrame,
    *,
    where: dict[str, str] | None = None,
    exclusions: Exclusions = "on",
    since: str = "",
    until: str = "",
    position: bool = True,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    anchor: str | None = None,
    points: int = 5,
) -> Recount:
    """What the results page shows of a block that holds no pairs: a ranking of choices, mean opinion scores,
    or a table of failure rates."""
    protocol = protocol_of(df, where)
    days = {"since": since, "until": until}
    votes = select_votes(df, where=where, protocol=protocol, exclusions=exclusions, **days)
    if protocol == RATINGS:
        return ratings_of(votes, points=points, confidence=confidence, draws=draws, seed=seed)
    if protocol in CHOICES:
        return choices_of(
            votes, places=position, confidence=confidence, draws=draws, seed=seed, anchor=anchor
        )
    return failures_of(votes, confidence=confidence)


def _as_text(values: pd.Series) -> pd.Series:
    return values.where(values.isna(), values.astype(str)) if values.dtype != object else values


def _pairs(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    last = ""
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals and last:
            out[last] += f",{part}"  # a value may hold a comma
            continue
        if not equals or not name.strip():
            raise argparse.ArgumentTypeError(f"{part!r} is not of the form name=value")
        last = name.strip()
        out[last] = value.strip()
    return out


class _Joined(argparse.Action):
    """Several --where together."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        setattr(namespace, self.dest, (getattr(namespace, self.dest) or {}) | values)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m arena.analytics.recount", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("votes", type=Path, help="CSV, JSONL or Parquet")
    parser.add_argument("--method", choices=(*METHODS, GRADED), default="davidson")
    parser.add_argument("--columns", type=_pairs, help="left=…,right=…,outcome=…,rater=…")
    parser.add_argument(
        "--where", type=_pairs, action=_Joined, help="column=value[,column=value]; may be given again"
    )
    parser.add_argument("--since", default="", help="first day of votes, UTC: 2026-03-31")
    parser.add_argument("--until", default="", help="last day of votes, UTC")
    parser.add_argument("--exclusions", choices=EXCLUSIONS, default="on", help="whose votes do not count")
    parser.add_argument("--points", type=int, default=5, help="points of a rating scale")
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--anchor", help="generator at 1000 points")
    parser.add_argument("--no-position", action="store_true", help="leave the position effect out")
    parser.add_argument("--design", type=Path, help="exported design: its hash is verified")
    parser.add_argument("--audit", type=Path, help="exported audit: its chain of hashes is verified")
    parser.add_argument("--json", action="store_true", help="every number at full precision")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code (2 for input that cannot be ranked)."""
    arguments = _parser().parse_args(argv)
    try:
        result = _counted_again(arguments)
        found = _provenance(arguments.design, arguments.audit)
    except AnalyticsError as error:
        print(f"recount: {error}", file=sys.stderr)
        return 2
    print(_as_json(result) if arguments.json else _text(result))
    if found is None:
        return 0
    for line in _verified(found):
        print(line, file=sys.stderr)
    return 1 if found.problems else 0


def _counted_again(arguments: argparse.Namespace) -> Recount:
    votes = read_votes(arguments.votes)
    shared: dict[str, Any] = {
        "where": arguments.where,
        "exclusions": arguments.exclusions,
        "since": arguments.since,
        "until": arguments.until,
        "position": not arguments.no_position,
        "confidence": arguments.confidence,
        "draws": arguments.draws,
        "seed": arguments.seed,
        "anchor": arguments.anchor,
    }
    if arguments.columns or protocol_of(votes, arguments.where) == PAIRWISE:
        return recount(votes, columns=arguments.columns, method=arguments.method, **shared)
    return recount_block(votes, points=arguments.points, **shared)


def _as_json(result: Recount) -> str:
    if isinstance(result, pd.DataFrame):
        return str(result.to_json(orient="records", indent=2, force_ascii=False, double_precision=15))
    return json.dumps(result.to_dict(), indent=2, ensure_ascii=False)


def _provenance(design: Path | None, audit: Path | None) -> Provenance | None:
    if design is None and audit is None:
        return None
    document = None
    if design is not None:
        try:
            document = json.loads(design.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError) as error:
            raise OptionError(
                f"{design} cannot be read: {error}.", mend="Export the design again."
            ) from error
    rows = None
    if audit is not None:
        rows = [{str(k): v for k, v in row.items()} for row in read_votes(audit).to_dict("records")]
    return verify(design=document, audit=rows)


def _verified(found: Provenance) -> list[str]:
    if found.problems:
        return [f"NOT VERIFIED: {problem}" for problem in found.problems]
    lines = []
    if found.design_hash:
        lines.append(f"design verified: SHA-256 {found.design_hash}")
    if found.events:
        lines.append(f"audit verified: {found.events} events, last hash {found.last_hash}")
    return lines


def _text(result: Recount) -> str:
    if isinstance(result, RankingResult):
        return _ranking_text(result)
    table = result if isinstance(result, pd.DataFrame) else result.to_frame()
    notes = [] if isinstance(result, pd.DataFrame) else [f"note: {line}" for line in result.warnings]
    shown = table.to_string(index=False, na_rep="-", float_format="{:.3f}".format)
    return "\n".join([*notes, shown if len(table) else "No votes were counted."])


def _ranking_text(result: RankingResult) -> str:
    lines = [
        f"{result.n_votes:g} votes by {result.n_raters} raters; {result.method}",
        f"intervals: {result.interval_method}; confidence {result.confidence:g}",
    ]
    if result.left_share is not None:
        share = result.left_share
        lines.append(
            f"left side wins {share.value:.3f} ({share.low:.3f} to {share.high:.3f}) of decided votes"
        )
    lines += [f"note: {warning}" for warning in result.warnings]
    table = result.to_frame()
    if not table.empty:
        lines += ["", table[_TABLE].round(1).to_string(index=False, na_rep="-")]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
