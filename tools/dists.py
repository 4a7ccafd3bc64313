"""Builds the wheel and the sdist: the same bytes from the same commit, in any folder, at any time, with any umask.

`python tools/dists.py [FOLDER]` builds what git tracks, as it stands in the checkout, into dist/. Times are those of
the commit, or SOURCE_DATE_EPOCH. A wheel keeps the modes of its files and an sdist their owners, so both are set.
"""

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
GIT = ("git", "-c", "safe.directory=*")


def main(arguments: list[str]) -> None:
    """Build into a folder."""
    folder = Path(arguments[0] if arguments else ROOT / "dist").absolute()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="covermock-dists-") as work:
        source, built = Path(work) / "source", Path(work) / "built"
        copy(source)
        epoch = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct")
        build = [sys.executable, "-m", "build", "--sdist", "--wheel", "--no-isolation", "--outdir", str(built)]
        subprocess.run([*build, str(source)], check=True, env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
        folder.mkdir(parents=True, exist_ok=True)
        for dist in sorted(built.iterdir()):
            if dist.name.endswith(".tar.gz"):
                dist.write_bytes(level(dist.read_bytes(), int(epoch)))
            shutil.copyfile(dist, folder / dist.name)


def copy(target: Path) -> None:
    """Copy the files that git tracks, with the modes that git knows."""
    for name in _git("ls-files", "-z").split("\0"):
        file = ROOT / name
        if not name or not file.is_file():
            continue
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        place.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def level(sdist: bytes, epoch: int) -> bytes:
    """Return the same sdist in order, with one time and no owner."""
    leveled = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(sdist)) as given, tarfile.open(fileobj=leveled, mode="w") as tar:
        for member in sorted(given.getmembers(), key=lambda one: one.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            tar.addfile(member, given.extractfile(member) if member.isfile() else None)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=epoch) as stream:
        stream.write(leveled.getvalue())
    return packed.getvalue()


def _git(*words: str) -> str:
    return subprocess.run([*GIT, *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
