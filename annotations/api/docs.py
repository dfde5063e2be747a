"""The OpenAPI schema and two ways to read it, served from here under our Content-Security-Policy."""

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

Schema = SpectacularAPIView


class Swagger(SpectacularSwaggerSplitView):
    """The split view keeps its script in an answer of its own, so that script-src 'self' holds here too."""

    url_name = "schema"
    template_name = "api/swagger.html"


@method_decorator(csp_update({"worker-src": ["'self'", "blob:"]}), name="dispatch")
class Redoc(SpectacularRedocView):
    """Redoc searches in a worker made from a blob; nothing else is relaxed."""

    url_name = "schema"
    template_name = "api/redoc.html"
