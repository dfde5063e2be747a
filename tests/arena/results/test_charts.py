"""Specs are valid JSON, name no colours, and stand on a table with the same numbers."""

import json
import re

import pytest

from arena.results import charts, machines, quality
from arena.results.filters import choices
from arena.results.opinions import opinions
from arena.results.rankings import ranking
from tests.arena.results.studies import imported, noisy_lines, voted_study
from tests.arena.results.test_machines import by_name, metric, score

pytestmark = pytest.mark.django_db


def all_charts(folder):
    pairs = imported(folder, noisy_lines(120))
    found = ranking(pairs, choices(pairs).default)
    yield charts.forest(found.result)
    yield charts.win_heatmap(found.result)
    yield charts.small_multiples("categories", "category", found.by_category)
    voted = voted_study(raters=2)
    raters = quality.raters(voted, choices(voted).default)
    yield charts.side_preference(raters)
    yield charts.rater_scatter(raters)
    rated = voted_study(raters=1, protocol="likert", check_every=0)
    yield charts.opinion_means(opinions(rated, choices(rated).default))
    yield charts.opinion_bars(opinions(rated, choices(rated).default))
    by = metric()
    score(voted, by, by_name)
    view = machines.metric_view(voted, by, choices(voted).default)
    yield charts.score_boxes(view)
    yield charts.score_scatter(view, view.people)


@pytest.mark.slow
def test_every_chart_has_data_a_table_and_the_theme_s_colours(tmp_path):
    seen = set()
    for chart in all_charts(tmp_path):
        text = json.dumps(chart.spec, allow_nan=False)
        assert chart.spec["data"]["values"], chart.id
        assert chart.table.rows, chart.id
        assert all(len(row) == len(chart.table.headings) for row in chart.table.rows)
        assert not re.search(r"#[0-9a-fA-F]{3,6}\b|rgb\(", text), chart.id
        assert chart.description
        seen.add(chart.id)
    assert len(seen) == 9


def test_a_generator_without_an_estimate_is_in_the_table_and_not_in_the_plot(tmp_path):
    lines = [f"a,b,left,r{n % 3},p{n},x" for n in range(9)] + [f"b,a,left,r{n % 3},q{n},x" for n in range(9)]
    lines += [f"a,never,left,r{n % 3},s{n},x" for n in range(6)] + [
        f"never,b,right,r{n % 3},t{n},x" for n in range(6)
    ]
    study = imported(tmp_path, lines)
    chart = charts.forest(ranking(study, choices(study).default).result)
    assert {record["generator"] for record in chart.spec["data"]["values"]} == {"a", "b"}
    row = next(row for row in chart.table.rows if row[0].text == "never")
    assert "no finite strength" in row[1].text


def test_the_matrix_leaves_the_diagonal_out(tmp_path):
    study = imported(tmp_path, noisy_lines(120))
    chart = charts.win_heatmap(ranking(study, choices(study).default).result)
    pairs = chart.spec["data"]["values"]
    assert len(pairs) == 12
    score_of = {(pair["generator"], pair["opponent"]): pair["score"] for pair in pairs}
    assert score_of["a", "d"] + score_of["d", "a"] == pytest.approx(1)
    assert score_of["a", "d"] > 0.5
