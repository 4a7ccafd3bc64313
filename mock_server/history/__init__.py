"""What happened in a world, why, and the same once more. Pure."""
