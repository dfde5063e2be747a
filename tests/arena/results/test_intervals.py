"""Kinds of intervals and differences of a study."""

import pytest
from django.urls import reverse

from arena.analytics.result import Undefined
from arena.results.filters import choices
from arena.results.interval_words import differences_table, differences_words, kinds_table, kinds_words
from arena.results.intervals import intervals
from arena.results.labels import span
from arena.results.rankings import ranking
from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.factories import UserFactory, launched_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path):
    return imported(tmp_path, noisy_lines())


def test_differences_are_those_of_the_ranking(study):
    asked = choices(study).default
    found = intervals(study, asked)
    result = ranking(study, asked).result
    assert len(found.differences) == 6
    for row in found.differences.itertuples():
        one = result.difference(row.first, row.second)
        assert (row.value, row.low, row.high) == pytest.approx((one.value, one.low, one.high))
    assert "Of 6 pairs on one scale" in differences_words(found.differences)
    assert len(differences_table(found.differences).rows) == 6


def test_every_kind_stands_in_the_table_best_generator_first(study):
    found = intervals(study, choices(study).default)
    made = kinds_table(found.kinds)
    assert [row[0].text for row in made.rows] == ["a", "b", "c", "d"]
    assert [heading.text for heading in made.headings[2:]] == [
        "Clustered by rater",
        "Clustered by prompt",
        "By rater and prompt",
        "One-step bootstrap of raters",
        "Exact bootstrap of raters",
        "Wild bootstrap of raters",
        "Votes taken as independent",
    ]
    assert all("as wide" in said for name, said in kinds_words(found.kinds) if name != "Clustered by rater")


def test_a_file_of_the_table_holds_points_and_both_bounds(study):
    """What a cell carries as its value is what the browser writes into the file."""
    asked = choices(study).default
    points = {row.generator: row for row in ranking(study, asked).result.rows}
    for name, estimate, clustered, *_ in kinds_table(intervals(study, asked).kinds).rows:
        row = points[name.text]
        assert float(estimate.value) == pytest.approx(row.points)
        assert (clustered.value, clustered.text) == ("", span(row.low, row.high))


def test_page_and_api_give_both(client, study):
    client.force_login(UserFactory())
    text = client.get(reverse("results-intervals", args=[study.public_id])).content.decode()
    assert 'id="differences"' in text
    assert 'id="kinds"' in text
    answer = client.get(reverse("api-intervals", args=[study.public_id])).json()
    assert {row["kind"] for row in answer["intervals"]} >= {"rater", "prompt", "exact", "wild", "vote"}
    assert len(answer["differences"]) == 6
    assert answer["unknown"] == {}


def test_without_votes_the_reason_is_said():
    study = launched_study()
    found = intervals(study, choices(study).default)
    assert isinstance(found.kinds, Undefined)
    assert kinds_table(found.kinds) is None
    assert differences_table(found.differences) is None
    assert found.to_dict()["unknown"]["all"]["reason"]


def test_opinion_scores_have_no_such_page(client):
    client.force_login(UserFactory())
    study = voted_study(raters=1, protocol="likert", check_every=0)
    assert client.get(reverse("results-intervals", args=[study.public_id])).status_code == 302
    assert client.get(reverse("api-intervals", args=[study.public_id])).status_code == 400
