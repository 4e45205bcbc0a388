"""The only settings module. Every environment name of the web, worker and shell processes appears here once.

In local mode the stack (`make run`) writes `data/stack.env`; it is read here first, so that every command of the
same checkout talks to the same services. In production only the environment counts.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from config import env

BASE = Path(__file__).resolve().parent.parent


def _read_stack_env(path: Path) -> None:
    """Take names from the file that are not in the environment already."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sep, value = line.partition("=")
        if sep and not name.lstrip().startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


DATA = env.folder("ANJUAN_DATA", BASE / "data")
MODE = env.choice("ANJUAN_MODE", "local", ["local", "production"])
if MODE == "local":
    _read_stack_env(DATA / "stack.env")
LOCAL = MODE == "local"


def _database(address: str) -> dict[str, object]:
    """A Django database entry from `postgresql://user:password@host:port/name` or `…/name?host=/socket/folder`."""
    parts = urlsplit(address)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "anjuan"},
    }


# -- identity of this deployment
SECRET_KEY = env.text("ANJUAN_SECRET_KEY", "local-only-not-a-secret" if LOCAL else None)
ALLOWED_HOSTS = env.words("ANJUAN_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if LOCAL else [])
CSRF_TRUSTED_ORIGINS = env.words("ANJUAN_ORIGINS")
DEBUG = False
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_NAME = env.text("ANJUAN_SITE_NAME", "安卷")

# -- services
DATABASES = {
    "default": _database(
        env.url("DATABASE_URL", "postgresql:///anjuan?host=/tmp" if LOCAL else None, schemes=["postgresql", "postgres"])
    )
}
OWNER_DATABASE_URL = env.text("ANJUAN_OWNER_DATABASE_URL", "")  # role that owns the tables; only `migrate` uses it
S3_ENDPOINT = env.url("ANJUAN_S3_ENDPOINT", "http://127.0.0.1:8333" if LOCAL else None)
S3_PUBLIC_ENDPOINT = env.url("ANJUAN_S3_PUBLIC_ENDPOINT", S3_ENDPOINT)
S3_KEY = env.text("ANJUAN_S3_KEY", "local" if LOCAL else None)
S3_SECRET = env.text("ANJUAN_S3_SECRET", "local" if LOCAL else None)
S3_REGION = env.text("ANJUAN_S3_REGION", "us-east-1")
BUCKET_PREFIX = env.text("ANJUAN_BUCKET_PREFIX", "anjuan")
ARRIVAL_LOCK_DAYS = env.integer("ANJUAN_ARRIVAL_LOCK_DAYS", 30, least=1, most=3650)
SEARCH_ENGINE = env.choice("ANJUAN_SEARCH_ENGINE", "embedded", ["embedded", "elasticsearch"])
ELASTICSEARCH_URL = env.url("ANJUAN_ELASTICSEARCH_URL", "http://127.0.0.1:9200")
ELASTICSEARCH_PREFIX = env.text("ANJUAN_ELASTICSEARCH_PREFIX", "anjuan")  # of the names of its indexes
OCR_ENGINE = env.choice("ANJUAN_OCR_ENGINE", "rapidocr", ["rapidocr", "tesseract"])
CLAMAV = env.text("ANJUAN_CLAMAV", "off")
SPEECH_MODEL = env.text("ANJUAN_SPEECH_MODEL", "")
WATCH_FOLDER = env.folder("ANJUAN_WATCH_FOLDER", DATA / "watch")
SANDBOX_REQUIRED = env.boolean("ANJUAN_SANDBOX_REQUIRED", not LOCAL)
UPLOAD_DIRECT_FROM = env.integer("ANJUAN_UPLOAD_DIRECT_FROM", 16 * 2**20, least=5 * 2**20)
UPLOAD_LARGEST = env.integer("ANJUAN_UPLOAD_LARGEST", 5 * 2**40)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
    "archive",
    "inspections",
    "search",
    "ingest",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.web.ErrorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.web.page_context",
            ],
        },
    }
]

# -- people
AUTH_USER_MODEL = "archive.Account"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_SECURE = not LOCAL
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not LOCAL:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", S3_PUBLIC_ENDPOINT],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# -- language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (BASE / "locale").glob("*") if path.is_dir())
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # for pages; the database and all values inside are UTC
LANGUAGE_COOKIE_SAMESITE = "Lax"

# -- files of the program
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE / "assets" / "dist"] if (BASE / "assets" / "dist").is_dir() else []
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": f"{BUCKET_PREFIX}-derivatives",
            "endpoint_url": S3_ENDPOINT,
            "access_key": S3_KEY,
            "secret_key": S3_SECRET,
            "region_name": S3_REGION,
            "file_overwrite": True,
            "querystring_auth": True,
            "addressing_style": "path",
            "signature_version": "s3v4",
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL  # on one machine straight from assets/dist, without a collecting step
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
WHITENOISE_MANIFEST_STRICT = False
FILE_UPLOAD_HANDLERS = ["ingest.formfiles.FormFiles"]
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.choice("ANJUAN_LOG", "WARNING", ["DEBUG", "INFO", "WARNING"])},
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"

# -- queue: the worker imports the tasks; web processes only name them
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["ingest.tasks"]
