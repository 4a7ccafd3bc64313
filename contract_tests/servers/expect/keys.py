"""Keys as they may not be: other words before them, other headers, other letters. The contract's scheme says which."""

from collections.abc import Iterator

from covermock.openapi import Contract, KeyScheme

from ...exchange import CUT_KEY, MAIN_KEY, UPPER_KEY

Header = tuple[str, str]
_UNKNOWN = "0000000000000000"


def key_of(scheme: KeyScheme, value: str) -> tuple[str, str]:
    """Return (the word before the key, the key) in the value of a header."""
    word, blank, key = value.partition(" ")
    return (word, key) if blank or scheme.word else ("", value)


def unknown_key(contract: Contract) -> tuple[Header, ...]:
    """Return the header with a key that is nobody's, though it looks like one."""
    scheme = contract.scheme
    return (scheme.carry(f"{scheme.prefix}{_UNKNOWN}"),) if scheme else ()


def wrong_keys(contract: Contract, own: str) -> Iterator[tuple[str, tuple[Header, ...]]]:
    """Yield keys that are none, most telling first: in words, and as headers. `own` is the key that is spoilt."""
    scheme = contract.scheme
    if scheme is None:
        return
    yield "no key", ()
    yield "an unknown key", unknown_key(contract)
    yield "a key under the scheme Basic", ((scheme.header, f"Basic {MAIN_KEY}"),)
    if scheme.word:
        yield "a key without a scheme", ((scheme.header, MAIN_KEY),)
    yield "an empty key", (scheme.carry(""),)
    yield "a key that lacks its last character", (scheme.carry(CUT_KEY),)
    yield "a key with one character more", (scheme.carry(f"{MAIN_KEY}0"),)
    yield "a key that doesn't begin like one", (scheme.carry("sk-000000000000"),)
    for name, value in (("X-API-Key", MAIN_KEY), ("Authorization", f"Bearer {MAIN_KEY}")):
        if name.lower() != scheme.header.lower():
            yield f"a key in the header {name}", ((name, value),)
    yield "a key under another scheme", ((scheme.header, f"Token {MAIN_KEY}"),)
    if own != own.upper():
        yield "a key in capitals", (scheme.carry(UPPER_KEY),)
    yield "a key whose last character is another", (scheme.carry(f"{CUT_KEY}~"),)


def odd_cases(contract: Contract) -> Iterator[tuple[Header, ...]]:
    """Yield the valid key with its scheme in other letters."""
    scheme = contract.scheme
    if scheme is None or not scheme.word:
        return
    for word in (scheme.word.lower(), scheme.word.upper()):
        yield ((scheme.header, f"{word} {MAIN_KEY}"),)
