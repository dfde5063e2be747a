from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from annotations.actions import demographics, quotas, raters
from annotations.errors import Conflict, StudyRefused, VoteRefused
from annotations.models import Demographics, Panel, Quota, Rater
from tests.annotations.arriving import running_panel

PEOPLE, PLACES = 12, 5


def in_own_connection(work):
    def run(argument):
        try:
            return work(argument)
        finally:
            connections.close_all()

    return run


@pytest.mark.django_db(transaction=True)
def test_people_who_come_at_once_never_overfill_a_panel():
    panel = running_panel(max_raters=PLACES)

    def come(_number):
        try:
            raters.join(panel=panel, version=1)
        except VoteRefused as refusal:
            return refusal.code
        return "in"

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(in_own_connection(come), range(PEOPLE)))
    assert found.count("in") == PLACES
    assert found.count("quota_full") == PEOPLE - PLACES
    assert Rater.objects.count() == PLACES
    assert sorted(Rater.objects.values_list("arrival", flat=True)) == list(range(PLACES))


@pytest.mark.django_db(transaction=True)
def test_people_who_answer_at_once_never_overfill_a_cell():
    panel = running_panel(ask_demographics=["gender"])
    Quota.objects.create(panel=panel, cell={"gender": "woman"}, most_raters=PLACES)
    here = [raters.join(panel=panel, version=1)[0] for _ in range(PEOPLE)]

    def answer(rater):
        return demographics.answer(rater=rater, answers={"gender": "woman"}).state

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(in_own_connection(answer), here))
    assert found.count("active") == PLACES
    assert found.count("screened_out") == PEOPLE - PLACES
    assert Demographics.objects.count() == PLACES


@pytest.mark.django_db
def test_places_of_those_who_left_or_were_turned_away_are_free_again():
    panel = running_panel(max_raters=1, ask_demographics=["gender"])
    Quota.objects.create(panel=panel, cell={"gender": "man"}, most_raters=0)
    first, _ = raters.join(panel=panel, version=1)
    with pytest.raises(VoteRefused):
        raters.join(panel=panel, version=1)
    raters.withdraw(rater=first)
    second, _ = raters.join(panel=panel, version=1)
    demographics.answer(rater=second, answers={"gender": "man"})
    assert (second.state, second.outcome) == ("screened_out", "quota_full")
    assert raters.join(panel=panel, version=1)[0].consented_at


@pytest.mark.django_db
def test_a_cell_of_two_answers_counts_those_who_gave_both():
    panel = running_panel(ask_demographics=["gender", "age_band"])
    Quota.objects.create(panel=panel, cell={"gender": "woman", "age_band": "18-24"}, most_raters=1)
    said = [("woman", "18-24"), ("woman", "25-34"), ("man", "18-24"), ("no", "18-24"), ("woman", "18-24")]
    found = []
    for gender, age in said:
        rater, _ = raters.join(panel=panel, version=1)
        demographics.answer(rater=rater, answers={"gender": gender, "age_band": age})
        found.append(rater.state)
    assert found == ["active"] * 4 + ["screened_out"]


@pytest.mark.django_db
def test_the_form_takes_only_what_it_offers_and_only_once():
    panel = running_panel(ask_demographics=["gender"])
    rater, _ = raters.join(panel=panel, version=1)
    with pytest.raises(Conflict) as caught:
        demographics.answer(rater=rater, answers={"gender": "<script>"})
    assert caught.value.code == "invalid_answer"
    demographics.answer(rater=rater, answers={"gender": "other", "country": "IT"})
    assert (rater.demographics.gender, rater.demographics.country) == ("other", "")
    with pytest.raises(Conflict) as caught:
        demographics.answer(rater=rater, answers={"gender": "man"})
    assert caught.value.code == "not_asked"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [
        {"cell": {}, "most_raters": 3},
        {"cell": {"country": "IT"}, "most_raters": 3},
        {"cell": {"gender": "no"}, "most_raters": 3},
        {"cell": {"gender": "martian"}, "most_raters": 3},
        {"cell": {"gender": "woman"}, "most_raters": -1},
        {"cell": {"gender": "woman"}, "most_raters": True},
    ],
)
def test_a_quota_that_means_nothing_is_refused(row):
    panel = running_panel(ask_demographics=["gender"])
    with pytest.raises(StudyRefused) as caught:
        quotas.checked(panel.study, row)
    assert caught.value.code == "invalid_quota"
    assert Panel.objects.count() == 1
