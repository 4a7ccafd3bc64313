"""Worlds in Redis or Valkey, shared by any number of processes. Nothing but `--store redis://…` imports this."""

from .connection.link import complaint
from .store import RedisStore

__all__ = ["RedisStore", "complaint"]
