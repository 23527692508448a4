"""The pages that show what the numbers mean."""

from django.urls import path

from insights.views import (
    briefs,
    calendar,
    decisions,
    forecast,
    inventory,
    lines,
    models,
    products,
    reviews,
    runs,
    sales,
    stock,
    today,
)

app_name = "insights"
urlpatterns = [
    path("today/", today.today, name="today"),
    path("sales/", sales.sales, name="sales"),
    path("sales/lines/", lines.line_list, name="line_list"),
    path("sales/receipts/<int:pk>/", lines.sale_detail, name="sale_detail"),
    path("products/", products.product_list, name="product_list"),
    path("products/<int:pk>/", products.product_detail, name="product_detail"),
    path("reviews/", reviews.review_list, name="review_list"),
    path("prices/", reviews.price_list, name="price_list"),
    # the calendar
    path("calendar/", calendar.event_list, name="event_list"),
    path("calendar/say/", calendar.event_say, name="event_say"),
    path("calendar/new/", calendar.event_new, name="event_new"),
    path("calendar/<int:pk>/", calendar.event_edit, name="event_edit"),
    path("calendar/<int:pk>/approve/", calendar.event_approve, name="event_approve"),
    path("calendar/<int:pk>/dismiss/", calendar.event_dismiss, name="event_dismiss"),
    path("brief/", briefs.brief, name="brief"),
    # decisions
    path("decisions/", decisions.decision_list, name="decision_list"),
    path("decisions/<int:pk>/", decisions.decision_detail, name="decision_detail"),
    path("decisions/<int:pk>/evidence/", decisions.decision_evidence, name="decision_evidence"),
    path("decisions/<int:pk>/accept/", decisions.decision_accept, name="decision_accept"),
    path("decisions/<int:pk>/dismiss/", decisions.decision_dismiss, name="decision_dismiss"),
    path("decisions/<int:pk>/snooze/", decisions.decision_snooze, name="decision_snooze"),
    path("decisions/<int:pk>/undo/", decisions.decision_undo, name="decision_undo"),
    # /insights/
    path("insights/forecast/", forecast.forecast_quality, name="forecast_quality"),
    path("insights/runs/", runs.run_list, name="run_list"),
    path("insights/runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("insights/runs/start/", runs.run_start, name="run_start"),
    path("insights/runs/asked/<int:pk>/", runs.run_wait, name="run_wait"),
    path("insights/runs/asked/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path("inventory/", inventory.inventory, name="inventory"),
    # /stock/
    path("stock/", stock.stock_home, name="stock_home"),
    path("stock/receive/", stock.stock_receive, name="stock_receive"),
    path("stock/receive/<int:pk>/", stock.stock_order, name="stock_order"),
    path("stock/count/", stock.stock_count, name="stock_count"),
    path("stock/waste/", stock.stock_waste, name="stock_waste"),
    path("stock/transfer/", stock.stock_transfer, name="stock_transfer"),
    path("stock/undo/<int:pk>/", stock.stock_undo, name="stock_undo"),
    path("stock/missing/", stock.missing_data, name="missing_data"),
    # models
    path("settings/models/", models.model_list, name="model_list"),
    path("settings/models/new/", models.model_new, name="model_new"),
    path("settings/models/limit/", models.model_limit, name="model_limit"),
    path("settings/models/<int:pk>/", models.model_edit, name="model_edit"),
    path("settings/models/<int:pk>/use/", models.model_use, name="model_use"),
    path("settings/models/<int:pk>/up/", models.model_up, name="model_up"),
    path("settings/models/<int:pk>/test/", models.model_try, name="model_try"),
    path("settings/models/<int:pk>/remove/", models.model_remove, name="model_remove"),
    path("settings/models/calls/", models.llm_call_list, name="llm_call_list"),
    path("settings/models/calls/<int:pk>/", models.llm_call_detail, name="llm_call_detail"),
]
