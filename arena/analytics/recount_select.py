"""Which rows of an export of votes count: the filters of the results pages, by the columns of the file."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias

import pandas as pd

from .errors import MissingColumnError, OptionError, require

# Columns of the export and what the analysis calls them.
EXPORT_COLUMNS = {"shown_left": "left", "shown_right": "right", "prompt_id": "prompt"}
Exclusions: TypeAlias = Literal["on", "rules", "manual", "off"]
EXCLUSIONS = ("on", "rules", "manual", "off")
# Of each, whose votes do not count, by `excluded_by`.
_LEFT_OUT = {"rules": ("rule", "both"), "manual": ("hand", "both")}
PAIRWISE = "pairwise"


def select_votes(
    df: pd.DataFrame,
    *,
    where: dict[str, str] | None = None,
    protocol: str = PAIRWISE,
    exclusions: Exclusions = "on",
    since: str = "",
    until: str = "",
) -> pd.DataFrame:
    """The rows that count, with the names that `rank` knows.

    Keeps ``protocol``, kind ``regular``, ``panel_kind`` other than ``judge``, and pairs with an ``outcome``
    ("can't judge" has none), where these columns exist, then applies ``where`` (column equals text).

    Parameters
    ----------
    exclusions : {"on", "rules", "manual", "off"}
        Whose votes do not count: all excluded raters', only those a declared rule hits, only those somebody
        excluded, nobody's. ``rules`` and ``manual`` need the column ``excluded_by``.
    since, until : str
        First and last day (ISO, UTC) of ``created_at``.

    Raises
    ------
    MissingColumnError
        When a needed column is absent.
    OptionError
        When several criteria or studies would be mixed into one ranking, or a day is none.
    """
    require(exclusions, EXCLUSIONS, "exclusions")
    keep = pd.Series(True, index=df.index)
    for column, wanted in (("protocol", protocol), ("kind", "regular")):
        if column in df.columns:
            keep &= df[column].astype(str) == wanted
    keep &= _counted(df, exclusions) & _on_days(df, since, until)
    if "panel_kind" in df.columns and "panel" not in (where or {}):
        people = df["panel_kind"].astype(str) != "judge"
        # Machines are never pooled with people; where there are machines alone, they stand alone.
        keep &= people if people.any() else True
    if "outcome" in df.columns and "protocol" in df.columns and protocol == PAIRWISE:
        keep &= df["outcome"].notna() & (df["outcome"].astype(str) != "")
    for column, value in (where or {}).items():
        if column not in df.columns:
            raise MissingColumnError(f"There is no column {column}.", mend="Check --where.")
        keep &= df[column].astype(str) == value
    votes = df[keep].rename(columns={k: v for k, v in EXPORT_COLUMNS.items() if k in df.columns})
    for column in ("study", "block", *(("criterion",) if protocol == PAIRWISE else ())):
        if column in votes.columns and votes[column].nunique() > 1:
            found = ", ".join(sorted(map(str, votes[column].dropna().unique()))[:5])
            raise OptionError(
                f"The file holds votes of several values of {column} ({found}).",
                mend=f"Choose one by --where {column}=…",
            )
    return votes


def protocol_of(df: pd.DataFrame, where: dict[str, str] | None = None) -> str:
    """The protocol of the rows that ``where`` names: pairs if there are any.

    Raises
    ------
    OptionError
        When there are several others.
    """
    if "protocol" not in df.columns:
        return PAIRWISE
    rows = df
    for column, value in (where or {}).items():
        if column in df.columns:
            rows = rows[rows[column].astype(str) == value]
    found = sorted(map(str, rows["protocol"].dropna().unique()))
    if PAIRWISE in found or not found:
        return PAIRWISE
    if len(found) > 1:
        raise OptionError(
            f"The file holds votes of several protocols ({', '.join(found)}).",
            mend="Choose a block by --where block=…",
        )
    return found[0]


def _counted(df: pd.DataFrame, exclusions: Exclusions) -> pd.Series:
    everybody = pd.Series(True, index=df.index)
    if exclusions == "off":
        return everybody
    if exclusions in _LEFT_OUT:
        if "excluded_by" not in df.columns:
            raise MissingColumnError(
                "There is no column excluded_by.", mend="Export the votes again, or take --exclusions on."
            )
        return ~df["excluded_by"].astype(str).isin(_LEFT_OUT[exclusions])
    if "excluded" not in df.columns:
        return everybody
    return df["excluded"].isna() | (df["excluded"].astype(str).str.strip() == "")


def _on_days(df: pd.DataFrame, since: str, until: str) -> pd.Series:
    """Days are those of UTC, both inside."""
    if not since and not until:
        return pd.Series(True, index=df.index)
    if "created_at" not in df.columns:
        raise MissingColumnError("There is no column created_at.", mend="Leave out --since and --until.")
    at = pd.to_datetime(df["created_at"], utc=True, format="ISO8601")
    inside = pd.Series(True, index=df.index)
    if since:
        inside &= at >= _midnight(since)
    if until:
        inside &= at < _midnight(until) + timedelta(days=1)
    return inside


def _midnight(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError as error:
        raise OptionError(f"{day!r} is not a day.", mend="Write days as in 2026-03-31.") from error
