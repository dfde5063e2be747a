"""What stands between consent and the first picture. A rater is "joined" until all of it is done, so that
serving, which asks for "active" raters anyway, needs no look at any of it."""

from django.conf import settings

from annotations.models import Panel, PanelKind, Rater, RaterState, VerificationState

CONSENT, VERIFY, DEMOGRAPHICS = "consent", "verify", "demographics"
# A service that could not be asked lets people in: its failure is none of theirs.
LETS_IN = (VerificationState.PASSED, VerificationState.UNAVAILABLE)


def asks_verification(panel: Panel) -> bool:
    return bool(panel.verify and settings.VERIFY_URL)


def missing(rater: Rater) -> str | None:
    """The next of these steps that a rater has not done; None when the pictures may come."""
    present = rater.study.consents.first()
    if rater.consented_at is None or present is None or rater.consent_id != present.pk:
        return CONSENT
    if rater.panel.kind == PanelKind.JUDGE:
        return None  # a program is nobody to be verified, and has no age
    if asks_verification(rater.panel) and not rater.verifications.filter(state__in=LETS_IN).exists():
        return VERIFY
    if rater.study.ask_demographics and not hasattr(rater, "demographics"):
        return DEMOGRAPHICS
    return None


def activate_when_ready(rater: Rater) -> None:
    """The rater is locked."""
    if rater.state == RaterState.JOINED and missing(rater) is None:
        rater.state = RaterState.ACTIVE
        rater.save(update_fields=["state"])
