"""The path by which other projects import the Flask application; it lives in `server/flask_app.py`."""

from .server.flask_app import create_app

__all__ = ["create_app"]
