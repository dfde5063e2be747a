"""The OpenAPI schema and two ways to read it, served from here under our Content-Security-Policy."""

from typing import Any

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

Schema = SpectacularAPIView


class RaterCookieScheme(OpenApiAuthenticationExtension):
    """Tells the schema how a rater's browser is known."""

    target_class = "annotations.api.rater.RaterCookie"
    name = "raterCookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "arena_<panel>",
            "description": "Set on entering a panel",
        }


class Swagger(SpectacularSwaggerSplitView):
    """The split view keeps its script in an answer of its own, so that script-src 'self' holds here too."""

    url_name = "schema"
    template_name = "api/swagger.html"


@method_decorator(csp_update({"worker-src": ["'self'", "blob:"]}), name="dispatch")
class Redoc(SpectacularRedocView):
    """Redoc searches in a worker made from a blob; nothing else is relaxed."""

    url_name = "schema"
    template_name = "api/redoc.html"
