"""The sales' part of the till API, included in shop.api.urls."""

from django.urls import path

from sales.api import sales, shifts

urlpatterns = [
    path("sales", sales.SaleDocuments.as_view(), name="sale_documents"),
    path("sales:batch", sales.SaleBatch.as_view(), name="sale_batch"),
    path("shifts", shifts.Shifts.as_view(), name="shifts"),
    path("shifts/current", shifts.ShiftCurrent.as_view(), name="shift_current"),
    path("shifts/<uuid:uuid>:close", shifts.ShiftClose.as_view(), name="shift_close"),
    path("shifts/<uuid:uuid>/cash", shifts.ShiftCash.as_view(), name="shift_cash"),
    path("shifts/<uuid:uuid>/x", shifts.ShiftX.as_view(), name="shift_x"),
    path("shifts/<uuid:uuid>/z", shifts.ShiftZ.as_view(), name="shift_z"),
]
