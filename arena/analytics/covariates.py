"""Differences between the two pictures of a comparison, as columns of a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import FloatArray
from .data import PairwiseData
from .encoding import encode
from .errors import MissingColumnError, MissingValueError, NoFiniteMaximumError, OptionError

# Of a covariate's mean square: less than this is rounding.
_NOTHING_LEFT = 1e-6


@dataclass(frozen=True, eq=False)
class Covariates:
    """Standardised differences, shape (n, C), with the name, part and unit of each column."""

    values: FloatArray
    names: tuple[str, ...]
    parts: tuple[str, ...]
    units: tuple[float, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        pairs = zip(self.names, self.parts, strict=True)
        return tuple(f"{name} ({part})" if part else name for name, part in pairs)

    @classmethod
    def of(
        cls, votes: pd.DataFrame, data: PairwiseData, names: tuple[str, ...], by: str | None
    ) -> Covariates:
        weight = np.ones(data.n_rows) if data.weight is None else data.weight
        code, labels = np.zeros(data.n_rows, dtype=np.int64), [""]
        if by is not None:
            if by not in votes.columns:
                raise MissingColumnError(f"There is no column {by}.", mend="Name a column of the votes.")
            raw, labels = encode(votes[by], by, allow_empty=True)
            code = raw.astype(np.int64)
        columns, units = [], []
        for name in names:
            raw_values = _difference(votes, name)
            unit = float(np.sqrt((weight @ raw_values**2) / weight.sum()))
            if unit == 0:
                raise OptionError(
                    f"{name} never differs between the two sides.",
                    mend="Leave it out: there is nothing to control for.",
                    details={"field": name},
                )
            for k in range(len(labels)):
                columns.append(np.where(code == k, raw_values / unit, 0.0))
                units.append(unit)
        wide = np.stack(columns, axis=1)
        kept = np.flatnonzero((wide != 0).any(axis=0))
        return cls(
            values=wide[:, kept],
            names=tuple(names[k // len(labels)] for k in kept),
            parts=tuple(labels[k % len(labels)] for k in kept),
            units=tuple(units[k] for k in kept),
        )

    def left_over(self, data: PairwiseData) -> FloatArray:
        """Share of each covariate's mean square that generators and side do not explain, shape (C,)."""
        w, rest = self._rest(data)
        return np.asarray((w @ rest**2) / (w @ self.values**2), dtype=np.float64)

    def separable(self, data: PairwiseData) -> tuple[Covariates, tuple[str, ...]]:
        """Those that generators, side and the covariates before them leave something of; labels of others."""
        w, rest = self._rest(data)
        kept, dropped, basis = [], [], list[FloatArray]()
        for c, label in enumerate(self.labels):
            r = rest[:, c].copy()
            for q in basis:
                r -= float((w * q) @ r) * q
            share = float(w @ r**2) / float(w @ self.values[:, c] ** 2)
            if share < _NOTHING_LEFT:
                dropped.append(label)
                continue
            kept.append(c)
            basis.append(r / np.sqrt(float(w @ r**2)))
        return self._only(kept), tuple(dropped)

    def _only(self, kept: list[int]) -> Covariates:
        return Covariates(
            values=self.values[:, kept],
            names=tuple(self.names[c] for c in kept),
            parts=tuple(self.parts[c] for c in kept),
            units=tuple(self.units[c] for c in kept),
        )

    def _rest(self, data: PairwiseData) -> tuple[FloatArray, FloatArray]:
        """Weights (n,), and what generators and side leave over of each covariate, shape (n, C)."""
        K, w = data.n_generators, np.ones(data.n_rows) if data.weight is None else data.weight
        X = np.zeros((K + 1, K + 1))
        for a, b, sign in (
            (data.left, data.left, 1),
            (data.right, data.right, 1),
            (data.left, data.right, -1),
            (data.right, data.left, -1),
        ):
            X[:K, :K] += sign * np.bincount(a.astype(np.int64) * K + b, w, K * K).reshape(K, K)
        coefficients = np.empty((K + 1, self.values.shape[1]))
        side = np.bincount(data.left, w, K) - np.bincount(data.right, w, K)
        X[:K, K], X[K, :K], X[K, K] = side, side, w.sum()
        inverse = np.linalg.pinv(X, hermitian=True)
        for c, z in enumerate(self.values.T):
            wz = w * z
            moment = np.append(np.bincount(data.left, wz, K) - np.bincount(data.right, wz, K), wz.sum())
            coefficients[:, c] = inverse @ moment
        rest = self.values - coefficients[data.left] + coefficients[data.right] - coefficients[K]
        return w, rest

    def refuse_confounded(self, data: PairwiseData) -> None:
        """A covariate that is a property of the generators alone cannot be told from their strength."""
        bad = np.flatnonzero(self.left_over(data) < _NOTHING_LEFT)
        if bad.size:
            names = ", ".join(self.labels[c] for c in bad)
            raise NoFiniteMaximumError(
                f"{names} is the same for every picture of a generator, so its effect cannot be told from "
                "the generators' strengths.",
                mend="Leave it out, or compare pictures in which it varies within generators.",
                details={"obstacle": "confounded", "fields": names},
            )

    def words(self, data: PairwiseData) -> list[str]:
        weak = [self.labels[c] for c in np.flatnonzero(self.left_over(data) < 0.1)]
        if not weak:
            return []
        return [
            f"Of {', '.join(weak)} less than a tenth varies within generators: control leans on little, and "
            "intervals are wide for that reason."
        ]


def _difference(votes: pd.DataFrame, name: str) -> FloatArray:
    """Left minus right, from one column or two."""
    sides = (f"left_{name}", f"right_{name}")
    wanted = (name,) if name in votes.columns else sides
    missing = [column for column in wanted if column not in votes.columns]
    if missing:
        raise MissingColumnError(
            f"There is no column {name}, nor {' and '.join(sides)}.",
            mend="Give the difference left minus right, or the value of each side.",
            details={"missing": missing},
        )
    values = [
        pd.to_numeric(votes[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        for column in wanted
    ]
    for column, value in zip(wanted, values, strict=True):
        bad = np.flatnonzero(~np.isfinite(value))
        if bad.size:
            raise MissingValueError(
                f"Row {int(bad[0]) + 1}: {column} is missing or not a number ({bad.size} such rows).",
                mend="Leave these votes out, or fill the value in.",
                details={"row": int(bad[0]) + 1, "field": column, "rows": int(bad.size)},
            )
    difference: FloatArray = values[0] if len(values) == 1 else values[0] - values[1]
    return difference
