"""The forms of accounts. One is made by invitation: its address is the one that was invited, not chosen."""

from typing import Any

from allauth.account import forms
from allauth.core import context

INVITED = "invited_email"


class Plain:
    """Without the labels once more in the fields, where they vanish as soon as somebody types."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(Plain, forms.LoginForm):
    pass


class ChangePasswordForm(Plain, forms.ChangePasswordForm):
    pass


class ResetPasswordForm(Plain, forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Plain, forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Plain, forms.ReauthenticateForm):
    pass


class InvitedSignupForm(Plain, forms.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        field = self.fields["email"]
        # A disabled field keeps its first value, whatever is posted.
        field.disabled = True
        field.initial = context.request.session.get(INVITED, "")
        self.initial["email"] = field.initial
