"""Pictures and sound from a name: the same name gives the same bytes."""
