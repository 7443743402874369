"""Expert profiles, the public directory, and its administration."""
