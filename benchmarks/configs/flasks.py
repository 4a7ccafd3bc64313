"""The same work as Flask applications: `rust` with the fastest parts there are, `plain` with the usual ones."""

import uuid
from typing import Any

import bare
import flask
import jsonschema

PLAIN = jsonschema.Draft202012Validator(bare.SCHEMA)
rust = flask.Flask("rust")
plain = flask.Flask("plain")


def response(answer: tuple[int, bytes]) -> flask.Response:
    """Return an answer as Flask's."""
    return flask.Response(answer[1], answer[0], content_type="application/json")


@rust.get(bare.STATUS)
@rust.post(bare.GENERATE)
def fast() -> flask.Response:
    """Answer with the functions of the bare application."""
    asked = flask.request
    key = asked.headers.get("Authorization", "")
    return response(bare.answered(asked.method, asked.path, asked.query_string.decode(), key, asked.get_data()))


@plain.before_request
def authenticate() -> Any:
    """Refuse a request without a known key."""
    key = flask.request.headers.get("Authorization", "")
    return None if key in bare.KEYS else response(bare.refused(401, "authentication_error"))


@plain.post(bare.GENERATE)
def generate() -> Any:
    """Start a task."""
    given = flask.request.get_json()
    if not PLAIN.is_valid(given) or given["audio_id"] not in bare.AUDIO:
        return response(bare.refused(400, "bad_request"))
    task = f"upl{uuid.uuid4().hex}"
    bare.TASKS[task] = ("main", 0.0)
    return {"code": 200, "message": "success", "data": {"task_id": task}}


@plain.get(bare.STATUS)
def status() -> Any:
    """Show a task."""
    return response(bare.status("main", f"task_id={flask.request.args['task_id']}"))
