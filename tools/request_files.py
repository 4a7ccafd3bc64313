"""Writes requests that editors, Bruno and Postman can send, from the contract, into `examples/http/`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from covermock.openapi import JSON, Operation, load

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "examples" / "http"
POSTMAN = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
HOST, KEY = "http://127.0.0.1:8080", "aio_your_api_key_here"


def example(node: Mapping[str, Any]) -> Any:
    """Return the first example of a parameter or a body."""
    return next(row["value"] for row in node["examples"].values())


def parts(operation: Operation) -> tuple[str, str, Any]:
    """Return path, query and body of an operation's first example."""
    query = urlencode({one["name"]: example(one) for one in operation.raw.get("parameters", ())})
    content = operation.raw.get("requestBody", {}).get("content", {}).get(JSON)
    return operation.path, query, example(content) if content else None


def http(operations: tuple[Operation, ...]) -> str:
    """Return the requests as editors send them (JetBrains, VS Code's REST Client)."""
    told = [f"# From openapi/gateway.yaml, by tools/request_files.py\n@host = {HOST}\n@key = {KEY}\n"]
    for operation in operations:
        path, query, body = parts(operation)
        target = f"{{{{host}}}}{path}{'?' + query if query else ''}"
        lines = [f"### {operation.raw['summary']}", f"# @name {operation.id}", f"{operation.method} {target}"]
        lines.append("Authorization: Bearer {{key}}")
        lines += [f"Content-Type: {JSON}", "", json.dumps(body, indent=2, ensure_ascii=False)] if body else []
        told.append("\n".join([*lines, ""]))
    return "\n".join(told)


def bruno(operations: tuple[Operation, ...]) -> Iterator[tuple[str, str]]:
    """Yield the files of a Bruno collection."""
    settings = {"version": "1", "name": "covermock", "type": "collection"}
    yield "bruno/bruno.json", json.dumps(settings, indent=2) + "\n"
    yield "bruno/environments/local.bru", f"vars {{\n  host: {HOST}\n  key: {KEY}\n}}\n"
    for number, operation in enumerate(operations, 1):
        path, query, body = parts(operation)
        kind = "json" if body else "none"
        url = f"{{{{host}}}}{path}{'?' + query if query else ''}"
        text = f"meta {{\n  name: {operation.id}\n  type: http\n  seq: {number}\n}}\n\n"
        text += f"{operation.method.lower()} {{\n  url: {url}\n  body: {kind}\n  auth: bearer\n}}\n\n"
        text += "".join(f"params:query {{\n  {pair.replace('=', ': ')}\n}}\n\n" for pair in [query] if query)
        text += "auth:bearer {\n  token: {{key}}\n}\n"
        if body:
            lines = json.dumps(body, indent=2, ensure_ascii=False).replace("\n", "\n  ")
            text += f"\nbody:json {{\n  {lines}\n}}\n"
        yield f"bruno/{operation.id}.bru", text


def postman(operations: tuple[Operation, ...]) -> str:
    """Return the requests as a Postman collection of format 2.1."""
    token = [{"key": "token", "value": "{{key}}", "type": "string"}]
    told: dict[str, Any] = {
        "info": {"name": "covermock", "schema": POSTMAN},
        "auth": {"type": "bearer", "bearer": token},
        "variable": [{"key": "host", "value": HOST}, {"key": "key", "value": KEY}],
        "item": [],
    }
    for operation in operations:
        path, query, body = parts(operation)
        url = f"{{{{host}}}}{path}{'?' + query if query else ''}"
        request: dict[str, Any] = {"method": operation.method, "url": url}
        if body:
            options = {"raw": {"language": "json"}}
            request["body"] = {"mode": "raw", "raw": json.dumps(body, ensure_ascii=False), "options": options}
        told["item"].append({"name": operation.id, "request": request})
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def files() -> dict[str, str]:
    """Return the text of each file, by its name below examples/http/."""
    operations = tuple(load().operations)
    return {"gateway.http": http(operations), "postman.json": postman(operations), **dict(bruno(operations))}


if __name__ == "__main__":
    for name, text in files().items():
        file = TARGET / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{file.relative_to(ROOT)}: written\n")
