"""Every setting of Concordat, in one file. What a deployment may choose is read by config/environment.py."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import addresses, logs
from config.environment import flag, networks, number, text, words

BASE_DIR = Path(__file__).resolve().parent.parent


# Where and as what we run ---------------------------------------------------------------------------------
CONCORDAT_ENV = text("CONCORDAT_ENV", "embedded")
if CONCORDAT_ENV not in {"embedded", "production", "test"}:
    raise ImproperlyConfigured(f"CONCORDAT_ENV must be embedded, production or test, not {CONCORDAT_ENV!r}.")
PRODUCTION = CONCORDAT_ENV == "production"
TESTING = CONCORDAT_ENV == "test"

DEBUG = flag("DEBUG", False)
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var"))).absolute()
BIND = text("BIND", "127.0.0.1")
PORT = number("PORT", 8000)
SITE_URL = text("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS = words("ALLOWED_HOSTS")
# The networks of proxies of ours that stand before the web process; their forwarded headers are believed.
TRUSTED_PROXIES = networks("TRUSTED_PROXIES")
HTTPS = SITE_URL.startswith("https://")


def _kept_secret() -> str:
    """The launcher's secret of this VAR_DIR, or one that lasts as long as this process."""
    kept = VAR_DIR / "secret"
    return kept.read_text(encoding="ascii").strip() if kept.is_file() else secrets.token_urlsafe(64)


SECRET_KEY = text("SECRET_KEY")
if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG must be off in production: error pages would show data to anyone.")
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10:
        raise ImproperlyConfigured(
            "SECRET_KEY (or SECRET_KEY_FILE) must hold at least 50 random characters in production; make one with "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'."
        )
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must name the host names this site answers to in production."
        )
    if not text("DATABASE_URL") or not text("BROKER_URL"):
        raise ImproperlyConfigured(
            "DATABASE_URL and BROKER_URL must name PostgreSQL and Valkey in production."
        )
    if not HTTPS:
        raise ImproperlyConfigured("SITE_URL must be the https:// address of this site in production.")
else:
    SECRET_KEY = SECRET_KEY or _kept_secret()
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", "testserver"]
    if BIND not in {"127.0.0.1", "::1", "localhost"} and not words("ALLOWED_HOSTS"):
        ALLOWED_HOSTS = ["*"]  # asked to listen beyond this machine, under a name we cannot know
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")

# Engines --------------------------------------------------------------------------------------------------
# Everything works as the application's role, which may not change the tables; `migrate` alone as their owner.
_DATABASE = text("DATABASE_URL")
DATABASE_OWNER = addresses.database(
    text("DATABASE_OWNER_URL") or _DATABASE or addresses.embedded_database(VAR_DIR, addresses.OWNER),
    "DATABASE_OWNER_URL" if text("DATABASE_OWNER_URL") else "DATABASE_URL",
)
DATABASES = {"default": addresses.database(_DATABASE or addresses.embedded_database(VAR_DIR))}
DATABASE_ROLE = DATABASES["default"]["USER"]
if DATABASE_OWNER["NAME"] != DATABASES["default"]["NAME"]:
    raise ImproperlyConfigured("DATABASE_OWNER_URL and DATABASE_URL must name the same database.")
if TESTING:  # tests make databases and empty them; some take on the application's role
    DATABASES["default"] = dict(DATABASE_OWNER)
DATABASES["default"] |= {
    "CONN_MAX_AGE": number("CONN_MAX_AGE", 60),
    "DISABLE_SERVER_SIDE_CURSORS": flag("DISABLE_SERVER_SIDE_CURSORS", False),
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
BROKER_URL = text("BROKER_URL") or addresses.embedded_broker(VAR_DIR)
# Test workers share one Valkey, but not one database of it: each may empty its cache.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0") if TESTING else "gw0"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": addresses.cache(BROKER_URL, database=1 + int(_worker.removeprefix("gw"))),
        "KEY_PREFIX": "concordat",
    }
}
# A fictional region to look at: on by default where nobody has set anything up, and never unasked elsewhere.
DEMO = flag("DEMO", CONCORDAT_ENV == "embedded")
DEMO_PASSWORD = text("DEMO_PASSWORD", "" if PRODUCTION else "Try-Concordat-2026") if DEMO else ""
if DEMO and not DEMO_PASSWORD:
    raise ImproperlyConfigured(
        "DEMO in production shows demo people to everyone; choose their DEMO_PASSWORD, or leave DEMO off."
    )
