"""What a release adds to a checkout: URLs of its host, links that work on an index."""

import tomllib

import for_release
import pytest

HOME = "https://git.example/team/covermock"


def test_urls_are_those_of_the_host() -> None:
    """Homepage, source, issues and changelog are below the host's page of the project."""
    found = tomllib.loads(for_release.urls(HOME, "v1.2.3"))["project"]["urls"]

    assert f"{HOME}/blob/v1.2.3/CHANGELOG.md" == found["Changelog"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} == found.keys()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[how](docs/check.md#money)", f"[how]({HOME}/blob/v1/docs/check.md#money)"),
        ("![now](docs/images/now.png)", f"![now]({HOME}/raw/v1/docs/images/now.png)"),
        ("[![now](a.png)](b.md)", f"[![now]({HOME}/raw/v1/a.png)]({HOME}/blob/v1/b.md)"),
        ("[x](https://a.example) [y](#here)", "[x](https://a.example) [y](#here)"),
    ],
)
def test_links_lead_to_the_tagged_files(before: str, after: str) -> None:
    """Relative links and pictures become absolute; what is absolute or within the page stays."""
    assert after == for_release.absolute(before, HOME, "v1")


def test_a_tag_that_is_no_version_is_refused() -> None:
    """A tag must be the version of pyproject.toml, so that no file claims another one."""
    with pytest.raises(SystemExit, match="expected the tag v0"):
        for_release.main([HOME, "v99.0.0"])
