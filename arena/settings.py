"""All settings, read from the environment. deploy/production.env.example lists every variable."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if env_file := os.environ.get("ARENA_ENV_FILE"):
    if not Path(env_file).is_file():
        # Passed over in silence, this would start a development arena where a production one is meant.
        raise ImproperlyConfigured(f"ARENA_ENV_FILE names {env_file}, which is not there. Correct the path.")
    env.read_env(env_file)

ARENA_ENV = env.str("ARENA_ENV", "development")
if ARENA_ENV not in ("development", "production"):
    raise ImproperlyConfigured(f"ARENA_ENV is {ARENA_ENV!r}. Write development or production.")
PRODUCTION = ARENA_ENV == "production"
DEBUG = env.bool("DEBUG", False)
TESTING = "pytest" in sys.modules


def _var_dir() -> str:
    """All state lives here. Tests get a folder of their own, removed by tests/conftest.py:
    pytest-django reads the settings before any conftest could set the variable."""
    return env.str("ARENA_VAR", "") or (
        tempfile.mkdtemp(prefix="arena-test-") if TESTING else str(BASE_DIR / "var")
    )


VAR_DIR = Path(_var_dir()).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    key = env.str("SECRET_KEY", "")
    if PRODUCTION:
        if len(key) < 50 or len(set(key)) < 5 or "change-me" in key or key.startswith("django-insecure"):
            raise ImproperlyConfigured(
                "SECRET_KEY is missing, short or still the example. Set it to at least 50 random characters: "
                "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
            )
        return key
    if key:
        return key
    path = VAR_DIR / "secret_key"
    try:
        # O_EXCL: web server and worker may start at the same moment and must agree on one key.
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(fd, "w") as handle:
        handle.write(key := secrets.token_urlsafe(64))
    return key


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "arena.apps.ArenaConfig",
    "annotations.apps.AnnotationsConfig",
    "scoring.apps.ScoringConfig",
]

MIDDLEWARE = [
    "annotations.framing.FramedCookies",
    "django.middleware.security.SecurityMiddleware",
    "annotations.uploads.BoundedBodies",
    "annotations.api.short_way.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "annotations.views.rater_language.RaterLocale",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "annotations.views.throttling.ThrottledLogin",
    "annotations.views.errors.ArenaErrorMiddleware",
]

ROOT_URLCONF = "arena.urls"
WSGI_APPLICATION = "arena.wsgi.application"
ASGI_APPLICATION = "arena.asgi.application"
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

DATABASES = {"default": env.db_url("DATABASE_URL", f"sqlite:///{VAR_DIR / 'arena.sqlite3'}")}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
if _database["ENGINE"].endswith("sqlite3"):
    _database["CONN_MAX_AGE"] = None
    _database["OPTIONS"] = {
        # IMMEDIATE: a transaction takes its write lock at the start, so two voters queue instead of failing.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL;"
            # FULL: an answered vote survives a power cut, not only a crash of the process.
            f"PRAGMA synchronous={env.str('SQLITE_SYNCHRONOUS', 'OFF' if TESTING else 'FULL')};"
            "PRAGMA mmap_size=268435456;PRAGMA cache_size=-65536;"
        ),
    }
else:
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 600)
    _database["CONN_HEALTH_CHECKS"] = True
    # Voting runs the same few statements all day, see annotations.sql; 0 for poolers that cannot keep them.
    if env.bool("PREPARED_STATEMENTS", True):
        _database.setdefault("OPTIONS", {})["prepare_threshold"] = 1_000_000
if TESTING and _database["ENGINE"].endswith("sqlite3"):
    # A file, as in use: a database in memory locks whole tables between threads.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Accounts: by name or e-mail; made by invitation only, see annotations.views.account_adapter.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_ADAPTER = "annotations.views.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "annotations.forms.accounts.LoginForm",
    "signup": "annotations.forms.accounts.InvitedSignupForm",
    "change_password": "annotations.forms.accounts.ChangePasswordForm",
    "reset_password": "annotations.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "annotations.forms.accounts.ResetPasswordKeyForm",
    "reauthenticate": "annotations.forms.accounts.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
# none, optional or mandatory. An invited address needs none: its link went there.
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", "none")
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Arena"
# E-mail goes to the log unless EMAIL_URL names a server (smtp+tls://user:password@host:587) or a folder.
vars().update(env.email_url("EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "arena@localhost")
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "studies"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
# Of the raters' pages, each by its own name; designers and analysts work in English.
LANGUAGES = [
    ("en", "English"),
    ("es", "Español"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("ja", "日本語"),
    ("ar", "العربية"),
]
LANGUAGE_COOKIE_NAME = "arena_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(VAR_DIR / "static")))
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a folder that is not there
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "arena.storage.BundledStaticFilesStorage"
            if PRODUCTION or env.bool("STATIC_MANIFEST", False)
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION and not env.bool("STATIC_MANIFEST", False)

# Pictures never lie under a public URL: views hand them out, or nginx does by internal redirect.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR_DIR / "media")))
MEDIA_INTERNAL_REDIRECT = env.str("MEDIA_INTERNAL_REDIRECT", "")
FEATURE_CACHE = Path(env.str("FEATURE_CACHE", str(VAR_DIR / "features")))
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_HANDLERS = [
    "annotations.uploads.GuardedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
IMAGE_MAX_PIXELS = env.int("IMAGE_MAX_PIXELS", 50_000_000)
IMAGE_MAX_BYTES = env.int("IMAGE_MAX_BYTES", 50_000_000)
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 8_000_000_000)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
    "EXCEPTION_HANDLER": "annotations.api.errors.handle",
    # Whose tries are counted: without it, anybody could name a new address in X-Forwarded-For each time.
    "NUM_PROXIES": env.int("NUM_PROXIES", 1 if PRODUCTION else 0),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Arena API",
    "DESCRIPTION": "Studies, images, votes, rankings and scores of a human-preference arena.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # Several tables have a column called "state"; without names the schema numbers them.
    "ENUM_NAME_OVERRIDES": {
        "StudyStateEnum": "annotations.models.StudyState",
        "ProtocolEnum": "annotations.models.Protocol",
        "ScoreStateEnum": "scoring.models.ScoreState",
    },
}

CELERY_BROKER_URL = env.str("BROKER_URL", f"sqla+sqlite:///{VAR_DIR / 'broker.sqlite3'}")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A vote or an upload must not hang because the broker is away: the row is the truth, the sweep will find it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {} if CELERY_BROKER_URL.startswith("sqla") else {"visibility_timeout": 3600, "socket_connect_timeout": 2}
)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "score-sweep": {"task": "scoring.tasks.sweep", "schedule": env.float("SWEEP_SECONDS", 10.0)},
    "study-sweep": {"task": "annotations.tasks.sweep", "schedule": env.float("SWEEP_SECONDS", 10.0)},
}

OPENCLIP_MODEL = env.str("OPENCLIP_MODEL", "")
OPENCLIP_PRETRAINED = env.str("OPENCLIP_PRETRAINED", "")
# Weights that are no safetensors file are loaded only when their checksum is pinned here.
OPENCLIP_SHA256 = env.str("OPENCLIP_SHA256", "")
# auto measures bf16 against fp32; set fp32 or bf16 where several machines are to agree in every digit.
OPENCLIP_PRECISION = env.str("OPENCLIP_PRECISION", "auto")
# Fetching weights is an explicit act (manage.py fetch_weights); a lookup that cannot succeed fails at once.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# People who vote. The key under which ids of recruitment services are hashed; empty: derived from SECRET_KEY.
EXTERNAL_ID_KEY = env.str("EXTERNAL_ID_KEY", "")
# Whom raters may ask about their data; shown on every study's privacy page.
PRIVACY_CONTACT = env.str("PRIVACY_CONTACT", "")
# Salted network hashes are kept for so many days, never longer than 30.
NETWORK_TRACE_DAYS = min(30, env.int("NETWORK_TRACE_DAYS", 30))
PROLIFIC_COMPLETE_URL = env.str(
    "PROLIFIC_COMPLETE_URL", "https://app.prolific.com/submissions/complete?cc={code}"
)
# Where Mechanical Turk takes results, and whose pages may show ours in a frame.
MTURK_HOSTS = env.list("MTURK_HOSTS", default=["www.mturk.com", "workersandbox.mturk.com"])
MTURK_FRAMES = env.list(
    "MTURK_FRAMES",
    default=["https://www.mturk.com", "https://worker.mturk.com", "https://workersandbox.mturk.com"],
)
# A verification service that speaks the siteverify protocol. Empty: none is asked, whatever a panel says.
VERIFY_URL = env.str("VERIFY_URL", "")
VERIFY_SECRET = env.str("VERIFY_SECRET", "")
VERIFY_SITE = env.str("VERIFY_SITE", "")
VERIFY_SCRIPT = env.str("VERIFY_SCRIPT", "")  # its widget, loaded on the verification page alone
VERIFY_CLASS = env.str("VERIFY_CLASS", "captcha")
VERIFY_FIELD = env.str("VERIFY_FIELD", "captcha-response")
VERIFY_TIMEOUT_S = env.float("VERIFY_TIMEOUT_S", 5.0)
# Limits against floods. By session first and tightly; by network so widely that an office never meets them.
# 0 lifts a limit. Votes are counted in each web process apart, so that voting asks the database nothing.
ENTRIES_PER_BROWSER = env.int("ENTRIES_PER_BROWSER", 20)  # an hour
ENTRIES_PER_NETWORK = env.int("ENTRIES_PER_NETWORK", 600)  # an hour
SESSIONS_FLAGGED = env.int("SESSIONS_FLAGGED", 80)  # of one network within an hour
VOTES_PER_RATER_S = env.float("VOTES_PER_RATER_S", 5.0)
VOTES_PER_NETWORK_S = env.float("VOTES_PER_NETWORK_S", 300.0)
LOGINS_PER_NAME = env.int("LOGINS_PER_NAME", 10)  # failed ones, in 15 minutes
LOGINS_PER_NETWORK = env.int("LOGINS_PER_NETWORK", 100)

SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "annotations.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        # Vega and the API pages set style attributes; scripts stay strict.
        "style-src": [SELF, "'unsafe-inline'"],
        "script-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", True)
    SESSION_COOKIE_SECURE = env.bool("SESSION_COOKIE_SECURE", True)
    CSRF_COOKIE_SECURE = env.bool("CSRF_COOKIE_SECURE", True)

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
