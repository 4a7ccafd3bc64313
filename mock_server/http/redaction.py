"""What is never shown: keys of other gateways, by where they stand and by what they look like, encoded or not.

No pattern begins with an endless repetition, unless at the start of a word only: the time for a text is linear.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

from covermock.openapi import KeyScheme

REDACTED: Final = "<redacted>"
Known = Callable[[str], bool]


class Keys:
    """Which keys may be shown (`known`), and what carries keys, and begins them, under a contract's scheme."""

    def __init__(self, known: Known, scheme: KeyScheme | None) -> None:
        self._known = known
        self.header = scheme.header.lower() if scheme else ""
        self.parameter = scheme.parameter if scheme else ""
        self.prefix = scheme.prefix if scheme else ""

    def __call__(self, key: str) -> bool:
        """Return True if the key may be shown."""
        return self._known(key)


_WORDS = (
    r"api[_-]?key|access[_-]?key|private[_-]?key|token|secret|passw|pwd|credential|cookie|session|signature|auth|jwt"
)
_NAME = rf"(?:[\w.-]{{0,30}}(?:{_WORDS})[\w.-]{{0,30}}|key)"
_OURS: Final = "aio_"  # keys that begin so are looked for in every form, below
_SECRET_HEADER: Final = re.compile(_WORDS, re.IGNORECASE)
_SCHEME: Final = re.compile(r"[A-Za-z]{3,12}|AWS4-HMAC-SHA256")
_FIELD: Final = re.compile(
    rf'("{_NAME}"\s{{0,8}}:\s{{0,8}}")((?:[^"\\]|\\.)+)|((?:^|[?&;]){_NAME}=)([^&;\s"]+)', re.IGNORECASE
)
# A key as ours are, each character as it is, in percent (once or twice) or as JSON escapes it.
_ESCAPE = r"(?:%(?:25)?|(?:\\|%5[Cc])u00)"
_START = rf"(?:a|{_ESCAPE}61)(?:i|{_ESCAPE}69)(?:o|{_ESCAPE}6[Ff])(?:_|{_ESCAPE}5[Ff])"
_CODE = r"(?:2[Dd]|3\d|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff])"
_REST = rf"(?:[A-Za-z0-9_-]|{_ESCAPE}{_CODE})+"
# The same in base64, at each of the three places that it can begin at in a triple of bytes.
_ENCODED = r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]*?(?:YWlvX[yz0-3]|Fpb1[89]|haW9f)[A-Za-z0-9+/_-]*=*"
_OTHERS: Final = (
    r"(?<![\w-])(?:[spr]k[-_][\w-]{6,}|(?:gh[opsur]_|github_pat_|glpat-|npm_|hf_)[\w-]{16,}|xox[abeprs]-[\w-]{8,})",
    r"(?<![\w-])(?:A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)",
    r"(?<=earer )(?=[A-Za-z._~+/=-]{0,80}\d)[\w.~+/=-]{8,}|(?<=asic )[A-Za-z0-9+/_-]{8,}=*",
    r'(?<=://)[^/\s:@"]{0,80}:[^/\s@"]{1,200}(?=@)',
)
WORD: Final = re.compile(r"[^\s,;&=\"]+")  # of a header or a query, one of which may be a key
_SHORT: Final = 200  # characters of a header's name or value that is remembered
_KEY: Final = re.compile(f"({_START}{_REST})|({_ENCODED})|{'|'.join(_OTHERS)}")


def redact_headers(headers: Mapping[str, str], known: Known) -> dict[str, str]:
    """Return headers as they may be shown: of an Authorization only the scheme, unless the key is the mock's own."""
    return {name: _header(name, value, known) for name, value in headers.items()}


def redact_text(text: str, known: Known) -> str:
    """Return a text in which everything that looks like a key of another gateway is left out."""
    shown = _KEY.sub(lambda found: _key(found, known), text) if _is_suspicious(text) else text
    if not isinstance(known, Keys) or known.prefix not in shown or known.prefix in {"", _OURS}:
        return shown
    return _beginning_with(known.prefix).sub(lambda found: found[0] if known(unquote(found[0])) else REDACTED, shown)


