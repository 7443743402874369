"""Cost of coercing and checking the input of an operation, computed from the input's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from graphql import ArgumentNode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graphql import VariableDefinitionNode

FREE_BYTES = 1_024
BYTES_PER_UNIT = 8


def cost_of_bytes(size: int) -> int:
    """Return the cost of input that has the given number of bytes."""
    return max(size - FREE_BYTES, 0) // BYTES_PER_UNIT


def cost_of_variables(variables: Mapping[str, object] | None) -> int:
    """Return the cost of the values of variables, computed from the length of their JSON text."""
    return cost_of_bytes(len(orjson.dumps(variables))) if variables else 0


def cost_of_literals(nodes: Iterable[ArgumentNode | VariableDefinitionNode] | None) -> int:
    """Return the cost of the literals in arguments, or in the defaults of variables."""
    values = [
        node.value if isinstance(node, ArgumentNode) else node.default_value for node in nodes or ()
    ]
    return cost_of_bytes(
        sum(value.loc.end - value.loc.start for value in values if value and value.loc)
    )
