"""Pictures and songs are judged by what a decoder finds in them, not by their bytes alone."""

import os
import subprocess
import sys
import wave
from array import array
from collections.abc import Callable
from io import BytesIO
from itertools import combinations, pairwise
from struct import pack

import pytest
from covermock.mock_server.media import art, audio, sound
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

NAMES = ["song_abc", "image_abc", "cover123123213213b880d2", "", "été 🎵", "\ud800", "a" * 5000]


def opened(data: bytes) -> Image.Image:
    """Decode a picture whole, so that a broken one fails here."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def difference(one: bytes, other: bytes) -> float:
    """Return how far two pictures are apart: 0 for the same, 255 for black and white."""
    return sum(ImageStat.Stat(ImageChops.difference(opened(one), opened(other))).mean) / 3


def straight_edges(data: bytes) -> int:
    """Count the columns of which a fifth or more is a hard edge: many in geometry, none in a landscape."""
    grey = opened(data).convert("L")
    shifted = grey.crop((1, 0, grey.width, grey.height))
    steps = ImageChops.difference(grey, shifted).point(lambda step: 255 * (step > 24))
    return sum(column > 51 for column in steps.resize((steps.width, 1), Image.Resampling.BOX).tobytes())


def samples(data: bytes) -> list[int]:
    """Return the samples of a WAV."""
    with wave.open(BytesIO(data)) as file:
        return array("h", file.readframes(file.getnframes())).tolist()


def mp3(frames: int) -> bytes:
    """Return frames of silence, each of 1152 samples at 44.1 kHz and 128 kbit/s."""
    return (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def flac(seconds: int) -> bytes:
    """Return the header of a mono FLAC at 8 kHz."""
    facts = 8000 << 44 | 15 << 36 | seconds * 8000
    return b"fLaC" + pack(">I", 0x80 << 24 | 34) + pack(">HH6xQ16x", 4096, 4096, facts)


def aiff(seconds: int) -> bytes:
    """Return the header of a mono AIFF at 8 kHz, a rate that it gives as an 80-bit float."""
    common = b"COMM" + pack(">IhLhHQ", 18, 1, seconds * 8000, 16, 0x3FFF + 12, 8000 << 51)
    return b"FORM" + pack(">I", 4 + len(common)) + b"AIFF" + common


def ogg(seconds: int) -> bytes:
    """Return the first and the last page of a mono Vorbis stream at 8 kHz."""
    head = b"\x01vorbis" + pack("<IBIIIIBB", 0, 1, 8000, 0, 32000, 0, 0xB8, 1)
    first = b"OggS" + pack("<BBqIIIBB", 0, 2, 0, 1, 0, 0, 1, len(head)) + head
    return first + b"OggS" + pack("<BBqIIIBB", 0, 4, seconds * 8000, 1, 1, 0, 1, 1) + b"\x00"


def m4a(seconds: int) -> bytes:
    """Return an MPEG-4 file that has only its movie header."""
    header = pack(">I4s12xII", 28, b"mvhd", 1000, seconds * 1000)
    return pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + pack(">I4s", 8 + len(header), b"moov") + header


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", [0, 1])
def test_a_picture_is_a_small_square_png(name: str, style: int) -> None:
    """Every name gives a PNG of 512 by 512 pixels that is light to download."""
    data = art.picture(name, style)
    image = opened(data)

    assert ("PNG", (512, 512), "RGB") == (image.format, image.size, image.mode)
    assert len(data) < 300_000


@pytest.mark.parametrize("size", [16, 31, 300])
@pytest.mark.parametrize("style", [0, 1])
def test_a_picture_has_the_size_that_was_asked_for(size: int, style: int) -> None:
    """The size is the width and the height, odd ones too."""
    assert (size, size) == opened(art.picture("song_abc", style, size)).size


@pytest.mark.parametrize("style", [0, 1])
def test_the_size_changes_no_more_than_the_size(style: int) -> None:
    """A thumbnail shows the same art as the large picture."""
    small = art.picture("song_abc", style, 64)
    shrunk = BytesIO()
    opened(art.picture("song_abc", style, 512)).reduce(8).save(shrunk, "PNG")

    assert difference(small, shrunk.getvalue()) < 8


@pytest.mark.parametrize("size", [-1, 0, 15, 2049])
def test_a_size_out_of_range_is_refused(size: int) -> None:
    """The message says what is expected, what was received, and the remedy."""
    with pytest.raises(ValueError, match=f"expected a size from 16 to 2048 .*received {size}; leave it out"):
        art.picture("song_abc", 0, size)


@pytest.mark.parametrize("name", NAMES)
def test_two_styles_of_a_name_are_far_apart(name: str) -> None:
    """The two covers of a task (C7) differ at a glance: hills have no straight edges, tiles many."""
    landscape, geometry = art.picture(name, 0), art.picture(name, 1)

    assert difference(landscape, geometry) > 25
    assert 0 == straight_edges(landscape)
    assert straight_edges(geometry) >= 4


def test_further_styles_are_variations_of_the_first_two() -> None:
    """Any number is a style, and each draws a picture of its own."""
    pictures = [art.picture("song_abc", style, 64) for style in range(-4, 8)]

    assert 12 == len(set(pictures))


@pytest.mark.parametrize("style", [0, 1])
def test_different_names_look_different(style: int) -> None:
    """No two of many names share a picture, nor nearly."""
    pictures = [art.picture(f"task-{number}", style, 64) for number in range(30)]

    assert min(difference(one, other) for one, other in combinations(pictures, 2)) > 2


def test_a_photo_is_the_first_style_as_jpeg() -> None:
    """The `image_url` of a clip ends in .jpeg, and so it is one."""
    data = art.photo("image_abc")

    assert ("JPEG", (512, 512)) == (opened(data).format, opened(data).size)
    assert difference(data, art.picture("image_abc", 0)) < 3


@pytest.mark.parametrize("seconds", [0, 0.001, 0.0496, 5.999, 6, 30, 60.001])
def test_a_song_lasts_as_long_as_asked_to_the_sample(seconds: float) -> None:
    """The header declares PCM of the right length, and the samples are all there."""
    data = sound.song("song_abc", seconds)

    with wave.open(BytesIO(data)) as file:
        assert (1, 2, sound.SAMPLE_RATE) == file.getparams()[:3]
        assert round(seconds * sound.SAMPLE_RATE) == file.getnframes() == len(samples(data))


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_song_without_a_proper_length_is_refused(seconds: float) -> None:
    """The message says what is expected, what was received, and the remedy."""
    with pytest.raises(ValueError, match=f"finite and not negative; received {seconds}; ask for"):
        sound.song("song_abc", seconds)


@pytest.mark.parametrize("name", NAMES)
def test_a_song_is_loud_enough_and_begins_and_ends_in_silence(name: str) -> None:
    """It can be heard, is not clipped, and clicks at neither end."""
    wave_form = samples(sound.song(name, 7.77))

    peak = max(map(abs, wave_form))

    assert 8000 < peak < 32000
    assert max(map(abs, (*wave_form[:3], *wave_form[-3:]))) < peak / 20


def test_notes_follow_each_other_without_a_click() -> None:
    """A note grows from silence and dies away to it, so the next one may have any pitch."""
    note = sound._note(69, 1600, 9500)

    assert max(map(abs, (*note[:2], *note[-2:]))) < 200
    assert max(abs(one - other) for one, other in pairwise(note)) < 9500


def test_a_note_sounds_at_its_pitch() -> None:
    """MIDI note 69 is the A at 440 Hz: it rises through zero that often in a second."""
    note = sound._note(69, sound.SAMPLE_RATE, 9500)

    assert sum(one < 0 <= other for one, other in pairwise(note)) == pytest.approx(440, abs=3)


def test_different_names_give_different_melodies() -> None:
    """No two of many names share a song, not even its first two seconds."""
    assert 20 == len({sound.song(f"clip-{number}", 2) for number in range(20)})


def test_the_same_name_gives_the_same_bytes_in_another_process() -> None:
    """Neither the hash seed nor what was made before has a part in the bytes."""
    code = (
        "import sys; from covermock.mock_server.media import art as m, sound as s; assert 'PIL' not in sys.modules;"
        "sys.stdout.buffer.write(m.picture('a', 0, 64) + m.picture('a', 1, 64) + s.song('a', 2))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)

    assert art.picture("a", 0, 64) + art.picture("a", 1, 64) + sound.song("a", 2) == other.stdout


@pytest.mark.parametrize("seconds", [0.001, 5.999, 6, 60, 60.001])
def test_our_own_songs_are_measured_exactly(seconds: float) -> None:
    """A song on the edge of what upload-cover accepts (U2) is measured on the right side of it."""
    assert seconds == audio.length(sound.song("song_abc", seconds))


@pytest.mark.parametrize("make", [flac, aiff, ogg, m4a])
def test_the_usual_formats_are_measured(make: Callable[[int], bytes]) -> None:
    """Whatever the container, its length is what it says."""
    assert 42 == pytest.approx(audio.length(make(42)))


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10)])
@pytest.mark.parametrize("frames", [3, 40, 2000])
def test_an_mp3_is_measured_by_its_frames(tag: bytes, frames: int) -> None:
    """With tags before the sound or without, an MP3 is as long as its frames together."""
    # tinytag extrapolates from the first frames, in its older versions with an error below one frame.
    assert frames * 1152 / 44100 == pytest.approx(audio.length(tag + mp3(frames)), abs=1152 / 44100)


@pytest.mark.parametrize("declared", [0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_is_measured_by_its_bytes(declared: int) -> None:
    """A recorder that could not go back to fill in the length declares the largest one."""
    whole = sound.song("song_abc", 7.5)
    piped = whole[:40] + pack("<I", declared) + whole[44:]

    assert 7.5 == audio.length(piped)
    assert 2.5 == audio.length(whole[: 44 + 2 * 20_000])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"no audio at all",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10),
        bytes(5000),
        sound.song("song_abc", 0),
        sound.song("song_abc", 9)[:44],
        art.photo("song_abc", 16),
    ],
)
def test_what_is_no_audio_is_refused(data: bytes) -> None:
    """The message says what is expected, what was received, and the remedy."""
    with pytest.raises(audio.UnreadableAudio) as caught:
        audio.length(data)

    assert isinstance(caught.value, ValueError)
    for part in ("expected audio", f"received {len(data)} bytes", "send a file that"):
        assert part in str(caught.value)


@given(
    start=st.sampled_from([b"", b"ID3\x04", mp3(1), flac(1), aiff(1), ogg(1), m4a(1), sound.song("a", 0.01)]),
    cut=st.integers(0, 400),
    rest=st.binary(max_size=200),
)
def test_any_bytes_are_measured_or_refused(start: bytes, cut: int, rest: bytes) -> None:
    """However damaged an upload is, it gets a length that can be compared, or the one error."""
    try:
        seconds = audio.length(start[:cut] + rest)
    except audio.UnreadableAudio:
        return

    assert 0 < seconds < float("inf")
