"""The two admins: a shop's own for its staff (/s/<slug>/admin/), and the operators' (/platform/)."""

from django.contrib.admin import AdminSite

shop_admin = AdminSite(name="admin")
platform_admin = AdminSite(name="platform")
