"""What type checkers know of covermock: each setting, each answer. `python examples/typed.py`."""

import json
from urllib.request import Request, urlopen

import covermock
from covermock import FaultSettings, Gateway, JournalRow

BUSY: FaultSettings = {"status": {"code": 503, "retry_after": 2}, "times": 1}


def poll(gateway: Gateway, task: str) -> str:
    """Return the state of a cover."""
    url = f"{gateway.url}/api/v1/audio/music/cover/status?task_id={task}"
    with urlopen(Request(url, headers={"Authorization": f"Bearer {gateway.api_key}"})) as answer:
        status: str = json.load(answer)["data"]["status"]
    return status


def refused(rows: list[JournalRow]) -> list[int]:
    """Return the statuses of what was refused."""
    return [row["status"] for row in rows if row["status"] >= 400]


def main() -> None:
    """Start a cover in a gateway of its own, move its clock, look at its journal."""
    with covermock.gateway(drive="manual", accounts={"main": {"credits": 3}}) as gateway:
        music = gateway.music_task(yields={"stage_seconds": 60})
        body = json.dumps({"taskId": music}).encode()
        headers = {"Authorization": f"Bearer {gateway.api_key}", "Content-Type": "application/json"}
        with urlopen(Request(f"{gateway.url}/api/v1/audio/music/cover/generate", body, headers)) as answer:
            task = json.load(answer)["data"]["taskId"]
        events = gateway.clock.advance(120)["events"]
        print([event["kind"] for event in events], poll(gateway, task), gateway.credits)
        print(refused(list(gateway.journal)), gateway.faults.add(**BUSY)["fired"])


if __name__ == "__main__":
    main()
