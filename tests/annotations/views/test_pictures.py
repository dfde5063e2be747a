import io

import pytest
from django.urls import reverse
from PIL import Image as Pillow

from annotations.actions import assignments
from tests.factories import launched_study, rater_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def served():
    study = launched_study(prompts=2, generators=2, check_every=3, first_check_within=2)
    return assignments.next_for(rater=rater_in(study))


def url(assignment, position):
    return reverse("picture", args=[assignment.picture_token, position])


def test_positions_follow_the_shown_order(client, served):
    for assignment in served:
        slots = {slot.index: slot for slot in assignment.comparison.slots.all()}
        for position, index in enumerate(assignment.order):
            body = client.get(url(assignment, position)).content
            assert len(body) == slots[int(index)].rendition.bytes
            with Pillow.open(io.BytesIO(body)) as picture:
                assert picture.size == (128, 128)
                assert not picture.info.get("exif")
        assert client.get(url(assignment, 0)).content != client.get(url(assignment, 1)).content


def test_all_pictures_of_a_prompt_checks_included_have_the_same_headers_and_length(client, served):
    assert {assignment.kind for assignment in served} == {"regular", "check"}
    seen = {}
    for assignment in served:
        for position in (0, 1):
            reply = client.get(url(assignment, position))
            seen.setdefault(assignment.comparison.prompt_id, set()).add(
                (tuple(sorted(reply.headers.items())), len(reply.content))
            )
    assert all(len(kinds) == 1 for kinds in seen.values())


def test_no_header_tells_pictures_apart(client, served):
    reply = client.get(url(served[0], 0))
    assert reply["Cache-Control"] == "private, max-age=3600, immutable"
    assert not {"ETag", "Last-Modified", "Content-Disposition", "Set-Cookie"} & set(reply.headers)


def test_unknown_tokens_and_positions_are_not_found(client, served):
    assert client.get(reverse("picture", args=["x" * 22, 0])).status_code == 404
    assert client.get(url(served[0], 2)).status_code == 404


def test_behind_a_web_server_the_file_is_handed_out_by_internal_redirect(client, served, settings):
    settings.MEDIA_INTERNAL_REDIRECT = "/internal-media/"
    reply = client.get(url(served[0], 0))
    slot = served[0].comparison.slots.get(index=int(served[0].order[0]))
    assert reply["X-Accel-Redirect"] == f"/internal-media/{slot.rendition.path}"
    assert reply.content == b""
    assert reply["Content-Type"] == "image/jpeg"
