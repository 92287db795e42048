"""The door for a WSGI server on many machines: `gunicorn --worker-class gthread --threads 8 wsgi:app`.

Migrations are not run here (`tracker migrate` does), and the heartbeat is a process of its own (`tracker scheduler`).
"""

from tracker.app import create_app
from tracker.settings import Settings
from tracker.web.logs import configure_logging

settings = Settings.load()
configure_logging(settings)
app = create_app(settings)
