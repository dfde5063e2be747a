from django import forms

from annotations.models import Study
from scoring.models import ReferenceSet


class ReferenceSetForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name")
    description = forms.CharField(
        required=False,
        label="Where the pictures come from",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    archive = forms.FileField(
        label="ZIP of pictures",
        help_text="All pictures in the ZIP, folders included. Large sets import faster by command.",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )


class SetScoreForm(forms.Form):
    study = forms.ModelChoiceField(Study.objects.filter(source="collected"), label="Study")
    reference_set = forms.ModelChoiceField(ReferenceSet.objects.all(), label="Reference set")
