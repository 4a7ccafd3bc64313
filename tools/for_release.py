"""Writes into a checkout what only its host knows, before a release is built: project URLs, and the README's links.

`python tools/for_release.py https://host/owner/name v0.1.0` changes pyproject.toml and README.md in place. On an index
a relative link leads nowhere, so each leads to the tagged file.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(!?)\[((?:!\[[^\]]*\]\([^)]*\)|[^\]])*)\]\((?!https?:|#|mailto:)([^)]+)\)")


def urls(home: str, tag: str) -> str:
    """Return the table of project URLs."""
    rows = {
        "Homepage": home,
        "Documentation": f"{home}/tree/{tag}/docs",
        "Source": f"{home}/tree/{tag}",
        "Issues": f"{home}/issues",
        "Changelog": f"{home}/blob/{tag}/CHANGELOG.md",
    }
    return "[project.urls]\n" + "".join(f'{name} = "{url}"\n' for name, url in rows.items())


def absolute(text: str, home: str, tag: str) -> str:
    """Return a page whose links and pictures lead to the tagged files."""

    def link(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        words = LINK.sub(link, words)
        return f"{picture}[{words}]({home}/{'raw' if picture else 'blob'}/{tag}/{target})"

    return LINK.sub(link, text)


def main(arguments: list[str]) -> None:
    """Write both files. Ends with a line where the tag is not the version's, or the home no URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home")
    parser.add_argument("tag")
    given = parser.parse_args(arguments)
    project, readme = ROOT / "pyproject.toml", ROOT / "README.md"
    text = project.read_text(encoding="utf-8")
    version = tomllib.loads(text)["project"]["version"]
    if given.tag != f"v{version}":
        sys.exit(f"expected the tag v{version} of pyproject.toml, received {given.tag}; tag the commit of the version")
    if not re.fullmatch(r"https://[^\s/]+/[^\s/]+/[^\s/]+", given.home):
        sys.exit(f"expected https://HOST/OWNER/NAME, received {given.home}")
    start = "[project.scripts]"
    project.write_text(text.replace(start, f"{urls(given.home, given.tag)}\n{start}", 1), encoding="utf-8")
    readme.write_text(absolute(readme.read_text(encoding="utf-8"), given.home, given.tag), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
