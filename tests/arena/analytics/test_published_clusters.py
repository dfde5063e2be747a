"""Rater-clustered covariances against published data and other programs."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from arena.analytics import fit
from arena.analytics.intervals import cluster_covariance

from . import published, published_cems
from .builders import data, from_counts

OUTCOME = {"1": "left", "2": "right", "0": "tie"}


def students():
    rows = [
        (first, second, OUTCOME[said], f"s{number:03d}")
        for number, word in enumerate(published_cems.STUDENTS)
        for (first, second), said in zip(published_cems.PAIRS, word, strict=True)
        if said != "."
    ]
    return pd.DataFrame(rows, columns=["left", "right", "outcome", "rater"])


def se_against_stockholm(ties):
    table = data(students())
    fitted = fit(table, position=False, ties=ties)
    covariance = cluster_covariance(fitted, table)
    assert covariance.clusters == 303
    place = {name: i for i, name in enumerate(fitted.generators)}
    found = {}
    for name in published_cems.SE_CLUSTERED:
        c = np.zeros(len(covariance.matrix))
        c[place[name]], c[place["Stockholm"]] = 1, -1
        found[name] = float(np.sqrt(covariance.variance(c)))
    return found, covariance


def test_the_students_add_up_to_the_published_counts():
    votes = students()
    assert len(votes) == 4454
    counted = votes.groupby(["left", "right", "outcome"]).size()
    for first, second, won, tied, lost in published.CEMS:
        for outcome, mirrored, expected in (
            ("left", "right", won),
            ("tie", "tie", tied),
            ("right", "left", lost),
        ):
            found = counted.get((first, second, outcome), 0) + counted.get((second, first, mirrored), 0)
            assert found == expected


def test_davidsons_standard_errors_clustered_by_student_are_those_of_r():
    found, covariance = se_against_stockholm("davidson")
    # psychotools prints half the difference in logits of this model.
    assert found == pytest.approx(published_cems.SE_CLUSTERED, abs=2e-5)
    assert np.sqrt(covariance.matrix[-1, -1]) == pytest.approx(published_cems.LOG_NU_SE_CLUSTERED, abs=2e-5)


def test_half_win_standard_errors_clustered_by_student_are_those_of_r():
    found, _ = se_against_stockholm("half")
    assert found == pytest.approx(published_cems.HALF_WIN_SE_CLUSTERED, abs=2e-5)


def test_quasi_standard_errors_of_baseball_are_those_of_qvcalc():
    """Firth & de Menezes (2004), Biometrika 91, 65-80: one number per team gives all errors."""
    fitted = fit(data(from_counts(published.BASEBALL)), position=False)
    V = fitted.covariance[:7, :7]
    i, j = np.triu_indices(7, k=1)
    variance = V[i, i] + V[j, j] - 2 * V[i, j]
    found = least_squares(lambda q: np.log((np.exp(q[i]) + np.exp(q[j])) / variance), np.full(7, -3.0)).x
    quasi = dict(zip(fitted.generators, np.sqrt(np.exp(found)), strict=True))
    assert quasi == pytest.approx(published.BASEBALL_QUASI_SE, abs=1e-5)
