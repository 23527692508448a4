"""The product's settings, but static files come straight from their folders: nothing has to be collected first."""

from shop import settings as product

globals().update({name: value for name, value in vars(product).items() if name.isupper()})
STORAGES = {
    **product.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
