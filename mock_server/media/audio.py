"""How long an audio file is, whatever its kind."""

import math
from io import BytesIO

BAD_AUDIO = (
    "expected audio whose length can be measured (wav, mp3, ogg, flac, m4a, aiff); "
    "received {count} bytes that begin with {start!r} ({reason}); "
    "send a file that a music player opens, for example one made by `ffmpeg -i FILE out.wav`"
)


class UnreadableAudio(ValueError):  # noqa: N818 - the name says what is wrong, as Refusal does
    """The bytes are no audio whose length can be measured."""

    def __init__(self, data: bytes, reason: str) -> None:
        super().__init__(BAD_AUDIO.format(count=len(data), start=data[:12], reason=reason))


def length(data: bytes) -> float:
    """The length in seconds of an audio file (wav, mp3, ogg, flac, m4a, aiff); else `UnreadableAudio`."""
    from tinytag import TinyTag, TinyTagException

    try:
        tag = TinyTag.get(file_obj=BytesIO(data), tags=False)
    except TinyTagException as error:
        raise UnreadableAudio(data, str(error)) from error
    seconds, bytes_per_second = tag.duration or 0.0, (tag.bitrate or 0.0) * 125
    # Recorders that write to a pipe cannot go back to fill in a WAV's length: they declare 2**32 bytes.
    if data.startswith(b"RIFF") and seconds * bytes_per_second > len(data):
        seconds = (len(data) - 44) / bytes_per_second
    if not 0 < seconds < math.inf:
        raise UnreadableAudio(data, "there is no sound in them")
    return seconds