# The authenticator app of the demo's signatories: no secret, shown to whoever tries them, and used by nobody else.
DEMO_TOTP = "CONCORDATDEMOONLY234567ABCDEFGHI" if DEMO_PASSWORD else ""
OUTBOX_BELL = flag("OUTBOX_BELL", not TESTING)
RULE_PACKS = words("RULE_PACKS")
"""Optional packs of rules that are asked beside the core: `extended`."""
DOCUMENTS = Path(text("DOCUMENTS", str(VAR_DIR / "documents"))).absolute()
MEDIA_ROOT = DOCUMENTS
DOSSIER_DAYS = number("DOSSIER_DAYS", 30)  # how long a finished dossier is kept for its asker
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

EMAIL_URL = text("EMAIL_URL")
for _name, _value in addresses.email(EMAIL_URL).items():
    globals()[_name] = _value
DEFAULT_FROM_EMAIL = text("EMAIL_FROM", "Concordat <concordat@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Applications ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
    "common.apps.CommonConfig",
    "audit.apps.AuditConfig",
    "agencies.apps.AgenciesConfig",
    "agreements.apps.AgreementsConfig",
]
MIDDLEWARE = [
    "common.middleware.RequestId",
    "audit.middleware.RequestFacts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.middleware.SessionLimits",
    "agencies.middleware.RolesOnce",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "agreements.middleware.Notes",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "agencies.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # templates/django/forms has our own
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# People ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = [
    "agencies.backends.Accounts",
    "agreements.backends.PolicyBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name", "title")},
    },
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "agencies.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an account is opened from an invitation sent to its address
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
if TESTING:
    ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "agencies.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be 30 seconds wrong; agencies.factors accepts each code once
MFA_FORMS = {
    "authenticate": "agencies.entrance.CodeForm",
    "reauthenticate": "agencies.entrance.CodeAgainForm",
}
MFA_TOTP_ISSUER = "Concordat"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUSTED_PROXIES else 0  # the hop that our proxy itself has seen
ANONYMOUS_USER_NAME = None
# guardian.W001 asks for guardian's own backend; PolicyBackend reads guardian's tables itself, so that a
# grant and a role are answered in one place.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

SESSION_IDLE_SECONDS = number("SESSION_IDLE_SECONDS", 30 * 60)
SESSION_ABSOLUTE_SECONDS = number("SESSION_ABSOLUTE_SECONDS", 12 * 60 * 60)
SESSION_ENGINE = "agencies.sessions"
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Headers --------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# Static files ---------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Collected for production, in the image's build; elsewhere they are served from where they are.
STATIC_ROOT = Path(text("STATIC_ROOT", str(VAR_DIR / "static"))).absolute() if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG or TESTING  # each client of a test would gather all files anew
_STATIC_STORAGE = "common.static.Collected" if PRODUCTION else "common.static.Files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_STORAGE},
}

# API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agencies.backends.Tokens",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "config.api.Pages",
    "PAGE_SIZE": 25,
    "EXCEPTION_HANDLER": "config.api.problem_details",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Concordat",
    "DESCRIPTION": "Draft, negotiate, sign, watch and audit data sharing agreements between public agencies.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}

