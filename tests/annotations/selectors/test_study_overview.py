import pytest

from annotations.models import Comparison, Panel, Place, Rendition
from annotations.selectors import study_overview
from tests.annotations.designing import draft
from tests.factories import StudyFactory

pytestmark = pytest.mark.django_db


def test_the_table_says_which_generator_lacks_pictures_in_which_category():
    found = study_overview.coverage(draft(generators=3, prompts=4, missing={(1, 0), (1, 2), (2, 3)}))
    assert found.categories == [("portrait", 2), ("scene", 2)]
    assert {row.generator.name: [made for _, made, _ in row.cells] for row in found.rows} == {
        "model-0": [2, 2],
        "model-1": [0, 2],
        "model-2": [2, 1],
    }
    assert (found.images, found.prompts, found.missing) == (9, 4, 3)


def test_two_seeds_of_one_prompt_fill_one_cell_of_the_table():
    found = study_overview.coverage(draft(generators=2, prompts=2, seeds=("1", "2")))
    assert (found.images, found.missing) == (8, 0)


def test_the_table_of_a_large_study_takes_no_more_queries(django_assert_num_queries):
    study = draft(generators=5, prompts=30)
    with django_assert_num_queries(3):
        study_overview.coverage(study)
    with django_assert_num_queries(5):
        study_overview.progress(study)


def test_only_prompts_with_a_gap_are_listed_when_asked():
    study = draft(generators=3, prompts=4, missing={(1, 2)})
    found = study_overview.prompts_with_pictures(study, generators=3, only_gaps=True)
    assert [prompt.key for prompt in found] == ["p2"]


def test_progress_counts_filled_places_by_panel_and_category():
    study = draft(generators=2, prompts=2)
    crowd, expert = (Panel.objects.create(study=study, name=name) for name in ("Crowd", "Experts"))
    for number, prompt in enumerate(study.prompts.all()):
        comparison = Comparison.objects.create(study=study, block=study.block, prompt=prompt)
        for panel in (crowd, expert):
            state = "filled" if panel == crowd and number == 0 else "free"
            Place.objects.create(
                study=study, panel=panel, comparison=comparison, index=0, order="01", rank=number, state=state
            )
    Rendition.objects.create(study=study, prompt=prompt, image=study.images.last(), box_px=512, path="x")
    found = study_overview.progress(study)
    assert (found.wanted, found.renditions, found.rendered) == (4, 1, 1)
    assert {tally.name: (tally.votes, tally.wanted) for tally in found.panels.values()} == {
        "Crowd": (1, 2),
        "Experts": (0, 2),
    }
    assert {name: (tally.votes, tally.wanted) for name, tally in found.categories.items()} == {
        "portrait": (1, 2),
        "scene": (0, 2),
    }


def test_studies_are_found_by_words_and_sorted(django_assert_num_queries):
    for name in ("Dogs", "Cats", "Birds"):
        draft(name=name, generators=1, prompts=1)
    StudyFactory(name="Nothing in it")
    assert [s.name for s in study_overview.studies(search="CAT")] == ["Cats"]
    assert [s.name for s in study_overview.studies(sort="name")] == ["Birds", "Cats", "Dogs", "Nothing in it"]
    with django_assert_num_queries(2):  # the studies, and the blocks of all of them
        assert [s.image_count for s in study_overview.studies(sort="name")] == [1, 1, 1, 0]
    assert study_overview.studies(sort="password").first().name == "Nothing in it"
