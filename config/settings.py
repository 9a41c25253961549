"""All settings, from environment variables only (docs/operations.md lists them).

``DATABASE_URL`` is the role the app runs as: it owns no table and can't bypass row-level security.
``DATABASE_URL_MIGRATE`` is the owner, the second alias; migrations run on it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.logs import configure_structlog, logging_config

django_stubs_ext.monkeypatch()  # models.Lookup[Any] and its like stand in typed code

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Who runs this process decides how long a statement may take: web, worker, command or test.
PROCESS = env.str("KOHORTA_PROCESS", default="command")
# The servers behind ./dev: static files straight from the tree, no https.
LOCAL = env.bool("KOHORTA_LOCAL", default=False)

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # of before it was changed
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000").rstrip("/")

# --- Databases -----------------------------------------------------------------------------------

STATEMENT_TIMEOUTS_MS = {"web": 5_000, "worker": 120_000, "command": 0, "test": 60_000}


def _database(url_variable: str, *, statement_timeout: int, lock_timeout: int) -> dict[str, Any]:
    database: dict[str, Any] = dict(env.db_url(url_variable))
    session = {
        "jit": "off",
        "statement_timeout": statement_timeout,
        "lock_timeout": lock_timeout,
        "idle_in_transaction_session_timeout": 15_000 if PROCESS == "web" else 300_000,
        "client_connection_check_interval": 1_000,
    }
    database["OPTIONS"] = {
        **database.get("OPTIONS", {}),
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        "application_name": f"kohorta-{PROCESS}",
        "connect_timeout": 5,
    }
    if PROCESS in {"web", "worker"}:
        database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
        database["CONN_HEALTH_CHECKS"] = True
    return database


DATABASES = {
    "default": _database(
        "DATABASE_URL",
        statement_timeout=STATEMENT_TIMEOUTS_MS[PROCESS],
        lock_timeout=2_000 if PROCESS == "web" else 20_000,
    )
}
if env.str("DATABASE_URL_MIGRATE", default=""):
    DATABASES["owner"] = _database("DATABASE_URL_MIGRATE", statement_timeout=0, lock_timeout=20_000)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache and broker ---------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "kohorta",
    }
}

CELERY_BROKER_URL = REDIS_URL
# A message that nobody acknowledged for an hour is delivered again: far longer than any task runs.
# Whoever saves something doesn't wait for Redis: what it would have been told, a tick finds.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "kohorta:",
    "visibility_timeout": 3600,
    "connect_retries_timeout": 0.5,
    "interval_start": 0,
    "interval_step": 0.2,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "kohorta"
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
CELERY_TIMEZONE = "UTC"
# How long a worker may be silent about a recount before another one takes it.
RECOUNT_LEASE_SECONDS = env.int("RECOUNT_LEASE_SECONDS", default=180)
# How many workers may count for one workspace at a time, so that others are left for the rest, and
# how many trends may be computed at a time in all workspaces.
RECOUNT_WORKERS_PER_WORKSPACE = env.int("RECOUNT_WORKERS_PER_WORKSPACE", default=1)
BACKFILLS_AT_ONCE = env.int("BACKFILLS_AT_ONCE", default=1)
# How long a segment's line is. A year for each segment that tests save would be most of what they
# wait for; what a line is made of doesn't depend on its length, and one test asks for the year.
TREND_DAYS = env.int("TREND_DAYS", default=90 if PROCESS == "test" else 365)
# Sets of leaves that took at least so long to ask are kept, up to so much a workspace.
LEAF_SET_MIN_MICROSECONDS = env.int("LEAF_SET_MIN_MICROSECONDS", default=1000)
# Large tables of workspaces with more contacts than this are kept column by column, too, each
# up to this size.
KEPT_TABLES_FROM_CONTACTS = env.int("KEPT_TABLES_FROM_CONTACTS", default=50_000)
KEPT_TABLE_MEGABYTES = env.int("KEPT_TABLE_MEGABYTES", default=1024)
LEAF_SET_MEGABYTES = env.int("LEAF_SET_MEGABYTES", default=256)
# How much of them, and of the numbers behind leaves (another threshold is answered from those), a
# process remembers.
LEAF_CACHE_MEGABYTES = env.int("LEAF_CACHE_MEGABYTES", default=128)
# The process that follows live membership: how long it may be silent before another one takes its
# workspaces, how often it looks for windows that ran out, workspaces side by side, and its memory.
LIVE_LEASE_SECONDS = env.int("LIVE_LEASE_SECONDS", default=10)
LIVE_TIMED_SECONDS = env.int("LIVE_TIMED_SECONDS", default=20)
LIVE_THREADS = env.int("LIVE_THREADS", default=3)
LIVE_MEGABYTES = env.int("LIVE_MEGABYTES", default=512)
# Campaigns: how long a sender may be silent about a recipient before it counts as gone; senders
# side by side in a worker, each with a connection of its own; how long one message to a worker is
# worked on, so that counts and imports have their turn.
SENDING_LEASE_SECONDS = env.int("SENDING_LEASE_SECONDS", default=90)
SENDING_CONNECTIONS = env.int("SENDING_CONNECTIONS", default=4)
SENDING_SECONDS = env.int("SENDING_SECONDS", default=10)
# Whether workspaces may name mail servers in private networks, this machine among them.
PRIVATE_MAIL_SERVERS = env.bool("PRIVATE_MAIL_SERVERS", default=DEBUG or LOCAL or PROCESS == "test")
# What the SPF record of a sender domain has to include, if the installation has such a name.
SPF_INCLUDE = env.str("SPF_INCLUDE", default="")
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # ticks only: nothing worth a file on disk
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "segments-tick": {
        "task": "segments.tasks.tick",
        "schedule": 15.0,
        "options": {"expires": 15},  # a tick that waited is worth nothing: the next one is here
    },
    "segments-evict-leaf-sets": {
        "task": "segments.tasks.evict_leaf_sets",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "segments-prune-history": {
        "task": "segments.tasks.prune_history",
        "schedule": 6 * 3600.0,
        "options": {"expires": 3600},
    },
    "campaigns-tick": {
        "task": "campaigns.tasks.tick",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "campaigns-read-bounce-mailboxes": {
        "task": "campaigns.tasks.read_bounce_mailboxes",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "campaigns-check-domains": {
        "task": "campaigns.tasks.check_domains",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "contacts-resume-imports": {
        "task": "contacts.tasks.resume_imports",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "contacts-forget-expired-imports": {
        "task": "contacts.tasks.forget_expired_imports",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "workspaces-forget-old-answers": {
        "task": "workspaces.tasks.forget_old_answers",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}

# --- Applications --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_structlog",
    "corsheaders",
    "csp",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config.apps.ProjectConfig",
    "workspaces",
    "contacts",
    "tracking",
    "transactions",
    "segments",
    "campaigns",
    "automation",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workspaces.middleware.WorkspaceMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ],
        },
    }
]

# --- Signing in ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
if PROCESS == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="optional")
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BASE_URL.startswith("https://") else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Kohorta"
USERSESSIONS_TRACK_ACTIVITY = False

# --- Languages and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("pl", _("Polish")), ("pt-br", _("Brazilian Portuguese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files, uploads, e-mail ---------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))()
STATICFILES_DIRS = [BASE_DIR / "static"]
PLAIN_STATIC = env.bool("PLAIN_STATIC", default=DEBUG or LOCAL or PROCESS == "test")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PLAIN_STATIC
        else "config.static_storage.ContentAddressedStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = PLAIN_STATIC
WHITENOISE_AUTOREFRESH = PLAIN_STATIC
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))()
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

_email: dict[str, Any] = dict(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Kohorta <kohorta@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Security ------------------------------------------------------------------------------------

SECURE = BASE_URL.startswith("https://")
if env.bool("BEHIND_PROXY", default=False):  # the proxy must set, not pass on, the header
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # whose X-Forwarded-For the sign-in limits believe
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# Any page may send to the API: it takes keys, never cookies.
CORS_URLS_REGEX = r"^/(api/v1|ingest|v1)/"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key"]

# --- REST API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "workspaces.api.ApiKeyAuthentication",
        "workspaces.api.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["workspaces.api.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["workspaces.api.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "workspaces.api.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "workspaces.api.problem_exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Kohorta",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "PREPROCESSING_HOOKS": ["config.openapi.only_version_one"],
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- Logs ----------------------------------------------------------------------------------------

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # the audit log says who; a log line needs no query
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(
    level=env.str("LOG_LEVEL", default="WARNING" if PROCESS in {"command", "test"} else "INFO"),
    as_json=not DEBUG and PROCESS in {"web", "worker"},
)
configure_structlog()
