"""The pages that show what the numbers mean."""

from django.urls import path

from insights.views import lines, products, runs, sales, today

app_name = "insights"
urlpatterns = [
    path("today/", today.today, name="today"),
    path("sales/", sales.sales, name="sales"),
    path("sales/lines/", lines.line_list, name="line_list"),
    path("sales/receipts/<int:pk>/", lines.sale_detail, name="sale_detail"),
    path("products/", products.product_list, name="product_list"),
    path("products/<int:pk>/", products.product_detail, name="product_detail"),
    # /insights/
    path("insights/runs/", runs.run_list, name="run_list"),
    path("insights/runs/<int:pk>/", runs.run_detail, name="run_detail"),
    path("insights/runs/start/", runs.run_start, name="run_start"),
    path("insights/runs/asked/<int:pk>/", runs.run_wait, name="run_wait"),
    path("insights/runs/asked/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
]
