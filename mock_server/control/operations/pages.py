"""The dashboard and the contract as pages: files that ship with the mock. A browser keeps them, but asks each time."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from ...http.messages import Answer
from ..call import ControlCall, Result, unknown

FOLDER = Path(__file__).parents[2] / "dashboard"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# Only what this server serves: no script or style within a page, no other host, no frame around it.
_OWN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The dashboard's own scripts never turn text into markup, and the browser holds them to it.
_STRICT = f"{_OWN}; require-trusted-types-for 'script'; trusted-types 'none'"
_SAFE = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)


def read_dashboard(call: ControlCall) -> Answer:
    return _file(call, "index.html", _STRICT)


def read_docs(call: ControlCall) -> Answer:
    """Answer with the page that shows a contract; which one is in the page's path."""
    return _file(call, "docs.html", _OWN)


def read_page_file(call: ControlCall) -> Answer:
    """Answer with a script, a style or a picture of those pages."""
    name = "/".join(call.path[part] for part in ("folder", "file") if part in call.path)
    if name not in _names():
        raise unknown("path.file", "a file of the dashboard", name, _names())
    return _file(call, name, _STRICT)


@cache
def _names() -> frozenset[str]:
    return frozenset(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in _TYPES)


@cache
def _content(name: str) -> tuple[bytes, str]:
    body = (FOLDER / name).read_bytes()
    return body, f'"{blake2b(body, digest_size=12).hexdigest()}"'


def icon() -> bytes:
    """Return the picture that stands for the mock (SVG)."""
    return _content("icon.svg")[0]


def _file(call: ControlCall, name: str, policy: str) -> Answer:
    body, tag = _content(name)
    headers = (("ETag", tag), ("Content-Security-Policy", policy), *_SAFE)
    if call.request.headers.get("if-none-match") == tag:
        return Answer(304, b"", headers)
    return Answer(200, body, (("Content-Type", _TYPES[Path(name).suffix]), *headers))


def read_contract(call: ControlCall) -> Result:
    return 200, call.contract.root


def read_contract_text(call: ControlCall) -> Answer:
    """Answer with the gateway's contract as it is served, comments and all."""
    return Answer(200, call.contract.text.encode(), (("Content-Type", "application/yaml"), *_SAFE))


def read_control_api(call: ControlCall) -> Result:
    return 200, call.files.admin.root
