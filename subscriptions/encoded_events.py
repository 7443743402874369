"""Encoded events, whose frames are shared by all sockets that use the same operation id.

Most clients number their operations from one, so thousands of sockets can share the frames. The
events of one commit are sent in a single write, since system calls dominate the cost of a delivery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class EncodedEvents:
    """The payloads of some events, oldest first."""

    __slots__ = ("_frames", "payloads")

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self.payloads = payloads
        self._frames: dict[str, bytes] = {}

    def frames(self, operation_id: str, frame: Callable[[str, Sequence[bytes]], bytes]) -> bytes:
        """Return the payloads framed for an operation id, framed on first use."""
        frames = self._frames.get(operation_id)
        if frames is None:
            frames = self._frames[operation_id] = frame(operation_id, self.payloads)
        return frames
