"""The bare application's functions behind our own wire: what the same server does without the mock."""

import asyncio
import sys

import bare
from covermock.mock_server import Answer, Mock, Request, Settings
from covermock.mock_server.server.http1 import Connection, Shared
from covermock.mock_server.server.server import bind


def respond(request: Request, client: Connection) -> None:
    """Answer with the bare application's functions."""
    key = request.headers.get("authorization", "")
    client.reply(Answer(*bare.answered(request.method, request.path, request.query, key, request.body)))


async def main(port: int) -> None:
    """Serve until killed."""
    shared = Shared(Mock(Settings(), 0.0), respond)
    loop = asyncio.get_running_loop()
    await (await loop.create_server(lambda: Connection(shared), sock=bind("127.0.0.1", port))).serve_forever()


asyncio.run(main(int(sys.argv[1])))
