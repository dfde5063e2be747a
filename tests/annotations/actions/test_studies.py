import pytest

from annotations.actions import audit, studies
from tests.factories import launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def test_a_launched_study_runs_from_link_to_code():
    study = launched_study(prompts=3, overlap=2)
    assert study.state == "running"
    for _ in range(2):
        rater = rater_in(study)
        assert vote_all(rater) >= 9
        assert rater.state == "finished"
        assert rater.completion_code
    assert set(study.places.values_list("state", flat=True)) == {"filled"}
    assert audit.verify(study=study) == []
    assert studies.close(study=study, actor=None).state == "closed"
