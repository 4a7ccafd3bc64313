"""A view that asks the gateway."""

import httpx
from django.conf import settings
from django.http import HttpResponse
from django.urls import path


def look(request):
    with httpx.Client(trust_env=False) as http:
        answer = http.get(settings.COVERS_URL, headers={"Authorization": f"Bearer {settings.COVERS_KEY}"})
    return HttpResponse(str(answer.status_code))


urlpatterns = [path("", look)]
