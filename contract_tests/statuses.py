"""What HTTP itself means by a status (RFC 9110, RFC 6585): the one place of the judges that has numbers of statuses."""

from typing import Final

OK: Final = 200
_SWITCHING: Final = 101
UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405
GONE: Final = 410
LIMITED: Final = 429
CRASHED: Final = 500
BAD_GATEWAY: Final = 502
UNAVAILABLE: Final = 503
_LATER: Final = frozenset({LIMITED, UNAVAILABLE})
_AGAIN: Final = frozenset({408, 409, 421, 423, 425, 429})  # refusals that a repetition may change
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TOO_LARGE: Final = 413
_WITHOUT_BODY: Final = frozenset({204, 304})


def is_about_keys(status: int) -> bool:
    """Return True if a status says that who asks may not."""
    return status in {UNAUTHORIZED, _FORBIDDEN}


def is_interim(status: int) -> bool:
    """Return True if an answer follows this head on the same connection."""
    return 100 <= status < 200 and status != _SWITCHING


def is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def is_redirect(status: int) -> bool:
    return status in _REDIRECTS


def is_refusal(status: int) -> bool:
    """Return True if a server says that the client is at fault."""
    return 400 <= status < 500


def is_error(status: int) -> bool:
    return status >= 400


def is_crash(status: int) -> bool:
    """Return True if a server says that it is at fault itself."""
    return status >= 500


def asks_to_wait(status: int) -> bool:
    """Return True if the same request may be sent later, after Retry-After."""
    return status in _LATER


def is_hopeless(status: int) -> bool:
    """Return True if the same request can only be refused again."""
    return is_refusal(status) and status not in _AGAIN


def is_too_large(status: int) -> bool:
    return status == _TOO_LARGE


def has_no_body(status: int) -> bool:
    return status in _WITHOUT_BODY


def is_hidden(status: int) -> bool:
    """Return True if there is nothing, or nothing any more: so some say that nothing can be seen yet."""
    return status in {NOT_FOUND, GONE}


def is_gone(status: int) -> bool:
    """Return True if a path or a method isn't there."""
    return status in {NOT_FOUND, NOT_ALLOWED}
