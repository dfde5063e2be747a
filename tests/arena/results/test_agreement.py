"""All measures of agreement, for every protocol, in parts, and between panels."""

import math
import re

import pandas as pd
import pytest
from django.urls import reverse

from annotations.models import Rater
from arena.analytics.agreement_table import pairwise_measures, rating_measures
from arena.analytics.result import Estimate, Undefined
from arena.results.agreement import agreement, panels
from arena.results.agreement_words import differing_table, measures_table, panel_words, parts_table
from arena.results.charts.base import spec
from arena.results.filters import block_of, choices
from arena.results.frames import pair_frame, rating_frame
from arena.results.labels import estimate_words
from arena.results.selection import select
from arena.results.tables import sortable
from tests.arena.results.studies import imported, noisy_lines, report_of, voted_study
from tests.factories import PanelFactory, UserFactory, launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def lines_by(raters: int, votes: int = 240) -> list[str]:
    """Everybody answers the same 24 comparisons of four generators."""
    rng = pd.Series(noisy_lines(votes, raters)).str.split(",")
    found = []
    for number, fields in enumerate(rng):
        item = number // raters
        left, right = "abcd"[item % 4], "abcd"[(item + 1 + item % 3) % 4]
        category = "people" if item % 2 else "places"
        found.append(",".join([left, right, fields[2], f"r{number % raters}", f"p{item}", category]))
    return found


def test_the_measures_of_pairs_are_those_of_the_analytics(tmp_path):
    study = imported(tmp_path, lines_by(10))
    filters = choices(study).default
    found = agreement(study, filters).parts[0].table
    expected = pairwise_measures(pair_frame(study, select(study, filters), filters.criterion))
    for name, estimate in expected.measures.items():
        assert found.measures[name].value == pytest.approx(estimate.value)
        assert found.measures[name].low == pytest.approx(estimate.low)
    assert isinstance(found.measures["cohen"], Undefined)
    assert "here are 10" in found.measures["cohen"].reason


def test_two_raters_have_a_kappa_of_their_own(tmp_path):
    found = agreement(study := imported(tmp_path, lines_by(2, 120)), choices(study).default)
    cohen = found.parts[0].table.measures["cohen"]
    assert -1 <= cohen.low <= cohen.value <= cohen.high <= 1
    assert cohen.n == 60


def test_each_category_has_its_own_measures(tmp_path):
    study = imported(tmp_path, lines_by(6))
    part = agreement(study, choices(study).default).parts[0]
    inside = part.by["category"]
    assert set(inside) == {"people", "places"}
    assert sum(table.ratings for table in inside.values()) == part.table.ratings
    assert len(parts_table(part, "category").rows) == 2
    assert parts_table(part, "panel") is None


@pytest.mark.long
def test_ratings_have_weighted_measures_and_intraclass_correlations():
    study = voted_study(raters=3, protocol="likert")
    filters = choices(study).default
    part = agreement(study, filters).parts[0]
    frame = rating_frame(study, select(study, filters), block_of(study, filters))
    own = frame[frame["criterion"] == study.block.criteria.first().key]
    expected = rating_measures(own)
    for level in ("interval", "ratio"):
        same = rating_measures(own, level=level).measures[f"alpha_{level}"]
        assert part.table.measures[f"alpha_{level}"].value == pytest.approx(same.value)
    assert part.label == study.block.criteria.first().label
    for name, estimate in expected.measures.items():
        assert part.table.measures[name].value == pytest.approx(estimate.value), name
    # All three rated everything, so the two-way forms are known.
    assert {"icc_2_1", "icc_3_k"} <= set(part.table.measures)
    assert "Gwet’s AC2" in str(measures_table(part))


def test_graded_answers_also_agree_on_how_clearly():
    study = voted_study(raters=3, check_every=0, graded=True)
    found = agreement(study, choices(study).default).parts
    assert [part.label for part in found] == ["Who won", "Who won, and how clearly"]
    assert "gwet_quadratic" in found[1].table.measures
    assert found[1].table.ratings == found[0].table.ratings > 0


def test_two_panels_are_compared_comparison_by_comparison(tmp_path):
    study = imported(tmp_path, lines_by(10))
    assert panels(study, choices(study).default) == []
    other = PanelFactory(study=study, name="Experts", kind="expert")
    half = list(study.raters.order_by("id").values_list("id", flat=True))[:5]
    Rater.objects.filter(id__in=half).update(panel=other)
    (compared,) = panels(study, choices(study).default)
    assert {compared.first, compared.second} == {other.name, study.panels.exclude(pk=other.pk).get().name}
    assert compared.found.common == 24
    said = dict(panel_words(compared))
    assert "interval" in said["Cohen’s κ of majorities"]
    listed = differing_table(compared, lambda first, second, prompt: f"?{first}{second}{prompt}")
    assert len(listed.rows) == min(50, compared.found.differing) > 0
    cell, prompt = listed.rows[0][:2]
    assert cell.url.endswith(prompt.text)
    assert prompt.text.startswith("p")


@pytest.mark.long
def test_ratings_that_cross_are_told_in_words_on_page_report_and_table(client):
    """Two raters who contradict each other everywhere: intraclass correlations of −∞ and without bounds."""
    study = launched_study(protocol="likert", prompts=2, overlap=2, check_every=0, repeat_share=0)
    keys = list(study.block.criteria.values_list("key", flat=True))
    for turned in (0, 1):
        vote_all(
            rater_in(study), lambda a, t=turned: dict.fromkeys(keys, 2 + 2 * ((a.comparison_id + t) % 2))
        )
    part = agreement(study, choices(study).default).parts[0]
    found = part.table.measures
    assert "no interval" in found["icc_2_1"].note
    assert isinstance(found["icc_1_k"], Undefined)
    assert "no variance" in found["icc_1_k"].reason
    known = [e for e in found.values() if not isinstance(e, Undefined)]
    assert all(math.isfinite(e.value) for e in known)
    cells = {row[0].text: row for row in measures_table(part).rows}
    assert cells["ICC(1,k): the mean of an item’s ratings"][1].text == "–"
    assert "no variance" in cells["ICC(1,k): the mean of an item’s ratings"][4].text
    client.force_login(UserFactory())
    texts = [report_of(client, study, fmt).decode() for fmt in ("html", "md")]
    for address in (
        reverse("results-agreement", args=[study.public_id]),
        reverse("results", args=[study.public_id]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        texts.append(answer.content.decode())
    for text in texts:
        assert not re.search(r"[>: ,\[](-?inf|-?Infinity|nan|NaN)[<, \]}]", text)


def test_a_chart_never_holds_what_json_cannot():
    made = spec("said", [{"low": float("nan"), "high": float("inf"), "n": 3, "name": "a"}])
    assert made["data"]["values"] == [{"low": None, "high": None, "n": 3, "name": "a"}]


def test_what_is_not_finite_is_said_in_words():
    nothing = Estimate(-math.inf, math.nan, math.nan, 0.95, 4, "ICC(2,k)", "no variance")
    assert estimate_words(nothing) == "no variance"
    assert sortable(-math.inf) == ""
    assert sortable(1.5) == "1.5"
