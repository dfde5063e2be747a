"""Tables of votes made elsewhere: read, mapped to our words, and checked as a whole."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from annotations.importing.problems import Problems, Unreadable, short

REQUIRED = ("left", "right", "outcome")
OPTIONAL = ("rater", "prompt", "category", "answer_ms")
FIELDS = REQUIRED + OPTIONAL
LENGTHS = {"left": 200, "right": 200, "rater": 100, "prompt": 200, "category": 100}
OUTCOMES = ("left", "right", "tie", "both_bad")
MAX_BYTES = 2_000_000_000
# Rows with a problem that are named one by one; the count goes on.
NAMED = 100
SAVE_UTF8 = "Save the file as “CSV UTF-8” (spreadsheets offer it when saving)."
WANTED = "left, right and outcome are needed; rater, prompt, category and answer_ms may be given"


def parse_pairs(text: str) -> dict[str, str]:
    """`left=model_a,right=model_b` as a dictionary."""
    pairs: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        field, sign, value = (bit.strip() for bit in part.partition("="))
        if not sign or not field or not value:
            raise Unreadable(f"“{short(part, 60)}” is not of the form field=column", "Write left=model_a,…")
        if field in pairs:
            raise Unreadable(f"{short(field, 40)} is given twice", "Give each field once.")
        pairs[field] = value
    return pairs


def read(
    path: Path, mapping: Mapping[str, str], outcomes: Mapping[str, str], problems: Problems
) -> pd.DataFrame:
    """Text columns named by our fields, indexed by the row's number in the file (a CSV's header is row 1).

    `mapping` says which column of the file holds which field; `outcomes` what the file calls an outcome.
    What is wrong with single rows goes to `problems`; Unreadable is raised for the rest.
    """
    wanted = _fields(mapping)
    _known_outcomes(outcomes)
    raw = _table(path, list(dict.fromkeys(wanted.values())), problems)
    if raw.empty and not problems.error_count:
        raise Unreadable("the file has no votes", "Write one row per vote below the header.")
    frame = pd.DataFrame({field: _text(raw[column]) for field, column in wanted.items()}, index=raw.index)
    _check_blank(frame, wanted, problems)
    _check_length(frame, wanted, problems)
    _check_self_pairs(frame, wanted, problems)
    frame["outcome"] = _outcome(frame["outcome"], outcomes, wanted["outcome"], problems)
    _check_categories(frame, wanted, problems)
    _check_times(frame, wanted, problems)
    return frame


def _fields(mapping: Mapping[str, str]) -> dict[str, str]:
    unknown = [field for field in mapping if field not in FIELDS]
    if unknown:
        raise Unreadable(f"“{short(unknown[0], 40)}” is not a field of a vote", f"Of the fields, {WANTED}.")
    missing = [field for field in REQUIRED if field not in mapping]
    if missing:
        raise Unreadable(f"no column is named for {', '.join(missing)}", f"Of the fields, {WANTED}.")
    return {field: mapping[field] for field in FIELDS if field in mapping}


def _known_outcomes(outcomes: Mapping[str, str]) -> None:
    for outcome in outcomes:
        if outcome not in OUTCOMES:
            raise Unreadable(f"“{short(outcome, 40)}” is not an outcome", f"Choose of {', '.join(OUTCOMES)}.")
    if len(set(outcomes.values())) < len(outcomes):
        raise Unreadable("one label is given for two outcomes", "Give each outcome a label of its own.")


def _table(path: Path, columns: list[str], problems: Problems) -> pd.DataFrame:
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("the file is empty", "Write a header and one row per vote.")
    if size > MAX_BYTES:
        raise Unreadable(f"the file is larger than {MAX_BYTES // 10**9} GB", "Split it into several studies.")
    with path.open("rb") as handle:
        start = handle.read(4096)
    if start.startswith(b"PAR1"):
        return _parquet(path, columns)
    if start.startswith(b"PK\x03\x04"):
        raise Unreadable("the file is a ZIP archive or a workbook (.xlsx)", "Save the table as CSV.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("the file is not UTF-8 text (it looks like UTF-16)", SAVE_UTF8)
    if start.lstrip().startswith(b"{"):
        return _jsonl(path, columns)
    return _csv(path, columns, problems)


def _parquet(path: Path, columns: list[str]) -> pd.DataFrame:
    import pyarrow.parquet as pq

    try:
        _require(columns, pq.read_schema(path).names)
        frame = pd.read_parquet(path, columns=columns)
    except (OSError, ValueError) as error:
        raise Unreadable(f"the Parquet file cannot be read ({short(error)})", "Write it again.") from error
    return frame.reset_index(drop=True).set_axis(np.arange(1, len(frame) + 1), axis=0)


def _jsonl(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        frame = pd.read_json(path, lines=True, dtype=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"the JSONL cannot be read ({short(error)})", "One JSON object per line.") from error
    _require(columns, [str(name) for name in frame.columns])
    return frame[columns].set_axis(np.arange(1, len(frame) + 1), axis=0)


def _csv(path: Path, columns: list[str], problems: Problems) -> pd.DataFrame:
    """Rows are counted as a spreadsheet does: the header is row 1. Blank lines are no votes."""
    number, rows, numbers = 0, [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            # strict: a quote that is never closed swallows rows silently otherwise.
            reader = csv.reader(handle, strict=True)
            names = [name.strip() for name in next(reader, [])]
            _require(columns, names)
            wanted = [names.index(column) for column in columns]
            for number, fields in enumerate(reader, start=2):
                if len(fields) == len(names):
                    rows.append([fields[place] for place in wanted])
                    numbers.append(number)
                elif any(field.strip() for field in fields):
                    reason = f"the row has {len(fields)} fields, the header {len(names)}"
                    problems.error(number, "", reason, "Put quotes around texts that hold a comma.")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8 text", SAVE_UTF8) from error
    except csv.Error as error:
        raise Unreadable(
            f"row {number + 1} cannot be read as CSV ({short(error)})",
            "Look for a quote that is not closed; a quote inside a quoted field is written twice.",
            row=number + 1,
        ) from error
    frame = pd.DataFrame(rows, columns=columns, index=numbers, dtype=object)
    return frame[(frame != "").any(axis=1)]


def _require(columns: list[str], names: list[str]) -> None:
    for name in columns:
        if names.count(name) == 0:
            raise Unreadable(
                f"the file has no column “{short(name, 60)}”",
                f"Its columns are: {', '.join(short(n, 40) for n in names[:30])}.",
                column=name,
            )
        if names.count(name) > 1:
            raise Unreadable(f"column “{short(name, 60)}” is there twice", "Rename one.", column=name)


def _text(values: pd.Series) -> pd.Series:
    """Every cell as tidy text; what is absent becomes empty."""
    absent = values.isna()
    if pd.api.types.is_float_dtype(values):
        whole = (values[~absent] % 1 == 0).all()
        values = values.astype("Int64") if whole else values
    return values.astype(object).where(~absent, "").astype(str).str.strip()


def _name(
    problems: Problems, frame: pd.DataFrame, bad: pd.Series, column: str, reason: str, mend: str
) -> None:
    """The first rows where `bad` holds, by number; all are counted."""
    rows = frame.index[bad]
    for row in rows[:NAMED]:
        problems.error(int(row), column, reason, mend)
    problems.error_count += max(0, len(rows) - NAMED)


def _check_blank(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    for field in frame.columns:
        if field != "answer_ms":
            mend = f"Fill in the {field} on every row, or remove the row."
            _name(problems, frame, frame[field] == "", wanted[field], "the field is blank", mend)


def _check_length(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    for field, limit in LENGTHS.items():
        if field in frame:
            reason = f"the text has more than {limit} characters"
            _name(problems, frame, frame[field].str.len() > limit, wanted[field], reason, "Shorten it.")
            unstorable = frame[field].str.contains("\x00", regex=False)
            reason = "the text holds a NUL character"
            _name(problems, frame, unstorable, wanted[field], reason, "Remove it.")


def _check_self_pairs(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    same = (frame["left"] == frame["right"]) & (frame["left"] != "")
    for row, name in frame.loc[same, "left"].head(NAMED).items():
        problems.error(
            int(row),
            wanted["right"],
            f"{short(name, 60)} is compared with itself",
            "Remove the row; checks on one generator do not belong in a ranking.",
        )
    problems.error_count += max(0, int(same.sum()) - NAMED)


def _outcome(values: pd.Series, outcomes: Mapping[str, str], column: str, problems: Problems) -> pd.Series:
    """Our words for the file's labels. A label that is not known is an error, never a tie."""
    ours = {outcomes.get(name, name).lower(): name for name in OUTCOMES}
    mapped = values.str.lower().map(ours)
    unknown = mapped.isna() & (values != "")
    for row, label in values[unknown].head(NAMED).items():
        problems.error(
            int(row),
            column,
            f"the outcome “{short(label, 40)}” is not known",
            f"Known are {', '.join(ours)}; say what a label means with outcomes, as in left=model_a.",
        )
    problems.error_count += max(0, int(unknown.sum()) - NAMED)
    return mapped.fillna("")


def _check_categories(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    if "category" not in frame:
        return
    if "prompt" not in frame:
        raise Unreadable(
            "a category column needs a prompt column",
            "Name the column of prompts too: a category is a property of a prompt.",
        )
    first = frame.groupby("prompt")["category"].transform("first")
    reason = "the prompt has another category further up"
    mend = "Give each prompt one category."
    _name(problems, frame, frame["category"] != first, wanted["category"], reason, mend)


def _check_times(frame: pd.DataFrame, wanted: Mapping[str, str], problems: Problems) -> None:
    if "answer_ms" in frame:
        times = frame["answer_ms"]
        bad = ~times.str.fullmatch(r"\d{0,9}")
        reason = "the time is not a whole number of milliseconds"
        _name(problems, frame, bad, wanted["answer_ms"], reason, "Write whole milliseconds or nothing.")