# Celery ---------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = BROKER_URL
# A lost broker must not hold a request: the row in PostgreSQL is the record, the message only a bell.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ALWAYS_EAGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# Logs -----------------------------------------------------------------------------------------------------
LOGGING = logs.json_lines(text("LOG_LEVEL", "WARNING" if TESTING else "INFO"))

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The log knows no agreements: these say which events a person may read, which history they may take away.
AUDIT_STREAMS = "agreements.policy.audit_streams"
AUDIT_EXPORTS = "agreements.policy.audit_exports"
AUDIT_AGENCY = "agreements.policy.audit_agency"
AUDIT_AGENCIES = "agreements.policy.agencies_of"
# After these the notary signs a head of the log at once; a name that ends with a dot stands for all it begins.
AUDIT_URGENT = (
    "agreement.shared", "agreement.submitted", "agreement.refused", "agreement.reopened", "agreement.frozen",
    "agreement.signed", "ink.confirmed", "agreement.delegated", "agreement.executed", "agreement.imported", "agreement.unimported", "agreement.declined", "agreement.recalled", "agreement.suspended",
    "agreement.resumed", "agreement.terminated", "agreement.abandoned", "document.sealed", "dossier.", "log.",
)  # fmt: skip
# What states everything due by the clock: before a restore is declared, so that no mail of it is sent twice.
AUDIT_DUE = "agreements.operations.stating.due"
# The notary's own directory: its key and what it has seen of the log. Never in the database, nor beside it.
NOTARY_DIR = Path(text("NOTARY_DIR", str(VAR_DIR / "notary"))).absolute()
AUDIT_COVERED = "agreements.policy.audit_covered"
# What a person typed on the desk, found by this module: people, agencies, agreements, and the names of streams.
AUDIT_FINDING = "agreements.finding"
# Mail knows no log: what is put under a mail when it goes, and who is told that a mail server took it.
MAIL_CLOSING = "audit.witnessing.closing"
MAIL_ACCEPTED = "audit.witnessing.accepted"
# A time stamp authority (RFC 3161) for each day's newest head, and the root certificates its answers must lead to.
TIMESTAMP_URL = text("TIMESTAMP_URL")
if TIMESTAMP_URL and not TIMESTAMP_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("TIMESTAMP_URL must be the http(s):// address of a time stamp authority.")
TIMESTAMP_CA = text("TIMESTAMP_CA")
# Signatures made outside with a certificate: a PEM file of the roots believed and of certificates that lead to them, and
# the revocation lists, one file or a directory of *.crl that the operator keeps current. Without roots none is accepted.
SIGNER_ROOTS = text("SIGNER_ROOTS")
SIGNER_CRLS = text("SIGNER_CRLS")
for _name, _file in {"SIGNER_ROOTS": SIGNER_ROOTS, "SIGNER_CRLS": SIGNER_CRLS}.items():
    if _file and not Path(_file).exists():
        raise ImproperlyConfigured(f"{_name}: there is no file {_file}.")
# The key that seals final documents: never in the database. Without a certificate of the operator's, the installation
# makes an authority of its own in SEAL_DIR; with one, SEAL_KEY names its key, or SEAL_TOKEN a PKCS#11 library.
SEAL_DIR = Path(text("SEAL_DIR", str(VAR_DIR / "seal"))).absolute()
SEAL_CERTIFICATE = text("SEAL_CERTIFICATE")
SEAL_KEY = text("SEAL_KEY")
SEAL_KEY_PASSPHRASE = text("SEAL_KEY_PASSPHRASE")
SEAL_TOKEN = text("SEAL_TOKEN")
SEAL_TOKEN_LABEL = text("SEAL_TOKEN_LABEL")
SEAL_TOKEN_KEY = text("SEAL_TOKEN_KEY")
SEAL_TOKEN_PIN = text("SEAL_TOKEN_PIN")
if bool(SEAL_CERTIFICATE) != bool(SEAL_KEY or SEAL_TOKEN):
    raise ImproperlyConfigured("SEAL_CERTIFICATE goes with SEAL_KEY or SEAL_TOKEN: give both or neither.")
# PAdES: B-B bears no time stamp, B-T one over the seal, B-LTA also one over what validates it in decades.
SEAL_LEVEL = text("SEAL_LEVEL", "B-T" if TIMESTAMP_URL else "B-B")
if SEAL_LEVEL not in {"B-B", "B-T", "B-LTA"}:
    raise ImproperlyConfigured(f"SEAL_LEVEL must be B-B, B-T or B-LTA, not {SEAL_LEVEL!r}.")
if SEAL_LEVEL != "B-B" and not TIMESTAMP_URL:
    raise ImproperlyConfigured(f"SEAL_LEVEL {SEAL_LEVEL} needs a TIMESTAMP_URL.")
if SEAL_LEVEL == "B-LTA" and not TIMESTAMP_CA:
    raise ImproperlyConfigured("SEAL_LEVEL B-LTA needs TIMESTAMP_CA: what it embeds is checked first.")
# The agencies know no agreements either: for which kinds somebody may sign is chosen from these.
AGREEMENT_KINDS = "agreements.catalog.kind_choices"
