"""The web server's door."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Every address and page, before the server forks: each of its processes would read them for its first visitor.
import_module("config.urls")
