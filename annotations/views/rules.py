"""Exclusion rules, the consent text and translations: parts of a design with a page of their own."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from annotations.actions import consents, studies, translations
from annotations.errors import NotFound, StudyRefused
from annotations.forms import LANGUAGES, DescribedForm
from annotations.forms.rules import RulesForm
from annotations.forms.translations import TranslationForm, places
from annotations.models import RaterState, Study, StudyState
from annotations.selectors.rules import declared_rules
from annotations.views.access import designer_required, study_or_404
from arena.analytics import rater_rules


class ConsentForm(DescribedForm):
    text = forms.CharField(
        max_length=10000,
        label="Consent",
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Who you are, what is stored, for how long, whom to ask.",
    )

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        self.others = [(code, name) for code, name in LANGUAGES if code != language]
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        for code, name in self.others:
            widget = forms.Textarea(attrs={"rows": 5, "dir": "auto", "lang": code})
            self.fields[f"in_{code}"] = forms.CharField(
                required=False, max_length=10000, label=name, widget=widget
            )

    @property
    def translated(self) -> list[forms.BoundField]:
        return [self[f"in_{code}"] for code, _ in self.others]

    def settings(self) -> dict[str, Any]:
        """As consents.publish takes them."""
        given = {code: self.cleaned_data[f"in_{code}"] for code, _ in self.others}
        translations = {code: text for code, text in given.items() if text}
        return {"text": self.cleaned_data["text"], "translations": translations}


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_rules(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    draft = study.state == StudyState.DRAFT
    form = RulesForm(request.POST or None, rules=study.rules)
    if request.method == "POST" and (not draft or form.is_valid()):
        studies.update(study=study, actor=request.user, rules=form.rules)
        messages.success(request, "The rules are saved. They are frozen with the design at launch.")
        return redirect("study-rules", pid)
    context = {
        "nav": "studies",
        "study": study,
        "form": form,
        "draft": draft,
        "in_words": [rater_rules.describe(rule) for rule in declared_rules(study)],
    }
    return render(request, "studies/rules.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_consent(request: HttpRequest, pid: str) -> HttpResponse:
    """The versions so far, and a new one: in a running study raters are asked again."""
    study = study_or_404(pid)
    versions = list(study.consents.all())
    text = versions[0].text if versions else studies.DEFAULT_CONSENT
    given = versions[0].translations if versions else {}
    initial = {"text": text} | {f"in_{code}": words for code, words in given.items()}
    form = ConsentForm(request.POST or None, initial=initial, language=study.language)
    if request.method == "POST" and form.is_valid():
        made = consents.publish(study=study, actor=request.user, **form.settings())
        messages.success(request, f"Version {made.version} is in force. Raters are asked to agree to it.")
        return redirect("study-consent", pid)
    asked = study.raters.filter(state=RaterState.ACTIVE).count()
    context = {"nav": "studies", "study": study, "form": form, "versions": versions, "asked": asked}
    return render(request, "studies/consent.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@designer_required
def study_translations(request: HttpRequest, pid: str) -> HttpResponse:
    study = study_or_404(pid)
    others = [(code, name) for code, name in LANGUAGES if code != study.language]
    language = request.GET.get("language") or others[0][0]
    if language not in dict(others):
        raise NotFound("Texts can't be translated into that language.", mend="Choose one of those offered.")
    found = places(study, study.blocks.all(), study.consents.first())
    form = TranslationForm(request.POST or None, places=found, given=_given(study, language))
    if request.method == "POST" and form.is_valid():
        if study.state != StudyState.DRAFT:
            raise StudyRefused(
                "The study is launched; its texts are frozen.", mend="Translate before launch."
            )
        translations.write(study=study, actor=request.user, language=language, texts=form.texts())
        messages.success(request, f"The texts in {dict(others)[language]} are saved.")
        return redirect(f"{request.path}?language={language}")
    context = {
        "nav": "studies",
        "study": study,
        "form": form,
        "language": language,
        "languages": [(code, name, _count(study, code)) for code, name in others],
        "texts": len(found),
        "draft": study.state == StudyState.DRAFT,
    }
    return render(request, "studies/translations.html", context, status=422 if form.is_bound else 200)


def _given(study: Study, language: str) -> dict[str, Any]:
    consent = study.consents.first()
    given = {block.key: block.translations.get(language, {}) for block in study.blocks.all()}
    given |= {"study": study.translations.get(language, {})}
    return given | {"consent": consent.translations.get(language, "") if consent else ""}


def _count(study: Study, language: str) -> int:
    """How many texts stand in a language."""
    form = TranslationForm(
        places=places(study, study.blocks.all(), study.consents.first()), given=_given(study, language)
    )
    return sum(bool(text) for text in form.initial.values())
