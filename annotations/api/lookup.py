from annotations.errors import NotFound
from annotations.models import Study


def study_or_404(pid: str) -> Study:
    found = Study.objects.filter(public_id=pid).first()
    if found is None:
        raise NotFound("There is no study with this id.", mend="List the studies to see their ids.")
    return found
