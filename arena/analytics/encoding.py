"""Labels to integer codes, quickly, with errors that name the row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .arrays import BoolArray, CodeArray
from .errors import MissingValueError, UnknownLabelError


def _raw_codes(values: pd.Series, field: str, *, allow_empty: bool = False) -> tuple[CodeArray, list[str]]:
    """Codes by first appearance (or by category) and their labels as text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy().astype(np.int32)
        labels = [str(label) for label in values.cat.categories]
    else:
        raw, uniques = pd.factorize(values)
        codes, labels = raw.astype(np.int32), [str(label) for label in uniques]
    if allow_empty:
        return np.where(codes < 0, len(labels), codes).astype(np.int32), [*labels, ""]
    empty = [i for i, label in enumerate(labels) if not label.strip()]
    if empty or (codes.size and codes.min() < 0):
        _refuse_absent((codes < 0) | np.isin(codes, empty), field)
    return codes, labels


def _refuse_absent(absent: BoolArray, field: str) -> None:
    rows = np.flatnonzero(absent)
    if rows.size:
        row = int(rows[0])
        raise MissingValueError(
            f"Row {row + 1}: {field} is empty ({rows.size} such rows).",
            mend=f"Fill in {field} on every row, or remove these rows.",
            details={"row": row + 1, "field": field, "rows": int(rows.size)},
        )


def encode(values: pd.Series, field: str, *, allow_empty: bool = False) -> tuple[CodeArray, list[str]]:
    """Codes into the sorted list of the labels that occur.

    Sorting makes every later number independent of the order of rows. With ``allow_empty`` an empty cell is
    a label of its own, the empty text.

    Returns
    -------
    codes : int32 array, shape (n,)
    labels : list of str
    """
    codes, labels = _raw_codes(values, field, allow_empty=allow_empty)
    used = np.bincount(codes, minlength=len(labels)) > 0
    kept = sorted({label for label, use in zip(labels, used, strict=True) if use})
    return _recode(codes, labels, kept), kept


def encode_pair(
    left: pd.Series, right: pd.Series, allowed: Sequence[str] | None
) -> tuple[CodeArray, CodeArray, list[str]]:
    """Codes of two columns into one list of labels (``allowed``, or all that occur, sorted)."""
    sides = [(_raw_codes(column, field), field) for column, field in ((left, "left"), (right, "right"))]
    if allowed is None:
        found: set[str] = set()
        for (codes, labels), _ in sides:
            used = np.bincount(codes, minlength=len(labels)) > 0
            found |= {label for label, use in zip(labels, used, strict=True) if use}
        names = sorted(found)
    else:
        names = list(dict.fromkeys(str(label) for label in allowed))
        for (codes, labels), field in sides:
            _refuse_unknown(codes, labels, set(names), field, "a generator of this study")
    coded = [_recode(codes, labels, names) for (codes, labels), _ in sides]
    return coded[0], coded[1], names


def encode_fixed(values: pd.Series, allowed: tuple[str, ...], field: str) -> CodeArray:
    """Codes into a fixed vocabulary; any other label is an error, never a default."""
    codes, labels = _raw_codes(values, field)
    _refuse_unknown(codes, labels, set(allowed), field, f"one of {', '.join(allowed)}")
    return _recode(codes, labels, list(allowed))


def _recode(codes: CodeArray, labels: list[str], names: list[str]) -> CodeArray:
    if labels == names:
        return codes
    place = {name: i for i, name in enumerate(names)}
    table = np.array([place.get(label, -1) for label in labels], dtype=np.int32)
    return table[codes]


def _refuse_unknown(codes: CodeArray, labels: list[str], allowed: set[str], field: str, wanted: str) -> None:
    strange = np.array([label not in allowed for label in labels], dtype=np.bool_)
    if not strange.any():
        return
    rows = np.flatnonzero(strange[codes])
    if not rows.size:
        return
    row = int(rows[0])
    label = labels[codes[row]]
    raise UnknownLabelError(
        f"Row {row + 1}: {field} {label!r} is not {wanted} ({rows.size} such rows).",
        mend=f"Correct {field} in these rows, or leave them out.",
        details={"row": row + 1, "field": field, "value": label, "rows": int(rows.size)},
    )
