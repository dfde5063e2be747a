"""Recount a ranking from an export, with nothing but this package.

    python -m arena.analytics.recount votes.csv
    python -m arena.analytics.recount votes.parquet --method half_win --where category=people --json
    python -m arena.analytics.recount votes.csv --design design.json --audit audit.csv
    python -m arena.analytics.recount other.csv --columns left=model_a,right=model_b,outcome=winner,rater=who

Reads CSV, JSONL or Parquet. From an export of this platform only pairwise votes of kind ``regular`` that no
rule excludes are counted, exactly as on the results page. Given the exported design and audit, their hashes
are computed anew and held against each other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from .errors import AnalyticsError, MissingColumnError, OptionError
from .provenance import Provenance, verify
from .ranking import METHODS, rank
from .ranking_result import RankingResult

# Columns of the export and what the analysis calls them.
EXPORT_COLUMNS = {"shown_left": "left", "shown_right": "right", "prompt_id": "prompt"}
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


def select_votes(df: pd.DataFrame, *, where: dict[str, str] | None = None) -> pd.DataFrame:
    """The rows that count, with the names that `rank` knows.

    Keeps protocol ``pairwise``, kind ``regular``, ``excluded`` empty, ``panel_kind`` other than ``judge``,
    and rows with an ``outcome`` ("can't judge" has none), where these columns exist, then applies ``where``
    (column equals text).

    Raises
    ------
    MissingColumnError
        When ``where`` names an absent column.
    OptionError
        When several criteria or studies would be mixed into one ranking.
    """
    keep = pd.Series(True, index=df.index)
    for column, wanted in (("protocol", "pairwise"), ("kind", "regular")):
        if column in df.columns:
            keep &= df[column].astype(str) == wanted
    if "excluded" in df.columns:
        keep &= df["excluded"].isna() | (df["excluded"].astype(str).str.strip() == "")
    if "panel_kind" in df.columns and "panel" not in (where or {}):
        people = df["panel_kind"].astype(str) != "judge"
        # Machines are never pooled with people; where there are machines alone, they stand alone.
        keep &= people if people.any() else True
    if "outcome" in df.columns and "protocol" in df.columns:
        keep &= df["outcome"].notna() & (df["outcome"].astype(str) != "")
    for column, value in (where or {}).items():
        if column not in df.columns:
            raise MissingColumnError(f"There is no column {column}.", mend="Check --where.")
        keep &= df[column].astype(str) == value
    votes = df[keep].rename(columns={k: v for k, v in EXPORT_COLUMNS.items() if k in df.columns})
    for column in ("study", "block", "criterion"):
        if column in votes.columns and votes[column].nunique() > 1:
            found = ", ".join(sorted(map(str, votes[column].dropna().unique()))[:5])
            raise OptionError(
                f"The file holds votes of several values of {column} ({found}).",
                mend=f"Choose one by --where {column}=…",
            )
    return votes


def recount(
    df: pd.DataFrame,
    *,
    columns: dict[str, str] | None = None,
    where: dict[str, str] | None = None,
    **options: object,
) -> RankingResult:
    """Rank the votes of an export (or of any table, through ``columns``: our name → its name)."""
    if columns:
        absent = [name for name in columns.values() if name not in df.columns]
        if absent:
            raise MissingColumnError(f"There is no column {', '.join(absent)}.", mend="Check --columns.")
        # A mapped column replaces one that happens to have our name already.
        clash = [ours for ours, theirs in columns.items() if ours in df.columns and ours != theirs]
        df = df.drop(columns=clash).rename(columns={theirs: ours for ours, theirs in columns.items()})
    votes = select_votes(df, where=where)
    used = [
        c for c in ("left", "right", "outcome", "rater", "prompt", "category", "weight") if c in votes.columns
    ]
    votes = votes[used]
    for column in (c for c in _TEXT if c in used):
        votes = votes.assign(**{column: _as_text(votes[column])})
    return rank(votes, **options)  # type: ignore[arg-type]


def _as_text(values: pd.Series) -> pd.Series:
    return values.where(values.isna(), values.astype(str)) if values.dtype != object else values


def _pairs(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise argparse.ArgumentTypeError(f"{part!r} is not of the form name=value")
        out[name.strip()] = value.strip()
    return out


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m arena.analytics.recount", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("votes", type=Path, help="CSV, JSONL or Parquet")
    parser.add_argument("--method", choices=METHODS, default="davidson")
    parser.add_argument("--columns", type=_pairs, help="left=…,right=…,outcome=…,rater=…")
    parser.add_argument("--where", type=_pairs, help="column=value[,column=value]")
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
        result = recount(
            read_votes(arguments.votes),
            columns=arguments.columns,
            where=arguments.where,
            method=arguments.method,
            position=not arguments.no_position,
            confidence=arguments.confidence,
            draws=arguments.draws,
            seed=arguments.seed,
            anchor=arguments.anchor,
        )
        found = _provenance(arguments.design, arguments.audit)
    except AnalyticsError as error:
        print(f"recount: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result.to_dict(), indent=2, ensure_ascii=False) if arguments.json else _text(result))
    if found is None:
        return 0
    for line in _verified(found):
        print(line, file=sys.stderr)
    return 1 if found.problems else 0


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


def _text(result: RankingResult) -> str:
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
