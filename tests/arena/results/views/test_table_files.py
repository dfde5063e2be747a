"""An interval that a page shows stands as two numbers in its table's file: attributes of the cell until then.

The script that writes the file is tried in tests/browser/test_results.py.
"""

import re

import pytest
from django.urls import reverse

from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.arena.results.test_machines import by_name, metric, score
from tests.arena.results.test_same_numbers import other_block
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGES = ("", "-agreement", "-comparisons", "-robustness", "-model", "-intervals", "-joint", "-raters")
PAGES += ("-diagnosis", "-scores", "-metrics")
NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?"
SHOWN = re.compile(rf"{NUMBER} to {NUMBER}")


def scored(tmp_path):
    study = voted_study(raters=3)
    score(study, metric(), by_name)
    return study


KINDS = {
    "pairs": lambda tmp_path: imported(tmp_path, noisy_lines()),
    "scored pairs": scored,
    "likert": lambda tmp_path: other_block("likert"),
    "best of n": lambda tmp_path: other_block("best_of_n"),
    "failures": lambda tmp_path: other_block("failure_review"),
}
# How many intervals there are at the least, over all pages: so that the walk does not pass by seeing none.
LEAST = {"pairs": 60, "scored pairs": 10, "likert": 20, "best of n": 15, "failures": 15}


def tables_with_files(text):
    """The rows of every table that has a file, each cell as its attributes and its text."""
    for name in re.findall(r'data-save-table="([\w-]+)"', text):
        body = text.split(f'id="{name}"')[1].split("<tbody>")[1].split("</tbody>")[0]
        for row in re.findall(r"<tr[ >].*?</tr>", body, re.DOTALL):
            cells = re.findall(r"<td([^>]*)>(.*?)</td>", row, re.DOTALL)
            yield name, [(dict(re.findall(r'data-(\w+)="([^"]*)"', about)), said) for about, said in cells]


def check(name, row):
    """The number of intervals in the row; each around its value: its own, or that of the column before."""
    found, before = 0, None
    for about, said in row:
        if SHOWN.search(said) and about.get("csv") != "no":
            assert {"low", "high"} <= set(about), (name, row)
        if "low" in about:
            low, high = float(about["low"]), float(about["high"])
            value = float(about.get("value", low if before is None else before))
            assert low - 1e-9 <= value <= high + 1e-9, (name, row)
            found += 1
        before = float(about["value"]) if "value" in about and "low" not in about else None
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_interval_shown_has_both_bounds_in_its_tables_file(client, tmp_path, kind):
    study = KINDS[kind](tmp_path)
    client.force_login(UserFactory())
    found = 0
    for page in PAGES if kind != "scored pairs" else ("-scores", "-metrics"):
        response = client.get(reverse(f"results{page}", args=[study.public_id]))
        found += sum(check(*row) for row in tables_with_files(response.content.decode()))
    assert found >= LEAST[kind]
