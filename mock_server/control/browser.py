"""What a browser gets where a program gets a 404: a page that leads on, and its icon."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Final

from covermock.openapi import Contract

from ..http.messages import Answer, Request
from .operations.pages import icon

PATHS: Final = frozenset({"/", "/favicon.ico"})
_STYLE: Final = (
    ":root{color-scheme:light dark}code{overflow-wrap:anywhere}li{margin:.3rem 0}"
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:10vh auto;padding:0 1rem}"
)
_LINKS: Final = (
    ("/__mock/", "Dashboard", "what the mock is doing now"),
    ("/__mock/docs", "Contract", "each operation, to be read and tried"),
    ("/__mock/openapi.yaml", "openapi.yaml", "the contract as a file"),
    ("/__mock/openapi.json", "openapi.json", "the same for programs"),
)


def answer(request: Request, contract: Contract) -> Answer | None:
    """Return the page or the icon, if a browser asks for it; None is for programs, which get what is documented."""
    accepted = request.headers.get("accept", "").lower()
    if request.method not in {"GET", "HEAD"}:
        return None
    if request.path == "/" and "text/html" in accepted:
        return _answer("text/html; charset=utf-8", _page(contract).encode())
    if request.path == "/favicon.ico" and "image/" in accepted:
        return _answer("image/svg+xml", icon())
    return None


def _answer(kind: str, body: bytes) -> Answer:
    style = b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src 'self' data:; style-src 'sha256-{style}'; base-uri 'none'"
    headers = (
        ("Content-Type", kind),
        ("Content-Security-Policy", f"{policy}; form-action 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Vary", "Accept"),
    )
    return Answer(200, body, headers)


def _page(contract: Contract) -> str:
    title = escape(str(contract.root.get("info", {}).get("title", "A gateway")))
    links = "".join(f'<li><a href="{href}">{name}</a>: {what}</li>' for href, name, what in _LINKS)
    rows = ((f"{one.method} {one.path}", str(one.raw.get("summary", one.id))) for one in contract.operations)
    operations = "".join(f"<li><code>{escape(name)}</code><br>{escape(summary)}</li>" for name, summary in rows)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - covermock</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="/favicon.ico" type="image/svg+xml"><style>{_STYLE}</style></head>'
        f"<body><main><h1>A stand-in for {title}</h1><p>covermock answers the operations below, here and for free. "
        f"For programs this path is the 404 that the contract documents.</p><ul>{links}</ul>"
        f"<h2>Operations</h2><ul>{operations}</ul></main></body></html>"
    )
