import itertools

import pandas as pd
import pytest

from annotations.actions import outcomes
from annotations.errors import StudyRefused
from annotations.models import Outcome, Panel
from annotations.recruiting import checked_outcomes, return_link
from arena.analytics import rater_rules

RULES = (
    {"rule": "failed_checks", "count": 1},
    {"rule": "failed_checks", "count": 2},
    {"rule": "failed_check_share", "above": 0.4, "at_least": 3},
    {"rule": "failed_check_share", "above": 0.5, "at_least": 2},
)


@pytest.mark.parametrize("rule", RULES)
def test_a_visit_fails_its_checks_exactly_when_the_declared_rule_hits(rule):
    for failed, passed in itertools.product(range(5), range(5)):
        table = pd.DataFrame({"rater": ["a"], "checks": [failed + passed], "checks_passed": [passed]})
        hits = rater_rules.evaluate([rule], table)
        assert outcomes.failed_checks([rule], [False] * failed + [True] * passed) == bool(hits)


def test_without_a_rule_about_checks_nobody_fails_them():
    assert not outcomes.failed_checks([{"rule": "too_few_votes", "below": 9}], [False] * 9)


def test_codes_and_https_addresses_are_taken_and_empty_ones_left_out():
    given = {
        "completed": {"code": " C1 ", "url": "https://x.example/done?cc={code}"},
        "no_consent": {"code": ""},
    }
    assert checked_outcomes(given) == {"completed": {"code": "C1", "url": "https://x.example/done?cc={code}"}}
    panel = Panel(entry="link", outcomes=checked_outcomes(given))
    assert return_link(panel, Outcome.COMPLETED) == ("C1", "https://x.example/done?cc=C1")
    assert return_link(panel, Outcome.NO_CONSENT) == ("", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example", "javascript:alert(1)", "//x.example", "https://", "https://user:pw@x.example",
        "https://x.example/\n", "https://x.example/ y", 'https://x.example/"', "https://[", "data:,x",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_and_not_followed(url):
    panel = Panel(entry="link", outcomes={"completed": {"url": url}})
    assert return_link(panel, Outcome.COMPLETED)[1] == ""
    if url.strip() == url:
        with pytest.raises(StudyRefused):
            checked_outcomes({"completed": {"url": url}})


@pytest.mark.parametrize("given", [{"won": {}}, {"completed": "C1"}, [], {"completed": {"code": "a b"}}])
def test_what_is_no_outcome_is_refused(given):
    with pytest.raises(StudyRefused) as caught:
        checked_outcomes(given)
    assert caught.value.code == "invalid_outcomes"
