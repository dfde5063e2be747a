"""A pipeline asks whether a candidate may ship; not knowing is an answer of its own."""

import pytest
from django.core.management import CommandError, call_command

from arena.results.filters import FilterRefused, choices
from arena.results.gate import gate
from arena.results.rankings import ranking
from tests.arena.results.studies import imported, noisy_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path):
    """Raters mostly prefer a to b to c to d."""
    return imported(tmp_path, noisy_lines(600))


def ask(study, candidate, baseline, margin=0.0):
    return gate(study, choices(study).default, candidate=candidate, baseline=baseline, margin=margin)


def test_a_better_candidate_passes_and_a_worse_one_does_not(study):
    assert ask(study, "a", "d").verdict == "pass"
    found = ask(study, "d", "a")
    assert found.verdict == "worse"
    page = ranking(study, choices(study).default).result
    points = {row.generator: row.points for row in page.rows}
    assert found.difference.value == pytest.approx(points["d"] - points["a"])


def test_a_wide_interval_is_undecided_and_a_wide_margin_lets_it_pass(study):
    close = ask(study, "b", "a", margin=0)
    far = ask(study, "b", "a", margin=5000)
    assert close.verdict in ("worse", "undecided")
    assert far.verdict == "pass"


def test_few_raters_leave_the_study_undecided(tmp_path):
    study = imported(tmp_path, noisy_lines(12, raters=2), name="Few")
    assert ask(study, "a", "d").verdict == "undecided"


@pytest.mark.parametrize(("candidate", "baseline", "margin"), [("z", "a", 0), ("a", "a", 0), ("a", "b", -1)])
def test_what_cannot_be_compared_is_refused_in_words(study, candidate, baseline, margin):
    with pytest.raises(FilterRefused) as refused:
        ask(study, candidate, baseline, margin)
    assert refused.value.mend


@pytest.mark.parametrize(("pair", "code"), [(("a", "d"), 0), (("d", "a"), 1)])
def test_the_command_exits_by_its_verdict(study, capsys, pair, code):
    with pytest.raises(SystemExit) as ended:
        call_command("gate", study.public_id, "--candidate", pair[0], "--baseline", pair[1])
    assert ended.value.code == code
    assert "points" in capsys.readouterr().out


def test_the_command_says_what_is_wrong_with_its_input(study):
    with pytest.raises(CommandError) as wrong:
        call_command("gate", study.public_id, "--candidate", "z", "--baseline", "a")
    assert wrong.value.returncode == 2
