"""Drives both flows with the client that openapi-python-client made, `drive.py URL KEY`; prints how they ended."""

import sys

from gateway_client import AuthenticatedClient
from gateway_client.api.cover_images import get_cover_status, start_cover
from gateway_client.api.music_from_upload import get_upload_cover_status, start_upload_cover
from gateway_client.models import CoverState, GatewayError, StartCoverRequest, StartUploadCoverRequest, UploadCoverState

MOST_POLLS = 10


def main(url: str, key: str) -> None:
    """Start music from audio, poll it to its end, then do the same with a cover of it, and ask for a second cover."""
    with AuthenticatedClient(url, key) as client:
        body = StartUploadCoverRequest(audio_id="aud", custom_mode=True, prompt="la la")
        music = start_upload_cover.sync(client=client, body=body).data.task_id
        for _ in range(MOST_POLLS):
            made = get_upload_cover_status.sync(client=client, task_id=music).data
            if made.status is UploadCoverState.COMPLETE:
                break
        cover = start_cover.sync(client=client, body=StartCoverRequest(task_id=music)).data.task_id
        for _ in range(MOST_POLLS):
            drawn = get_cover_status.sync(client=client, task_id=cover).data
            if drawn.status is CoverState.SUCCESS:
                break
        again = start_cover.sync(client=client, body=StartCoverRequest(task_id=music))
    assert isinstance(again, GatewayError)
    print(made.status, len(made.clips), drawn.status, len(drawn.images), again.error.code)  # noqa: T201 - its result


main(*sys.argv[1:])
