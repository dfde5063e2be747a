import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.actions import audit
from annotations.models import AuditEvent, Study
from annotations.views.access import designer_required, study_or_404


@require_safe
@designer_required
def study_audit(request: HttpRequest, pid: str) -> HttpResponse:
    """Everything that was recorded for a study, newest first, and whether its chain of hashes holds."""
    study = study_or_404(pid)
    page = Paginator(study.audit.order_by("-sequence"), 100).get_page(request.GET.get("page"))
    context = {
        "nav": "studies",
        "study": study,
        "page": page,
        "rows": [(event, _details(event)) for event in page.object_list],
        "verdict": _verdict(study, page.paginator.count),
    }
    return render(request, "studies/audit.html", context)


def _details(event: AuditEvent) -> dict[str, str] | None:
    if not event.data:
        return None
    keys = ", ".join(list(event.data)[:3]) + (" …" if len(event.data) > 3 else "")
    return {"summary": keys, "text": json.dumps(event.data, indent=2, ensure_ascii=False, sort_keys=True)}


def _verdict(study: Study, rows: int) -> dict[str, Any]:
    if problems := audit.verify(study=study):
        more = f" And {len(problems) - 5} more." if len(problems) > 5 else ""
        return {"ok": False, "text": " ".join(problems[:5]) + more}
    last = study.audit.order_by("-sequence").values_list("hash", flat=True).first()
    return {
        "ok": True,
        "last_hash": last,
        "text": f"{rows} row{'' if rows == 1 else 's'}, each with the hash of the one before.",
    }
