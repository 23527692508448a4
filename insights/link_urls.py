"""The short addresses in our mails, outside any shop."""

from django.urls import path

from insights.views import links

urlpatterns = [
    path("off/<str:token>/", links.brief_off, name="brief_off"),
    path("<str:token>/", links.decision_link, name="decision_link"),
]
