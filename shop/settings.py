"""Settings. Everything that differs between machines is an environment variable, read through `shop.env`.

With neither DATABASE_URL nor REDIS_URL set, the URLs of the embedded servers are computed (nothing is started here).
"""

import importlib.resources
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF

from shop import embedded, env
from shop.api.conf import REST_FRAMEWORK, SPECTACULAR_SETTINGS
from shop.beats import CELERY_BEAT_SCHEDULE
from shop.storage_conf import STORAGES

__all__ = ["CELERY_BEAT_SCHEDULE", "REST_FRAMEWORK", "SPECTACULAR_SETTINGS", "STORAGES"]

BASE_DIR = Path(__file__).resolve().parent.parent
AISLE_HOME = embedded.home()

# --- Where we run -----------------------------------------------------------------------------------------
EMBEDDED = embedded.in_use()
DEV = env.flag(
    "AISLE_DEV",
    EMBEDDED,
    meaning="Plain HTTP on this machine: cookies without Secure, no HTTPS redirect.",
    shown="on where the embedded servers run",
)
DEBUG = env.flag("DEBUG", False, meaning="Django's debug pages. Never where others can reach it.")
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], meaning="Host names this server answers to, by comma."
)
CSRF_TRUSTED_ORIGINS = env.words(
    "CSRF_TRUSTED_ORIGINS", [], meaning="Origins behind a proxy, by comma, such as https://aisle.example."
)


def _secret_key() -> str:
    """The configured key; on a bare machine one made once and kept beside the data."""
    meaning, shown = "At least 50 random characters; signs sessions and links.", "(required; made once where embedded)"
    if not EMBEDDED:
        return env.text("SECRET_KEY", meaning=meaning, shown=shown)
    given = env.text("SECRET_KEY", "", meaning=meaning, shown=shown)
    path = AISLE_HOME / "secret_key"
    if not given and not path.exists():
        AISLE_HOME.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(64))
        path.chmod(0o600)
    return given or path.read_text()


SECRET_KEY = _secret_key()

# --- PostgreSQL and Valkey -------------------------------------------------------------------------------
_urls = embedded.urls() if EMBEDDED else None
_EXAMPLE = "postgresql://aisle_app:secret@db:5432/aisle"
DATABASE_URL = env.url(
    "DATABASE_URL",
    _urls and _urls.database_url,
    meaning="PostgreSQL as the app's role, which owns nothing.",
    example=_EXAMPLE,
    shown="the embedded server",
    schemes=["postgresql", "postgres"],
)
DATABASE_OWNER_URL = env.url(
    "DATABASE_OWNER_URL",
    _urls.database_owner_url if _urls else "",
    meaning="The same database as its owner. Only `manage.py migrate` needs it; leave it out for web, worker and beat.",
    example=_EXAMPLE.replace("app", "owner"),
    shown="the embedded server",
    schemes=["postgresql", "postgres"],
)
DATABASE_BACKUP_URL = env.url(
    "DATABASE_BACKUP_URL",
    _urls.database_backup_url if _urls else "",
    meaning="The same database as the role that reads every shop. Only `manage.py backup` needs it; keep it from web.",
    example=_EXAMPLE.replace("app", "backup"),
    shown="the embedded server",
    schemes=["postgresql", "postgres"],
)
REDIS_URL = env.url(
    "REDIS_URL",
    _urls and _urls.redis_url,
    meaning="Valkey or Redis: Celery's broker, and progress as it happens. Nothing that counts is kept there.",
    example="redis://valkey:6379/0",
    shown="the embedded server",
    schemes=["redis", "rediss", "redis+socket"],
)


def _postgres(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": query.get("port", [str(parts.port or "")])[0],
    }


DATABASE_APP = _postgres(DATABASE_URL)
DATABASE_OWNER = _postgres(DATABASE_OWNER_URL)
DATABASE_BACKUP = _postgres(DATABASE_BACKUP_URL)
POOL_SIZE = env.whole("DATABASE_POOL", 8, meaning="Connections each process keeps at most; 0 opens one per thread.")
DATABASES = {
    "default": {
        "ENGINE": "shop.db.postgresql",
        **DATABASE_APP,
        "CONN_MAX_AGE": 0,
        # With a pool the backend looks at each connection itself, without asking the server.
        "CONN_HEALTH_CHECKS": not POOL_SIZE,
        # Given up after 2 s, so that the next caller tries again at once: the pool's own pauses grow to minutes.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": POOL_SIZE, "timeout": 5, "reconnect_timeout": 2}}
        if POOL_SIZE
        else {},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The cache lives in PostgreSQL so that sign-in limits hold whether Valkey lives or not.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "aisle_cache",
        # Past it a third is thrown out: room enough that nobody pushes the counts of his guesses out with more guesses.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# --- The Django apps and the way of a request ---------------------------------------------------------------
INSTALLED_APPS = [
    "shop",
    "inventory",
    "customers",
    "sales",
    "insights",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_celery_beat",
    "django_htmx",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "template_partials",
]
MIDDLEWARE = [
    "shop.logs.RequestLogMiddleware",
    "shop.api.lane.ApiLane",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "shop.mount.MountMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shop.middleware.ShopMiddleware",
]
ROOT_URLCONF = "shop.urls"
ASGI_APPLICATION = "shop.asgi.application"
WSGI_APPLICATION = "shop.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.shell",
                "insights.context.freshness",
            ]
        },
    }
]

