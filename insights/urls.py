"""The pages that show what the numbers mean."""

from django.urls import path

from insights.views import decisions, lines, products, runs, sales, today

app_name = "insights"
urlpatterns = [
    path("today/", today.today, name="today"),
    path("sales/", sales.sales, name="sales"),
    path("sales/lines/", lines.line_list, name="line_list"),
    path("sales/receipts/<int:pk>/", lines.sale_detail, name="sale_detail"),
    path("products/", products.product_list, name="product_list"),
    path("products/<int:pk>/", products.product_detail, name="product_detail"),
    # decisions
    path("decisions/", decisions.decision_list, name="decision_list"),
    path("decisions/<int:pk>/", decisions.decision_detail, name="decision_detail"),
    path("decisions/<int:pk>/evidence/", decisions.decision_evidence, name="decision_evidence"),
    path("decisions/<int:pk>/accept/", decisions.decision_accept, name="decision_accept"),
    path("decisions/<int:pk>/dismiss/", decisions.decision_dismiss, name="decision_dismiss"),
    path("decisions/<int:pk>/snooze/", decisions.decision_snooze, name="decision_snooze"),
    path("decisions/<int:pk>/undo/", decisions.decision_undo, name="decision_undo"),
    # /insights/
    path("insights/runs/", runs.run_list, name="run_list"),
    path("insights/runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("insights/runs/start/", runs.run_start, name="run_start"),
    path("insights/runs/asked/<int:pk>/", runs.run_wait, name="run_wait"),
    path("insights/runs/asked/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
]
