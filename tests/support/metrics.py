"""Functions that read the Prometheus metrics of a running server and of this process."""

from __future__ import annotations

import asyncio
import ssl
from time import monotonic

import httpx
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

PATIENCE_SECONDS = 120
OK_QUERIES = 'expertbook_operations_total{kind="query",outcome="ok"}'
TLS = ssl.create_default_context()
"""All clients share this TLS context, because loading the certificates for each client would be
slow."""


def parse_samples(text: str) -> dict[str, float]:
    """Return the values of the samples in a Prometheus text, keyed by name and labels."""
    values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            values[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return values


async def metrics(address: str) -> dict[str, float]:
    """Fetch the server's current metrics on a new connection."""
    async with httpx.AsyncClient(verify=TLS, timeout=PATIENCE_SECONDS) as http:
        response = await http.get(f"{address}/metrics")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain; version=")
    return parse_samples(response.text)


async def wait_for_value(address: str, name: str, expected: float) -> None:
    """Wait until a metric of the server has the expected value."""
    deadline = monotonic() + PATIENCE_SECONDS
    while (value := (await metrics(address))[name]) != expected:
        assert monotonic() < deadline, f"{name} is still {value} instead of {expected}"
        await asyncio.sleep(0.05)


def cache_metrics(name: str) -> list[float | None]:
    """Return the numbers of hits, misses, evictions and entries of a cache in this process."""
    kinds = ("hits_total", "misses_total", "evictions_total", "entries")
    labels = {"cache": name}
    return [REGISTRY.get_sample_value(f"expertbook_cache_{kind}", labels) for kind in kinds]
