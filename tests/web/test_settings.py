"""Settings: names, sources and precedence, and validation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import AliasChoices, ValidationError

from tests.support.servers import CACHES, environment
from web.settings import Environment, Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

EXAMPLE = Path(__file__).parents[2] / ".env.example"
HEAD = """\
# All settings with their defaults. Copy this file to .env and change what you need.
# Environment variables take precedence over .env; empty values count as unset.
"""
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Use an empty working directory, and unset environment variables that change settings."""
    monkeypatch.chdir(tmp_path)
    for name in {CACHES, *(os.environ.keys() - environment().keys())}:
        monkeypatch.delenv(name, raising=False)


def names(field: str) -> list[str]:
    """Return the names of a setting's environment variables; the current name comes first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(name) for name in alias.choices]
    return [f"EXPERTBOOK_{field.upper()}"]


def example(field: str, setting: FieldInfo) -> str:
    """Return the lines for a setting in `.env.example`: its description and its default."""
    name, *older = names(field)
    what = str(setting.description)
    also = f" Also read from {', '.join(older)}." if older else ""
    default = "" if setting.default is None else setting.default
    return f"\n# {what[0].upper()}{what[1:]}.{also}\n{name}={default}\n"


def test_env_example_lists_all_settings() -> None:
    """`.env.example` contains the description and the default of each setting."""
    parts = [example(field, setting) for field, setting in Settings.model_fields.items()]
    assert EXAMPLE.read_text() == HEAD + "".join(parts)


def test_copy_of_the_env_example_changes_no_setting(tmp_path: Path) -> None:
    """All settings keep their defaults if `.env.example` is copied to `.env`."""
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert Settings() == Settings.model_construct()


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("MONGODB_URL", "mongodb_url", "mongodb://one"),
        ("MONGODB_URI", "mongodb_url", "mongodb://two"),
        ("MONGO_URI", "mongodb_url", "mongodb://three"),
        ("PORT", "port", 9000),
        ("JWT_SECRET", "secret", SECRET),
        ("CLIENT_URL", "client_url", "http://localhost:3000"),
    ],
)
def test_older_names_are_accepted(
    monkeypatch: pytest.MonkeyPatch, name: str, field: str, value: object
) -> None:
    monkeypatch.setenv(name, str(value))
    assert getattr(Settings(), field) == value


def test_expertbook_names_take_precedence_over_older_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("EXPERTBOOK_PORT", "9001")
    assert Settings().port == 9001


@pytest.mark.parametrize("field", Settings.model_fields)
def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    for name in names(field):
        monkeypatch.setenv(name, "")
    assert Settings() == Settings.model_construct()


def test_older_variable_is_used_if_the_new_one_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPERTBOOK_MONGODB_URL", "")
    monkeypatch.setenv("MONGO_URI", "mongodb://one")
    assert Settings().mongodb_url == "mongodb://one"


def test_env_file_in_the_working_directory_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EXPERTBOOK_CURRENCY=CHF\nMONGO_URI=mongodb://one\n")
    settings = Settings()
    assert (settings.currency, settings.mongodb_url) == ("CHF", "mongodb://one")


@pytest.mark.parametrize("name", ["PORT", "EXPERTBOOK_PORT"])
@pytest.mark.parametrize("in_file", ["PORT", "EXPERTBOOK_PORT"])
def test_environment_takes_precedence_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, in_file: str
) -> None:
    """A variable with the current or the older name overrides both names in the `.env` file."""
    (tmp_path / ".env").write_text(f"{in_file}=8001\n")
    monkeypatch.setenv(name, "9000")
    assert Settings().port == 9000


@pytest.mark.parametrize("name", ["PORT", "EXPERTBOOK_PORT"])
def test_constructor_arguments_take_precedence_over_environment_variables(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "9000")
    assert Settings(port=9001).port == 9001


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXPERTBOOK_ENVIRONMENT", "prod"),
        ("EXPERTBOOK_PORT", "abc"),
        ("EXPERTBOOK_PORT", "0"),
        ("EXPERTBOOK_PORT", "65536"),
        ("PORT", "abc"),
        ("EXPERTBOOK_CURRENCY", "euro"),
        ("EXPERTBOOK_CURRENCY", "EUX"),
        ("EXPERTBOOK_CURRENCY", "XAU"),
        ("EXPERTBOOK_PHONE_REGION", "Germany"),
        ("EXPERTBOOK_VIDEO_URL", "http://meet.example.com/{room}"),
        ("EXPERTBOOK_VIDEO_URL", "https://meet.example.com/"),
        ("EXPERTBOOK_VIDEO_URL", "https:///{room}"),
        ("EXPERTBOOK_VIDEO_URL", "https://ada:secret@meet.example.com/{room}"),
        ("EXPERTBOOK_VIDEO_URL", "https://meet.example.com/a b/{room}"),
        ("EXPERTBOOK_BROADCAST_URL", "kafka://x"),
        ("EXPERTBOOK_EXPERTS", "-1"),
        ("EXPERTBOOK_WORKERS", "0"),
        ("EXPERTBOOK_OPERATION_SECONDS", "0"),
        ("EXPERTBOOK_WORKERS", "65"),
        ("EXPERTBOOK_ACCESS_TOKEN_MINUTES", "1441"),
        ("EXPERTBOOK_GRAPHIQL", "perhaps"),
        ("EXPERTBOOK_LOG_LEVEL", "loud"),
        ("EXPERTBOOK_LOG_FORMAT", "xml"),
        ("EXPERTBOOK_OTLP_URL", "collector:4318"),
    ],
)
def test_invalid_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refusal:
        Settings()
    [problem] = refusal.value.errors()
    assert problem["input"] == value


@pytest.mark.parametrize(
    ("workers", "mongodb_url", "broadcast_url", "bus_url"),
    [
        (1, None, None, "memory://"),
        (2, None, None, "mongodb://"),
        (1, "mongodb://x", None, "mongodb://"),
        (1, "mongodb://x", "memory://", "memory://"),
        (1, None, "mongodb://", "mongodb://"),
        (2, None, "rediss://me:mine@x:6380/1", "rediss://me:mine@x:6380/1"),
    ],
)
def test_default_broadcast_backend_reaches_all_processes(
    workers: int, mongodb_url: str | None, broadcast_url: str | None, bus_url: str
) -> None:
    """A configured broadcast URL overrides the default."""
    settings = Settings(workers=workers, mongodb_url=mongodb_url, broadcast_url=broadcast_url)
    assert settings.bus_url == bus_url


def test_in_process_events_are_refused_for_several_workers() -> None:
    assert Settings(workers=1, broadcast_url="memory://").bus_url == "memory://"
    with pytest.raises(
        ValidationError, match=r"only works with one worker, not 2\. Set it to mongodb://"
    ):
        Settings(workers=2, broadcast_url="memory://")


@pytest.mark.parametrize("secret", [None, "", "short", SECRET[1:]])
def test_production_requires_a_long_secret(
    monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    """In production, no secret is generated, and a secret of less than 32 bytes is refused."""
    monkeypatch.setenv("EXPERTBOOK_ENVIRONMENT", "production")
    if secret is not None:
        monkeypatch.setenv("JWT_SECRET", secret)
    with pytest.raises(ValidationError, match="EXPERTBOOK_SECRET must have at least 32 bytes"):
        Settings()
    monkeypatch.setenv("JWT_SECRET", SECRET)
    assert Settings().secret == SECRET


@pytest.mark.parametrize(
    ("environment_", "asked", "shown"),
    [
        (Environment.DEVELOPMENT, None, True),
        (Environment.DEVELOPMENT, False, False),
        (Environment.PRODUCTION, None, False),
        (Environment.PRODUCTION, True, True),
    ],
)
def test_production_hides_graphiql_and_introspection_by_default(
    environment_: Environment, *, asked: bool | None, shown: bool
) -> None:
    settings = Settings(
        environment=environment_, secret=SECRET, graphiql=asked, introspection=asked
    )
    assert settings.shows_graphiql is shown
    assert settings.allows_introspection is shown


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - only a value; no socket is bound
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_printed_url_can_be_opened_in_a_browser(host: str, address: str) -> None:
    assert Settings(host=host).address == address
