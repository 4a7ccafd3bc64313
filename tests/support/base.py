"""What the base install has, and an environment in which nothing else can be imported."""

import importlib.metadata
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Stands in for an environment in which these modules were never installed.
_BLOCKER = "import sys\nsys.modules.update(dict.fromkeys({names!r}))\n"


def pins(name: str) -> dict[str, str]:
    """Return the versions that a lock file pins."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def plain(name: str) -> str:
    """Return the normalized name of a distribution."""
    return re.sub(r"[-_.]+", "-", name).lower()


def foreign() -> list[str]:
    """Return the top-level modules that the base install does not have."""
    base = {*pins("serve"), "covermock"} - {"setuptools"}
    names = importlib.metadata.packages_distributions()
    return sorted(name for name, owners in names.items() if base.isdisjoint(map(plain, owners)))


def base_only(folder: Path) -> dict[str, str]:
    """Return the environment variables under which Python imports only what the base install has."""
    (folder / "sitecustomize.py").write_text(_BLOCKER.format(names=foreign()), encoding="utf-8")
    return {"PYTHONPATH": str(folder)}
