import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotations.models import Study
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
COLUMNS = {"name": "Elsewhere", "column_left": "a", "column_right": "b", "column_outcome": "won"}


@pytest.fixture
def designer(client):
    client.force_login(UserFactory())
    return client


def send(client, text, **changes):
    file = SimpleUploadedFile("votes.csv", text.encode())
    return client.post(reverse("votes-import"), COLUMNS | {"file": file} | changes)


def test_an_upload_leads_to_the_ranking(designer):
    response = send(designer, "a,b,won,who\nx,y,A,kim\ny,x,left,lee\n", label_right="A", column_rater="who")
    study = Study.objects.get()
    assert response.url == reverse("results", args=[study.public_id])
    assert study.raters.count() == 2
    assert "Imported 2 votes by 2 raters" in designer.get(response.url).content.decode()


def test_wrong_rows_are_listed_and_nothing_is_stored(designer):
    response = send(designer, "a,b,won\nx,y,left\nx,x,left\n")
    assert response.status_code == 422
    assert "x is compared with itself" in response.content.decode()
    assert not Study.objects.exists()


def test_the_same_file_again_leads_to_the_same_study(designer):
    text = "a,b,won\nx,y,left\n"
    first, second = send(designer, text), send(designer, text, name="Again")
    assert first.url == second.url
    assert "nothing changed" in designer.get(second.url).content.decode()


def test_a_form_without_columns_says_what_is_missing(designer):
    response = send(designer, "a,b,won\nx,y,left\n", column_left="")
    assert response.status_code == 400
    assert "This field is required" in response.content.decode()


def test_only_designers_may_import(client):
    client.force_login(UserFactory(is_staff=False))
    assert client.get(reverse("votes-import")).status_code == 403
