from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations.views.access import designer_required
from scoring import selectors
from scoring.actions import metrics, scores, set_scores

SHOWN = 50


@require_safe
@designer_required
def scoring(request: HttpRequest) -> HttpResponse:
    metrics.ensure()
    rows = selectors.metric_table()
    parked, parked_sets = selectors.parked_scores(), selectors.parked_set_scores()
    context = {
        "nav": "scoring",
        "rows": rows,
        "totals": selectors.totals(rows),
        "missing": selectors.lacks(rows),
        "parked": parked[:SHOWN],
        "parked_sets": parked_sets[:SHOWN],
        "parked_count": parked.count() + parked_sets.count(),
        "shown": SHOWN,
        "shapes_note": selectors.shapes_note(),
    }
    return render(request, "scoring/scoring.html", context)


@require_POST
@designer_required
def retry(request: HttpRequest) -> HttpResponse:
    """Try one parked score again, or all of them."""
    score, set_score = request.POST.get("score", ""), request.POST.get("set_score", "")
    changed = 0
    if score.isdecimal() or not set_score:
        changed += scores.retry(score_id=int(score) if score.isdecimal() else None)
    if set_score.isdecimal() or not score:
        changed += set_scores.retry(set_score_id=int(set_score) if set_score.isdecimal() else None)
    messages.success(request, f"{changed} score{'' if changed == 1 else 's'} will be tried again.")
    return redirect("scoring")
