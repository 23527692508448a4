"""What tills ask about customers: a name to a number, never a list."""

from typing import Annotated

from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel, ConfigDict, Field
from rest_framework.response import Response

from customers import reports
from shop.api.views import DeviceView, TillRequest

_CODE = OpenApiParameter("code", str, required=True, description="The whole customer number, as on the card.")


class CustomerCall(BaseModel):
    code: Annotated[str, Field(min_length=1, max_length=64)]


class CustomerSaid(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str


class Customers(DeviceView):
    """Who has this customer number."""

    @extend_schema(operation_id="customer", parameters=[_CODE], responses={200: CustomerSaid})
    def get(self, request: TillRequest) -> Response:
        asked = CustomerCall.model_validate(request.query_params.dict())
        return Response(CustomerSaid.model_validate(reports.by_code(asked.code)).model_dump())
