"""What tests say of a judgement, in few words."""

from covermock.contract_tests.servers.evidence import Blame


def blames(text: str) -> tuple[Blame, ...]:
    """Return the blames that `text` spells: `C4 U3:corroborated`; documented where no level is said."""
    pairs = (word.partition(":") for word in text.split())
    return tuple((clause, level or "documented") for clause, _, level in pairs)
