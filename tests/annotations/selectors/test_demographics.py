import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from annotations.actions import demographics as said
from annotations.actions import raters
from annotations.models import Demographics
from annotations.selectors.demographics import SMALLEST, TOGETHER, counts, merged
from tests.factories import PanelFactory, RaterFactory, StudyFactory, UserFactory, planned_study, vote_all


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 30), min_size=1))
def test_no_cell_is_small_and_what_is_put_together_is_more_than_one_answer(found):
    cells = merged(found)
    if cells is None:
        assert all(count < SMALLEST for count in found.values())
        assert sum(found.values()) < SMALLEST
        return
    assert min(cells.values()) >= SMALLEST
    assert sum(cells.values()) == sum(found.values())
    alone = set(cells) - {TOGETHER}
    assert all(cells[value] == found[value] for value in alone)
    assert len(set(found) - alone) != 1


def test_a_single_small_answer_cannot_be_found_by_subtraction():
    assert merged({"a": 20, "b": 9, "c": 1}) == {"a": 20, TOGETHER: 10}
    assert merged({"a": 20, "b": 9, "c": 6}) == {"a": 20, "b": 9, "c": 6}
    assert merged({"a": 3}) is None


@pytest.mark.django_db
def test_counts_are_told_by_question_and_move_in_steps_of_five():
    study = StudyFactory(ask_demographics=["gender", "expertise"])
    panel = PanelFactory(study=study)
    seen = []
    for number in range(12):
        gender = "woman" if number % 2 else "man"
        Demographics.objects.create(
            rater=RaterFactory(panel=panel), gender=gender, expertise="no", consented_at=timezone.now()
        )
        seen.append(sum(cell.count for cell in counts(study)[0].cells))
    assert seen == [0] * 4 + [5] * 5 + [10] * 3
    gender, expertise = counts(study)
    assert [(cell.value, cell.count) for cell in gender.cells] == [("woman", 5), ("man", 5)]
    assert [(cell.label, cell.count) for cell in expertise.cells] == [("Prefers not to say", 10)]


@pytest.mark.django_db
def test_too_few_answers_say_so_instead_of_a_number():
    study = StudyFactory(ask_demographics=["gender"])
    (question,) = counts(study)
    assert question.cells == ()
    assert "Fewer than 5" in question.note


@pytest.mark.django_db
def test_analysts_see_groups_and_the_export_of_votes_holds_none_of_it(client):
    study = planned_study(ask_demographics=["gender"], check_every=0)
    for _ in range(6):
        rater = joined(study, gender="nonbinary")
        vote_all(rater, most=1)
    client.force_login(UserFactory())
    page = client.get(reverse("results-raters", args=[study.public_id])).content.decode()
    assert '<th scope="row">Non-binary</th><td class="r">5</td>' in page
    for kind in ("votes", "raters"):
        table = client.get(reverse("export", args=[study.public_id, kind, "csv"]))
        text = b"".join(table.streaming_content if table.streaming else [table.content]).decode()
        assert len(text.splitlines()) >= 7
        assert "nonbinary" not in text
        assert "gender" not in text


def joined(study, **answers):
    rater, _ = raters.join(panel=study.panels.get(), version=1)
    said.answer(rater=rater, answers=answers)
    raters.read_instructions(rater=rater)
    return rater
