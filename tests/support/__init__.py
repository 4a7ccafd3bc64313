"""What several test modules share; pytest puts `tests/` on the path (pyproject.toml), so it is `import support`."""
