"""Reasoned, reversible exclusions of raters. Votes stay as they are; reading applies the exclusion."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from annotations.actions import audit
from annotations.actions.audit import Actor
from annotations.errors import Conflict
from annotations.models import Exclusion, Rater, RuleOverride
from annotations.selectors.rules import declared_rules


@transaction.atomic
def exclude(*, rater: Rater, reason: str, actor: Actor) -> Exclusion:
    locked = (
        Rater.objects.select_for_update(no_key=True, of=("self",)).select_related("study").get(pk=rater.pk)
    )
    reason = reason.strip()
    if not reason:
        raise Conflict("An exclusion needs a reason.", mend="Say why.", code="reason_missing", status=400)
    if locked.exclusions.filter(lifted_at=None).exists():
        raise Conflict("This rater is excluded already.", code="already_excluded")
    exclusion = Exclusion.objects.create(rater=locked, reason=reason[:300], created_by=_user(actor))
    _record(exclusion, actor, "rater_excluded")
    return exclusion


@transaction.atomic
def lift(*, exclusion: Exclusion, actor: Actor) -> Exclusion:
    locked = (
        Exclusion.objects.select_for_update(of=("self",)).select_related("rater__study").get(pk=exclusion.pk)
    )
    if locked.lifted_at is not None:
        raise Conflict("This exclusion is lifted already.", code="already_lifted")
    locked.lifted_at = timezone.now()
    locked.save(update_fields=["lifted_at"])
    _record(locked, actor, "exclusion_lifted")
    return locked


@transaction.atomic
def overrule(*, rater: Rater, rule: str, reason: str, actor: Actor) -> RuleOverride:
    """Count a rater although a declared rule hits. The rule and its hit stay on the page."""
    locked = (
        Rater.objects.select_for_update(no_key=True, of=("self",)).select_related("study").get(pk=rater.pk)
    )
    reason = reason.strip()
    if not reason:
        raise Conflict(
            "Overruling a rule needs a reason.", mend="Say why.", code="reason_missing", status=400
        )
    if rule not in {declared.get("rule") for declared in declared_rules(locked.study)}:
        raise Conflict(
            f"The study has no rule {rule[:60]}.",
            mend="Choose one of its rules.",
            code="unknown_rule",
            status=400,
        )
    if locked.overrides.filter(rule=rule, lifted_at=None).exists():
        raise Conflict("This rule is overruled for this rater already.", code="already_overruled")
    override = RuleOverride.objects.create(
        rater=locked, rule=rule, reason=reason[:300], created_by=_user(actor)
    )
    data = {"rule": rule, "reason": override.reason}
    subject = f"rater {locked.public_id}"
    audit.record(study=locked.study, actor=actor, verb="rule_overruled", subject=subject, data=data)
    return override


@transaction.atomic
def restore_rule(*, override: RuleOverride, actor: Actor) -> RuleOverride:
    """Let the rule count again for this rater."""
    locked = (
        RuleOverride.objects.select_for_update(of=("self",))
        .select_related("rater__study")
        .get(pk=override.pk)
    )
    if locked.lifted_at is not None:
        raise Conflict("This rule counts already.", code="already_lifted")
    locked.lifted_at = timezone.now()
    locked.save(update_fields=["lifted_at"])
    rater = locked.rater
    data = {"rule": locked.rule, "reason": locked.reason}
    subject = f"rater {rater.public_id}"
    audit.record(study=rater.study, actor=actor, verb="rule_restored", subject=subject, data=data)
    return locked


def _record(exclusion: Exclusion, actor: Actor, verb: str) -> None:
    rater = exclusion.rater
    subject = f"rater {rater.public_id}"
    audit.record(
        study=rater.study, actor=actor, verb=verb, subject=subject, data={"reason": exclusion.reason}
    )


def _user(actor: Actor) -> Any:
    return actor if isinstance(actor, AbstractBaseUser) else None