@lru_cache(16)
def _beginning_with(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(prefix)}[\w.~%+-]+")


@lru_cache(16)
def _called(name: str) -> re.Pattern[str]:
    """Return the pattern of a parameter in a query, its groups as those of a field are."""
    return re.compile(rf"()()((?:^|[?&;]){re.escape(name)}=)([^&;\s\"]+)")


def redact_fields(text: str, known: Known) -> str:
    """Return a query or a body in which, besides, the values of fields that are named like secrets are left out."""
    shown = redact_text(text, known)
    if isinstance(known, Keys) and known.parameter and f"{known.parameter}=" in shown:
        shown = _called(known.parameter).sub(lambda found: _field(found, known), shown)
    return _FIELD.sub(lambda found: _field(found, known), shown) if _has_secret_fields(text) else shown


def redact_value(value: Any, known: Known) -> Any:
    """Return a JSON value in which every text is as it may be shown, names included."""
    if isinstance(value, str):
        return redact_text(value, known)
    if isinstance(value, Mapping):
        return {redact_text(name, known): redact_value(inner, known) for name, inner in value.items()}
    return [redact_value(inner, known) for inner in value] if isinstance(value, list | tuple) else value


def _is_suspicious(t: str) -> bool:
    """Return False if nothing in the text looks like a key. It is asked for every text, so it is no loop."""
    ours = "aio" in t or "%6" in t or "%256" in t or "u006" in t or "YWlvX" in t or "Fpb1" in t or "haW9f" in t
    short = "sk-" in t or "sk_" in t or "pk-" in t or "pk_" in t or "rk-" in t or "rk_" in t or "gh" in t or "hf_" in t
    more = "glpat" in t or "npm_" in t or "KIA" in t or "SIA" in t or "AIza" in t or "ya29" in t or "xox" in t
    return ours or short or more or "eyJ" in t or "earer " in t or "asic " in t or ("://" in t and "@" in t)


def _has_secret_fields(text: str) -> bool:
    t = text.lower()
    often = "key" in t or "token" in t or "secret" in t or "auth" in t or "session" in t or "cookie" in t
    return often or "passw" in t or "pwd" in t or "cred" in t or "signature" in t or "jwt" in t


@lru_cache(4096)
def _plain(value: str) -> bool:
    """Return True if a header's value is none to look through: the same ones come again and again."""
    return not _is_suspicious(value)


@lru_cache(1024)
def _is_secret_header(name: str) -> bool:
    return bool(_SECRET_HEADER.search(name))


def _header(name: str, value: str, known: Known) -> str:
    secret = _is_secret_header(name) if len(name) < _SHORT else _SECRET_HEADER.search(name)
    if not secret and not (isinstance(known, Keys) and name == known.header):
        return value if len(value) < _SHORT and _plain(value) else redact_text(value, known)
    scheme, _, key = value.partition(" ") if name.endswith("authorization") else ("", "", value)
    if known((key or scheme).strip()):
        return value
    own = [] if name.endswith("authorization") else [word for word in WORD.findall(value) if known(word)]
    if own:  # in a cookie, for example: that is for its owner to see
        return " ".join([REDACTED, *own])
    return f"{scheme} {REDACTED}" if key and _SCHEME.fullmatch(scheme) else REDACTED


def _field(found: re.Match[str], known: Known) -> str:
    before, value = found[1] or found[3], found[2] or found[4]
    return found[0] if known(unquote(value)) or value == REDACTED else f"{before}{REDACTED}"


def _key(found: re.Match[str], known: Known) -> str:
    """Return a match as it may be shown: what the mock knows stays, in whatever form it came."""
    if found[1]:
        plain = re.sub(r"(?:\\|%5[Cc])u00(..)", r"%\1", found[1])
        return found[0] if known(unquote(unquote(plain))) else REDACTED
    if found[2]:
        keys = re.findall(r"aio_[A-Za-z0-9_-]+", _decode(found[2]))
        return found[0] if keys and all(map(known, keys)) else REDACTED
    return found[0] if known(found[0]) else REDACTED


def _decode(text: str) -> str:
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""