# --- Times, words, files ------------------------------------------------------------------------------------
# Times are UTC; days are the shop's, see Shop.business_date.
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en-gb"
USE_I18N = True
FORMAT_MODULE_PATH = ["shop.dates"]  # the 24-hour clock
STATIC_URL = "/static/"  # absolute: a relative one would be cached with the first shop's prefix
STATIC_ROOT = AISLE_HOME / "static"
# Third-party scripts come out of their packages; nothing of theirs is committed.
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("plotly", str(importlib.resources.files("plotly") / "package_data")),
]
WHITENOISE_MAX_AGE = 3600
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the bulk price change posts a field per product

# --- Signing in --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "shop.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "shop.forms.SignUpName"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
# Without a limit anybody's shop would mail the whole world, and codes of tills could be guessed.
ACCOUNT_RATE_LIMITS = {"invite": "30/h/user", "enrol": "30/h/ip"}  # beside allauth's own
ACCOUNT_ADAPTER = "shop.doors.AccountAdapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Aisle"
MFA_ADAPTER = "shop.encryption.MFAAdapter"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_NAME = "sessionid" if DEV else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEV else "__Host-csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEV
CSRF_COOKIE_HTTPONLY = True  # htmx reads the token from <body hx-headers>, never from the cookie

# --- Security headers ---------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = not DEV
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if DEV else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEV
if env.flag(
    "BEHIND_PROXY", False, meaning="Trust what the one proxy in front says about HTTPS and the caller's address."
):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # sign-in limits count the address the proxy adds last to X-Forwarded-For
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        # Plotly writes one style element of its own; its two texts are known by hash.
        "style-src": [
            SELF,
            "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        ],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- The till API -------------------------------------------------------------------------------------------
API_RATE = env.whole("AISLE_API_RATE", 20, least=1, meaning="Requests a second that one till may keep up.")
API_THREADS = env.whole("AISLE_API_THREADS", 4, least=1, meaning="Tills that each process answers at the same time.")
API_BURST = env.whole("AISLE_API_BURST", 60, least=1, meaning="Requests that one till may send at once after a rest.")

# --- Mail -----------------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST", "", meaning="SMTP server. Empty: mail is written to files in the data folder.")
EMAIL_PORT = env.whole("EMAIL_PORT", 587, meaning="SMTP port.")
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "", meaning="SMTP user.")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "", meaning="SMTP password.")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True, meaning="STARTTLS with the SMTP server.")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Aisle <aisle@localhost>", meaning="Sender of our mail.")
PUBLIC_URL = env.text(
    "PUBLIC_URL", "http://localhost:8000", meaning="Where people reach this installation; links in its mail begin so."
)
if not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = AISLE_HOME / "mail"

# --- Models a shop may connect -----------------------------------------------------------------------------------
MODELS_ALLOW_LOCAL = env.flag(
    "AISLE_MODELS_ALLOW_LOCAL",
    DEV,
    meaning="Let owners connect a model in this server's own network (Ollama), by plain http too.",
    shown="on where AISLE_DEV is",
)
MODELS_SECONDS = env.whole(
    "AISLE_MODELS_SECONDS", 20, least=1, most=300, meaning="Seconds a model may take to answer, repeats included."
)
MODELS_MONTHLY_LIMIT = env.whole(
    "AISLE_MODELS_LIMIT",
    5,
    least=0,
    meaning="US dollars a month a shop may spend on models until it sets its own limit.",
)

# --- Feeds: files that come by themselves -----------------------------------------------------------------------
FEEDS_FOLDER = env.text(
    "AISLE_FEEDS_FOLDER",
    "",
    meaning="Folder in which feeds may watch; each shop has one below it, named by its address. Empty: none may.",
    example="/srv/aisle/feeds",
)
FEEDS_PRIVATE_NETWORKS = env.flag(
    "AISLE_FEEDS_PRIVATE_NETWORKS",
    False,
    meaning="Let feeds call mailboxes and addresses in this server's own network, there without TLS too.",
)

# --- Celery: the broker carries hints only, work is rows in shop.Job ---------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "visibility_timeout": 3600,
    # A page that asks for work does not wait for a broker that is away: the sweeper finds the row.
    "max_retries": 1,
    "interval_start": 0,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
JOBS_PER_SHOP = env.whole(
    "AISLE_JOBS_PER_SHOP",
    1,
    least=1,
    meaning="Jobs of one kind (imports, analyses) that one shop may run at once. Fewer than the worker has processes.",
)
KEEP_FILES_DAYS = env.whole(
    "AISLE_KEEP_FILES_DAYS",
    400,
    least=31,
    meaning="Days that imported files are kept; their imports stay for good. Files never imported stay 7 days.",
)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# --- Logs and errors --------------------------------------------------------------------------------------------
LOG_LEVEL = env.choice(
    "LOG_LEVEL", "INFO", options=["DEBUG", "INFO", "WARNING", "ERROR"], meaning="Least serious line kept."
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "shop.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True, "level": "INFO"},
        # runserver's own line repeats ours, with the query in it.
        "django.server": {"handlers": [], "propagate": True, "level": "CRITICAL"},
    },
}
SENTRY_DSN = env.text("SENTRY_DSN", "", meaning="Error tracking (Sentry protocol). Empty: off.")
if SENTRY_DSN:
    import sentry_sdk

    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False, max_request_body_size="never")
