from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from annotations import policies


class CanDesign(BasePermission):
    message = "Your account may not use this part of the API. Ask an administrator for a staff account."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return policies.can_design(request.user)
