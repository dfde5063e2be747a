from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Study

pytestmark = pytest.mark.django_db
MAP = "left=a,right=b,outcome=won"


def run(folder, text, **options):
    path = folder / "votes.csv"
    path.write_text(text)
    out, err = StringIO(), StringIO()
    try:
        call_command("import_votes", str(path), name="Elsewhere", map=MAP, stdout=out, stderr=err, **options)
    except CommandError as error:
        return out.getvalue(), err.getvalue(), str(error)
    return out.getvalue(), err.getvalue(), ""


def test_the_command_says_what_came_in_and_the_second_time_that_nothing_did(tmp_path):
    text = "a,b,won\nx,y,A\ny,x,left\n"
    out, _, failure = run(tmp_path, text, outcomes="right=A")
    assert failure == ""
    assert out.startswith("Imported 2 votes by 2 raters on 2 generators")
    assert run(tmp_path, text, outcomes="right=A")[0].startswith("Imported earlier, nothing changed")


def test_the_command_lists_what_is_wrong(tmp_path):
    _, err, failure = run(tmp_path, "a,b,won\nx,y,who knows\n")
    assert "row 2, won: the outcome “who knows” is not known" in err
    assert "Nothing was stored" in failure
    assert not Study.objects.exists()


def test_the_command_explains_a_mapping_that_it_cannot_read(tmp_path):
    assert "field=column" in run(tmp_path, "a,b,won\nx,y,left\n", outcomes="left")[2]


def test_the_command_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_votes", str(tmp_path / "none.csv"), name="X", map=MAP)
