"""The URLs in results really load: right types and lengths, ETag, ranges, HEAD, and the same bytes every time."""

from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest
from PIL import Image
from support.fakes import COVER, COVER_STATUS, UPLOAD_COVER, UPLOAD_COVER_STATUS
from support.servers import Process
from tinytag import TinyTag


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """An HTTP client that knows no proxy."""
    with httpx.Client(trust_env=False, timeout=30) as made:
        yield made


@pytest.fixture(scope="module")
def pictures(process: Process, client: httpx.Client) -> list[str]:
    """The URLs of a finished cover."""
    headers = {"Authorization": f"Bearer {process.world(music_tasks={'gen': {}}, stage_seconds=0)}"}
    task = client.post(process.url + COVER, json={"taskId": "gen"}, headers=headers).json()["data"]["taskId"]
    got = client.get(process.url + COVER_STATUS, params={"task_id": task}, headers=headers)
    return [str(url) for url in got.json()["data"]["images"]]


@pytest.fixture(scope="module")
def clips(process: Process, client: httpx.Client) -> list[dict[str, str]]:
    """The clips of finished music."""
    headers = {"Authorization": f"Bearer {process.world(audio={'aud': {'seconds': 30}}, stage_seconds=0)}"}
    task = client.post(process.url + UPLOAD_COVER, json={"audio_id": "aud"}, headers=headers).json()["data"]["task_id"]
    got = client.get(process.url + UPLOAD_COVER_STATUS, params={"task_id": task}, headers=headers)
    return list(got.json()["data"]["clips"])


def test_a_cover_has_two_different_png_pictures(client: httpx.Client, pictures: list[str]) -> None:
    """Each URL loads without a key, as a PNG that decodes, and the two differ."""
    got = [client.get(url) for url in pictures]
    kinds = [Image.open(BytesIO(response.content)).format for response in got]

    assert ["PNG", "PNG"] == kinds
    assert {"image/png"} == {response.headers["content-type"] for response in got}
    assert got[0].content != got[1].content


def test_clips_have_a_jpeg_and_playable_audio(client: httpx.Client, clips: list[dict[str, str]]) -> None:
    """Each clip's picture is a JPEG, its sound plays for half a minute to a minute."""
    for clip in clips:
        image, audio = client.get(clip["image_url"]), client.get(clip["audio_url"])
        tag = TinyTag.get(filename="clip.wav", file_obj=BytesIO(audio.content))

        assert "JPEG" == Image.open(BytesIO(image.content)).format
        assert ("image/jpeg", "audio/wav") == (image.headers["content-type"], audio.headers["content-type"])
        assert 30 <= (tag.duration or 0) <= 61


def test_head_says_what_get_gives(client: httpx.Client, pictures: list[str]) -> None:
    """HEAD has GET's headers and no body."""
    head, got = client.head(pictures[0]), client.get(pictures[0])
    same = ("content-type", "content-length", "etag", "cache-control", "accept-ranges")

    assert b"" == head.content
    assert [got.headers.get(name) for name in same] == [head.headers.get(name) for name in same]
    assert str(len(got.content)) == head.headers["content-length"]
    assert "bytes" == got.headers["accept-ranges"]


def test_a_known_etag_is_304(client: httpx.Client, pictures: list[str]) -> None:
    """A client that has the file gets 304 without a body; with another tag, the file."""
    whole = client.get(pictures[0])
    same = client.get(pictures[0], headers={"If-None-Match": whole.headers["etag"]})
    other = client.get(pictures[0], headers={"If-None-Match": '"other"'})

    assert (304, b"", whole.headers["etag"]) == (same.status_code, same.content, same.headers["etag"])
    assert whole.content == other.content


@pytest.mark.parametrize(
    ("asked", "part", "said"),
    [
        ("0-9", slice(0, 10), "0-9"),
        ("100-", slice(100, None), "100-{last}"),
        ("-10", slice(-10, None), "{tenth}-{last}"),
    ],
)
def test_a_range_is_206(client: httpx.Client, clips: list[dict[str, str]], asked: str, part: slice, said: str) -> None:
    """Players may seek: the part that was asked for, and where it is."""
    whole = client.get(clips[0]["audio_url"]).content
    got = client.get(clips[0]["audio_url"], headers={"Range": f"bytes={asked}"})
    place = said.format(last=len(whole) - 1, tenth=len(whole) - 10)

    assert (206, whole[part]) == (got.status_code, got.content)
    assert f"bytes {place}/{len(whole)}" == got.headers["content-range"]


def test_a_range_beyond_the_file_is_416(client: httpx.Client, pictures: list[str]) -> None:
    """The problem says how long the file is."""
    size = len(client.get(pictures[0]).content)
    got = client.get(pictures[0], headers={"Range": f"bytes={size}-"})

    assert (416, "application/problem+json") == (got.status_code, got.headers["content-type"])
    assert f"bytes */{size}" == got.headers["content-range"]
    assert 416 == got.json()["status"]


@pytest.mark.parametrize("asked", ["bytes=x", "bytes=", "lines=1-2", "bytes=0-1,4-5", "bytes=-"])
def test_a_range_that_is_not_understood_gives_the_whole_file(
    client: httpx.Client, pictures: list[str], asked: str
) -> None:
    """Another unit, several parts and nonsense are ignored, as RFC 9110 asks."""
    assert 200 == client.get(pictures[0], headers={"Range": asked}).status_code


def test_a_range_of_another_version_gives_the_whole_file(client: httpx.Client, pictures: list[str]) -> None:
    """With an If-Range that no longer holds the client gets all of it."""
    assert 200 == client.get(pictures[0], headers={"Range": "bytes=0-1", "If-Range": '"x"'}).status_code


@pytest.mark.parametrize(("file", "status"), [("1.gif", 400), ("0.png", 400), ("99.png", 404), ("../1.png", 404)])
def test_files_that_were_never_made_are_refused(
    client: httpx.Client, pictures: list[str], file: str, status: int
) -> None:
    """Only results of the task exist, in the formats that the contract names."""
    folder = pictures[0].rpartition("/")[0]

    assert status == client.get(httpx.URL(f"{folder}/{file}")).status_code


def test_bytes_are_the_same_every_time(client: httpx.Client, pictures: list[str]) -> None:
    """A picture is drawn from its name alone."""
    assert client.get(pictures[0]).content == client.get(pictures[0]).content


def test_a_preview_is_the_same_picture_in_small(client: httpx.Client, pictures: list[str]) -> None:
    """As large as asked for, with a tag of its own; sound has no size."""
    whole = client.get(pictures[0])
    small = client.get(pictures[0], params={"preview": 64})
    image, other = (Image.open(BytesIO(got.content)).convert("RGB").resize((8, 8)) for got in (whole, small))
    pairs = zip(image.tobytes(), other.tobytes(), strict=True)

    assert (64, 64) == Image.open(BytesIO(small.content)).size
    assert whole.headers["etag"] != small.headers["etag"]
    assert 24 > sum(abs(one - two) for one, two in pairs) / 192
    assert 400 == client.get(pictures[0], params={"preview": 4000}).status_code
    assert 400 == client.get(pictures[0].replace(".png", ".wav"), params={"preview": 64}).status_code
