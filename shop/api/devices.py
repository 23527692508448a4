"""A till about itself: connecting it, who it is, changing its key."""

import datetime as dt
from http import HTTPStatus
from typing import Annotated, Any

from allauth.core import ratelimit
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field, StringConstraints
from rest_framework.response import Response
from rest_framework.views import APIView

from shop import devices
from shop.access import PUBLIC
from shop.api import bodies
from shop.api.throttle import TooOften
from shop.api.views import DeviceView, TillRequest
from shop.models import Branch, Register
from shop.tenancy import use_shop


class EnrolCall(BaseModel):
    """The one-time code of Settings, Tills, and what to call this till there."""

    code: Annotated[str, StringConstraints(max_length=40)] = Field(examples=["K7QM-2WXA-9PLD"])
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = Field(
        examples=["Front till"]
    )


class Named(BaseModel):
    id: int
    name: str


class ShopSaid(BaseModel):
    name: str
    currency: str
    zone: str
    prices_include_tax: bool


class DeviceSaid(BaseModel):
    """Who this till is. The key alone decides it."""

    device: Named
    shop: ShopSaid
    branch: Named
    register_: Named = Field(alias="register")  # pydantic's models have a method of that name
    server_time: dt.datetime


class EnrolledSaid(DeviceSaid):
    """The key is said here and never again: keep it where only the till can read it."""

    key: str


class NewKeySaid(BaseModel):
    """The key is said here and never again. The old one is good until then, so that an answer may get lost."""

    key: str
    old_key_ends_at: dt.datetime


class GuessesSpent(TooOften):
    wait_seconds = 3600
    sentence = "Too many codes were tried from here. Wait an hour."


class Enrol(APIView):
    """Connect a till with the one-time code that Settings, Tills shows."""

    access = PUBLIC

    @extend_schema(operation_id="enrol", request=EnrolCall, responses={201: EnrolledSaid}, auth=[])
    def post(self, request: Any) -> Response:
        told = bodies.read(request, EnrolCall)
        if not ratelimit.consume(request._request, action="enrol"):
            raise GuessesSpent
        key, till = devices.enrol(told.code, told.name)
        request._request.device = till
        return Response(_said(till) | {"key": key}, status=HTTPStatus.CREATED)


class DeviceDetail(DeviceView):
    """Which till this is."""

    @extend_schema(operation_id="device", responses={200: DeviceSaid})
    def get(self, request: TillRequest) -> Response:
        return Response(_said(request.device))


class DeviceRotate(DeviceView):
    """A new key for this till. The old one is good for another day; asking again replaces one that never arrived."""

    repeats = False

    @extend_schema(operation_id="rotate_key", request=None, responses={201: NewKeySaid})
    def post(self, request: TillRequest) -> Response:
        key, ends_at = devices.rotate(request.device.device_id, using=request.device.key_id)
        said = NewKeySaid(key=key, old_key_ends_at=ends_at)
        return Response(said.model_dump(mode="json"), status=HTTPStatus.CREATED)


def _said(till: devices.Till) -> dict[str, Any]:
    with use_shop(till.shop):
        register = Register.objects.get(pk=till.register_id)
        branch = Branch.objects.get(pk=till.branch_id)
    said = DeviceSaid(
        device=Named(id=till.device_id, name=till.name),
        shop=ShopSaid(
            name=till.shop.name,
            currency=till.shop.currency,
            zone=till.shop.zone,
            prices_include_tax=till.shop.prices_include_tax,
        ),
        branch=Named(id=branch.pk, name=branch.name),
        register=Named(id=register.pk, name=register.name),
        server_time=dt.datetime.now(dt.UTC),
    )
    return said.model_dump(mode="json", by_alias=True)
