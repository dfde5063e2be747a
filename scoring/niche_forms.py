"""Forms of niches: a row per metric, and which version a study shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from annotations.models import Image, Source, Study
from scoring.actions.niche_terms import Part
from scoring.models import Metric, NicheVersion, ReferenceSet
from scoring.selectors import niches as selectors

ALL = "all"


@dataclass(frozen=True)
class MetricRow:
    """The fields of one metric."""

    metric: Metric
    weight: forms.BoundField | None
    limit: forms.BoundField
    better: forms.BoundField | None


class TermsForm(forms.Form):
    """Weights and limits of all metrics, and the population that calibrates them."""

    population = forms.ChoiceField(
        label="Calibrate with",
        help_text="Their scores are frozen, so a composite does not move when other images come.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with_images = Exists(Image.objects.filter(study=OuterRef("pk")))
        studies = Study.objects.filter(with_images, source=Source.COLLECTED)
        self.fields["population"].choices = [
            *((study.public_id, study.name) for study in studies),
            (ALL, "All images scored here, as of now"),
        ]
        self.metrics = selectors.offered_metrics()
        for metric in self.metrics:
            self._add(metric)

    def _add(self, metric: Metric) -> None:
        label = metric.label
        if metric.name == selectors.FILTERS:
            self.fields[f"limit_{metric.name}"] = forms.BooleanField(
                required=False, initial=True, label=f"{label}: bar images that do not pass"
            )
            return
        steps = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
        self.fields[f"weight_{metric.name}"] = forms.DecimalField(
            required=False,
            min_value=0,
            max_value=1,
            decimal_places=4,
            label=f"Weight of {label}",
            widget=forms.NumberInput(attrs={"step": "0.0001", "inputmode": "decimal", "data-weight": ""}),
        )
        self.fields[f"limit_{metric.name}"] = forms.FloatField(
            required=False, label=f"Worst allowed {label}", widget=steps
        )
        if metric.higher_is_better is None:
            self.fields[f"better_{metric.name}"] = forms.ChoiceField(
                required=False,
                choices=[("", "Choose …"), ("higher", "Higher is better"), ("lower", "Lower is better")],
                label=f"Better direction of {label}",
            )

    @property
    def rows(self) -> Iterator[MetricRow]:
        for metric in self.metrics:
            found = {
                name: self[f"{name}_{metric.name}"] if f"{name}_{metric.name}" in self.fields else None
                for name in ("weight", "limit", "better")
            }
            yield MetricRow(metric, **found)

    def parts(self) -> list[Part]:
        """Of the metrics that say something."""
        given, found = self.cleaned_data, []
        for metric in self.metrics:
            weight, limit = given.get(f"weight_{metric.name}") or 0, given.get(f"limit_{metric.name}")
            if metric.name == selectors.FILTERS:
                limit = 1.0 if limit else None
            if weight or limit is not None:
                better = given.get(f"better_{metric.name}")
                higher = better == "higher" if better else None
                found.append(Part(metric.name, weight, limit, higher))
        return found

    def population_study(self) -> Study | None:
        chosen = self.cleaned_data["population"]
        return None if chosen == ALL else Study.objects.get(public_id=chosen)


class NicheForm(TermsForm):
    name = forms.CharField(max_length=200, label="Name")
    description = forms.CharField(
        required=False, label="What belongs to it", widget=forms.Textarea(attrs={"rows": 2})
    )
    reference_set = forms.ModelChoiceField(
        ReferenceSet.objects.all(), required=False, label="Reference set", empty_label="None"
    )
    field_order = ("name", "description", "reference_set", "population")


class RevisionForm(TermsForm):
    reason = forms.CharField(max_length=300, label="What changes, and why")
    field_order = ("reason", "population")


def initial_of(version: NicheVersion) -> dict[str, Any]:
    """A version as the form shows it."""
    chosen = version.population.public_id if version.population else ALL
    found: dict[str, Any] = {"population": chosen, f"limit_{selectors.FILTERS}": False}
    for term in version.terms.all():
        name = term.metric.name
        found[f"weight_{name}"] = selectors.plain(term.weight) if term.weight else None
        found[f"limit_{name}"] = term.limit
        found[f"better_{name}"] = "higher" if term.higher_is_better else "lower"
    return found


class StudyNicheForm(forms.Form):
    version = forms.ChoiceField(label="Niche and version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = NicheVersion.objects.select_related("niche").order_by("niche__name", "-number")
        self.fields["version"].choices = [(version.public_id, str(version)) for version in versions]

    def chosen(self) -> NicheVersion:
        return NicheVersion.objects.select_related("niche").get(public_id=self.cleaned_data["version"])
