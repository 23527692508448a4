"""The sales' part of the till API, included in shop.api.urls."""

from django.urls import path

from sales.api import asking, sales, shifts

urlpatterns = [
    path("sales", sales.SaleDocuments.as_view(), name="sale_documents"),
    path("sales:batch", sales.SaleBatch.as_view(), name="sale_batch"),
    path("sales/<uuid:uuid>", asking.SaleDocument.as_view(), name="sale_document"),
    path("sales/<uuid:uuid>/refundable", asking.SaleRefundable.as_view(), name="sale_refundable"),
    path("sync-state", asking.SyncState.as_view(), name="sync_state"),
    path("shifts", shifts.Shifts.as_view(), name="shifts"),
    path("shifts/current", shifts.ShiftCurrent.as_view(), name="shift_current"),
    path("shifts/<uuid:uuid>:close", shifts.ShiftClose.as_view(), name="shift_close"),
    path("shifts/<uuid:uuid>/cash", shifts.ShiftCash.as_view(), name="shift_cash"),
    path("shifts/<uuid:uuid>/x", shifts.ShiftX.as_view(), name="shift_x"),
    path("shifts/<uuid:uuid>/z", shifts.ShiftZ.as_view(), name="shift_z"),
]
