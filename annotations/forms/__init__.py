"""What a designer may set before launch. The forms check shapes and words; the actions check the study."""

from annotations.forms.base import DescribedForm
from annotations.forms.blocks import OFFERED, BlockForm, BlockPage
from annotations.forms.study import LANGUAGES, DesignForm, PlanForm, study_initial

__all__ = [
    "LANGUAGES",
    "OFFERED",
    "BlockForm",
    "BlockPage",
    "DescribedForm",
    "DesignForm",
    "PlanForm",
    "study_initial",
]
