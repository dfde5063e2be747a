from collections.abc import Mapping

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from annotations.actions import limits


class LoginThrottle(AnonRateThrottle):
    """Passwords are guessed by trying; ten tries a minute and address are enough for people."""

    rate = "10/minute"


class TokenRequest(AuthTokenSerializer):
    code = serializers.CharField(
        required=False, write_only=True, help_text="Of the account's second factor, where it has one"
    )

    def validate(self, attrs):  # type: ignore[no-untyped-def]
        attrs = super().validate(attrs)
        user = attrs["user"]
        # A second factor that the API did not ask for would be none.
        if is_mfa_enabled(user) and not AuthenticateForm(user=user, data=attrs).is_valid():
            raise serializers.ValidationError({"code": ["Send the code that this account's app shows."]})
        return attrs


class TokenAnswer(serializers.Serializer):
    token = serializers.CharField()


def _name_in(sent: object) -> str:
    return str(sent.get("username", "")) if isinstance(sent, Mapping) else ""


class TokenView(APIView):
    """Name and password in, a token out. Send it as `Authorization: Token …` with every other call."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginThrottle,)

    @extend_schema(request=TokenRequest, responses=TokenAnswer, auth=[], tags=["token"])
    def post(self, request: Request) -> Response:
        # Failures are counted over all processes, here as at the page: whoever is held off there is here too.
        if wait := limits.login_blocked(request, _name_in(request.data)):
            raise limits.too_many_logins(wait)
        form = TokenRequest(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        token, _ = Token.objects.get_or_create(user=form.validated_data["user"])
        return Response({"token": token.key})
