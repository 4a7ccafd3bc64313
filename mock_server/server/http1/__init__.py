"""HTTP/1.1 on an asyncio transport: bytes to requests, answers to bytes. Heads are parsed by llhttp (httptools).

Our own, because faults on the wire need the transport, and malformed requests need the documented envelope.
"""

from .connection import Connection
from .shared import Shared

__all__ = ["Connection", "Shared"]
