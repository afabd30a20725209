"""DEBUG off, no sessions, no users; a persistent connection per thread."""
import os
from urllib.parse import parse_qsl, unquote, urlsplit

_database = urlsplit(os.environ['DATABASE_URL'])

DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.postgresql',
        'HOST': _database.hostname or '',
        'PORT': str(_database.port or ''),
        'NAME': unquote(_database.path.lstrip('/')),
        'USER': unquote(_database.username or ''),
        'PASSWORD': unquote(_database.password or ''),
        'OPTIONS': dict(parse_qsl(_database.query)),
        'CONN_MAX_AGE': None,
    },
}

GATEWAY_URL = os.environ['GATEWAY_URL'].rstrip('/')
GATEWAY_TIMEOUT_S = 10
GATEWAY_RETRIES = 3
GATEWAY_BACKOFF_S = 0.1

DEBUG = False
# Nothing here signs anything, but Django will not start without it.
SECRET_KEY = 'unused'
ALLOWED_HOSTS = ['127.0.0.1', 'localhost']
INSTALLED_APPS = ['rest_framework', 'seed']
# Only for the Content-Length: without it, answers are chunked, which takes one
# more write each.
MIDDLEWARE = ['django.middleware.common.CommonMiddleware']
ROOT_URLCONF = 'seed.urls'
USE_TZ = True
USE_I18N = False

REST_FRAMEWORK = {
    'DEFAULT_AUTHENTICATION_CLASSES': [],
    'DEFAULT_PERMISSION_CLASSES': [],
    'DEFAULT_PARSER_CLASSES': ['rest_framework.parsers.JSONParser'],
    'DEFAULT_RENDERER_CLASSES': ['rest_framework.renderers.JSONRenderer'],
    'UNAUTHENTICATED_USER': None,
}

# Django's default composes an e-mail to the administrators for every 502, even
# if there are none. Here only exceptions are logged.
LOGGING = {
    'version': 1,
    'disable_existing_loggers': False,
    'filters': {
        'exceptions': {
            '()': 'django.utils.log.CallbackFilter',
            'callback': lambda record: record.exc_info is not None,
        },
    },
    'handlers': {'stderr': {'class': 'logging.StreamHandler'}},
    'loggers': {
        'django': {'handlers': ['stderr'], 'level': 'WARNING'},
        'django.request': {'filters': ['exceptions']},
    },
}
