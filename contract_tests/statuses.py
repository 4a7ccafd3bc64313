"""What HTTP itself means by a status (RFC 9110, RFC 6585): the one place of the judges that has numbers of statuses."""

from typing import Final

OK: Final = 200
_SWITCHING: Final = 101
UNAUTHORIZED: Final = 401
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405
TOO_LARGE: Final = 413
LIMITED: Final = 429
CRASHED: Final = 500
BAD_GATEWAY: Final = 502
UNAVAILABLE: Final = 503
ABOUT_KEYS: Final = frozenset({UNAUTHORIZED, 403})  # who asks may not
HIDDEN: Final = frozenset({NOT_FOUND, 410})  # nothing there, or nothing any more: some say so of what can't be seen yet
NOT_THERE: Final = frozenset({NOT_FOUND, NOT_ALLOWED})  # a path, or a method
LATER: Final = frozenset({LIMITED, UNAVAILABLE})  # the same request may be sent later, after Retry-After
AT_THE_DOOR: Final = frozenset({403, 408})  # a firewall may say it, whatever was asked
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
WITHOUT_BODY: Final = frozenset({204, 304})
_AGAIN: Final = frozenset({408, 409, 421, 423, 425, 429})  # refusals that a repetition may change


def is_interim(status: int) -> bool:
    """Return True if an answer follows this head on the same connection."""
    return 100 <= status < 200 and status != _SWITCHING


def is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def is_refusal(status: int) -> bool:
    """Return True if a server says that the client is at fault."""
    return 400 <= status < 500


def is_error(status: int) -> bool:
    return status >= 400


def is_crash(status: int) -> bool:
    """Return True if a server says that it is at fault itself."""
    return status >= 500


def is_hopeless(status: int) -> bool:
    """Return True if the same request can only be refused again."""
    return is_refusal(status) and status not in _AGAIN
