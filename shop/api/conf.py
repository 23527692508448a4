"""What the API's packages are told; `shop.settings` takes these over as they are."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],  # to describe; it is shop.api.bodies that reads
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "shop.api.negotiation.OnlyJson",
    "EXCEPTION_HANDLER": "shop.api.problems.handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Aisle till API",
    "DESCRIPTION": (
        "For programs that sell. Connect with a one-time code from Settings, Tills; then send the key with every "
        'request as `Authorization: Bearer aisle_…`. Money and quantities are text, such as `"3.50"`. Everything '
        "that is written carries an id made by the till: sending the same again changes nothing, so when an answer "
        "does not come, send again."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": False,
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {"securitySchemes": {"till": {"type": "http", "scheme": "bearer"}}},
    "POSTPROCESSING_HOOKS": ["shop.api.schema.completed"],
    "OAS_VERSION": "3.1.0",
}
