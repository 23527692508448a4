"""What every endpoint is made of."""

import re
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from shop import devices
from shop.access import DEVICE
from shop.api import throttle
from shop.api.problems import PASSING
from shop.devices import Till
from shop.tenancy import acting, use_shop

_BEARER = re.compile(r"Bearer +(\S{1,200})", re.IGNORECASE)


class TillRequest(Request):
    """What a view gets: the request, with the till that sent it."""

    device: Till


class DeviceView(APIView):
    """An endpoint for tills: `request.device` is the one whose key came along, and its shop is chosen.

    Where the database fails in passing the whole request is done once more, so a view does its writing in one
    transaction, or in steps that can be repeated; one that cannot says `repeats = False`.
    """

    access = DEVICE
    repeats = True

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return self._answer(request, *args, **kwargs)
        except PASSING:
            if not self.repeats or connection.in_atomic_block:
                raise
            connection.close()
            return self._answer(request, *args, **kwargs)

    def _answer(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        till = request.device = devices.till_of(key_in(request))
        throttle.take(till.device_id)
        with use_shop(till.shop), acting(f"till {till.name}"):
            return super().dispatch(request, *args, **kwargs)


def key_in(request: HttpRequest) -> str:
    """The key in the Authorization header, or an empty text."""
    given = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    return given[1] if given else ""
