"""The bare application's functions behind our own wire: what the same server does without the mock."""

import asyncio
import sys

import bare
from covermock.mock_server import Answer, Mock, Request, Settings
from covermock.mock_server.server.http1 import Connection, Reply
from covermock.mock_server.server.packets import Heads
from covermock.mock_server.server.server import bind


def respond(request: Request, reply: Reply) -> None:
    """Answer with the bare application's functions."""
    key = request.headers.get("authorization", "")
    reply(Answer(*bare.answered(request.method, request.path, request.query, key, request.body)))


async def main(port: int) -> None:
    """Serve until killed."""
    mock, connections, heads = Mock(Settings(), 0.0), set[Connection](), Heads()
    loop = asyncio.get_running_loop()
    connect = lambda: Connection(respond, mock, connections, heads)  # noqa: E731 - a factory
    await (await loop.create_server(connect, sock=bind("127.0.0.1", port))).serve_forever()


asyncio.run(main(int(sys.argv[1])))
