"""Takes the steps of the Dockerfile where no container engine is: in an empty Debian root. Needs root and debootstrap.

    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm build/image/debian
    python tools/image_steps.py build/image/debian

Each `FROM` is a copy of that root, whose Python takes the place of the official image's. At the end the image's command
runs as the image's user in a network of its own, until its HEALTHCHECK says that it is well.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SERVED = """ip link set lo up
chroot --userspec={user} {root} env {env} {command} & served=$!
for _ in $(seq 60); do
  sleep 1
  chroot --userspec={user} {root} env {env} {health} && break
done
state=$?
echo "runs as user $(awk '/^Uid:/ {{print $2}}' /proc/$served/status), healthy: $((1 - state))"
kill $served
wait $served
exit $state
"""


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the words and the rest of each instruction, comments and line breaks taken out."""
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


class Image:
    """A root folder that the steps change, and what they say of how it runs."""

    def __init__(self, base: Path, root: Path) -> None:
        subprocess.run(["cp", "-a", f"{base}/.", str(root)], check=True)
        self.root, self.folder, self.user = root, "/", "0"
        self.env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        self.said: dict[str, str] = {}
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")

    def run(self, command: str) -> None:
        """Run a step's command as the shell of the image would, with this machine's way to the package index."""
        index = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        with tempfile.TemporaryDirectory(dir=self.root / "tmp") as shared:
            for name, source in {"PIP_CONFIG_FILE": _pip_file(), "PIP_CERT": os.environ.get("PIP_CERT")}.items():
                if source and Path(source).is_file():
                    shutil.copy(source, f"{shared}/{name}")
                    index[name] = f"/tmp/{Path(shared).name}/{name}"
            line = f"cd {shlex.quote(self.folder)} && {command}"
            subprocess.run(["chroot", self.root, "sh", "-ec", line], env={**index, **self.env}, check=True)

    def inside(self, path: str) -> Path:
        """Return where a path of the image is on this machine."""
        return self.root / Path(self.folder, path).as_posix().lstrip("/")


def _pip_file() -> str | None:
    places = [os.environ.get("PIP_CONFIG_FILE"), Path.home() / ".config/pip/pip.conf", "/etc/pip.conf"]
    return next((str(place) for place in places if place and Path(place).is_file()), None)


def take(image: Image, word: str, rest: str, stages: dict[str, Image]) -> None:
    """Take a step. Raises KeyError for an instruction that is not known here."""
    if word == "COPY":
        *stage, source, target = rest.split()
        if stage:
            _copy(stages[stage[0].removeprefix("--from=")].inside(source), image.inside(target))
        else:
            _checkout(image.inside(target))
    elif word == "RUN":
        image.run(rest)
    elif word == "ENV":
        pairs = dict(pair.split("=", 1) for pair in shlex.split(rest))
        image.env |= {name: value.replace("$PATH", image.env["PATH"]) for name, value in pairs.items()}
    elif word == "WORKDIR":
        image.folder = rest
        image.inside(".").mkdir(parents=True, exist_ok=True)
    elif word == "USER":
        image.user = rest
    else:
        image.said[{"HEALTHCHECK": word, "ENTRYPOINT": word, "CMD": word, "EXPOSE": word}[word]] = rest


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", source, target], check=True)


def _checkout(target: Path) -> None:
    """Copy what is committed; .dockerignore leaves out less."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True).stdout
    subprocess.run(
        ["tar", "--null", "--files-from=-", "-cf", str(target / "all.tar")], cwd=REPOSITORY, input=names, check=True
    )
    subprocess.run(["tar", "-xf", "all.tar"], cwd=target, check=True)
    (target / "all.tar").unlink()


def serve(image: Image) -> int:
    """Run the image's command until it is healthy; return the exit code of the check."""
    command = shlex.join(json.loads(image.said["ENTRYPOINT"]) + json.loads(image.said["CMD"]))
    health = shlex.join(json.loads(image.said["HEALTHCHECK"].split(" CMD ", 1)[1]))
    env = shlex.join(f"{name}={value}" for name, value in image.env.items())
    script = SERVED.format(user=image.user, root=shlex.quote(str(image.root)), env=env, command=command, health=health)
    return subprocess.run(["unshare", "--net", "sh", "-c", script], check=False).returncode


def main(base: Path) -> int:
    """Take all steps in copies of a root."""
    stages: dict[str, Image] = {}
    with tempfile.TemporaryDirectory() as folder:
        for word, rest in instructions((REPOSITORY / "Dockerfile").read_text(encoding="utf-8")):
            sys.stdout.write(f"{word} {rest}\n")
            sys.stdout.flush()
            if word == "FROM":
                name = rest.partition(" AS ")[2] or "last"
                stages[name] = image = Image(base, Path(tempfile.mkdtemp(dir=folder)))
            else:
                take(image, word, rest, stages)
        size = subprocess.run(["du", "-sm", image.inside("/opt/covermock")], capture_output=True, text=True, check=True)
        sys.stdout.write(f"{size.stdout.split()[0]} MB in /opt/covermock\n")
        sys.stdout.flush()
        return serve(image)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
