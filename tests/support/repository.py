"""Root folder and Python packages of the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {"auth", "models", "resolvers", "schema", "subscriptions", "web"}
