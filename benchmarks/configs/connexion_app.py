"""Connexion's mock of the contract."""

import sys
from pathlib import Path

import connexion
import uvicorn
from connexion.mock import MockResolver


def known(token: str) -> dict[str, str] | None:
    """Return whose key it is (named in the contract's x-bearerInfoFunc)."""
    return {"sub": "main"} if token == "aio_bench" else None  # noqa: S105 - the name of a world


if __name__ == "__main__":
    spec = Path(sys.argv[2])
    app = connexion.FlaskApp("mock", specification_dir=spec.parent)
    app.add_api(spec.name, resolver=MockResolver(mock_all=True))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
