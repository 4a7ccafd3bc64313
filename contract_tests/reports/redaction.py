"""Takes known secrets out of a text, however they are written: plain, percent, JSON, HTML, hexadecimal or base64."""

import base64
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

SHOWN: Final = "[key]"
_ENOUGH: Final = 8  # characters of a secret that give too much away, where a text was cut in the midst of it
_REST: Final = r"[A-Za-z0-9._~+/=%\-]*"  # what may follow in the rest of one
_BASE64: Final = r"[A-Za-z0-9+/_\-]"
_ALPHABETS: Final = {"+": r"(?:[+-]|%2[BbDd])", "/": r"(?:\\{0,4}/|_|%2[Ff]|%5[Ff])"}  # of texts and of URLs


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that takes secrets out of a text, and spells out what no terminal or file should get.

    It takes out, too, the beginning of a secret, where a text was cut in the midst of it.
    """
    longest_first = sorted({one for one in secrets if one}, key=len, reverse=True)
    patterns = [_pattern(secret) for secret in longest_first]

    def redact(text: str) -> str:
        for pattern in patterns:
            text = pattern.sub(SHOWN, text)
        return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)

    return redact


@cache
def _pattern(secret: str) -> re.Pattern[str]:
    chars = [_char(char) for char in secret]
    forms = ["".join(chars)]
    if len(secret) >= _ENOUGH:
        forms.append("".join(chars[:_ENOUGH]) + _REST)
        raw = secret.encode("utf-8", "surrogateescape")
        forms += [f"(?i:{raw.hex()})", *(_in_base64(raw, before) for before in range(3))]
    return re.compile("|".join(forms))


def _char(char: str) -> str:
    r"""Return the pattern of a character in either case, as it is or escaped: %5f (%255f), \u005f, \x5f, &#95;.

    Every repetition has a bound, so that the time for a text is linear in its length whatever it is.
    """
    percent = "".join(f"%(?:25){{0,2}}{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    hexadecimal = rf"\\{{1,4}}(?:u{ord(char):04x}|x{ord(char):02x})|&#x0{{0,4}}{ord(char):x};"
    return rf"(?i:\\{{0,4}}{re.escape(char)}|{percent}|{hexadecimal}|&#0{{0,4}}{ord(char)};)"


def _in_base64(secret: bytes, before: int) -> str:
    """Return the pattern of a secret after `before` other bytes (modulo 3): what it alone decides, and its edges."""
    whole = base64.b64encode(b"\0" * before + secret).decode()
    core = whole[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
    return f"{_BASE64}{{0,4}}{''.join(_ALPHABETS.get(char, char) for char in core)}{_BASE64}*=*"
