"""Faults that MongoDB documents but the embedded database never causes, for the wire proxy.

Sources for the whole module:

- Error codes, their names and categories: https://www.mongodb.com/docs/manual/reference/error-codes/
  and `src/mongo/base/error_codes.yml` in https://github.com/mongodb/mongo.
- Error labels of transactions: https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md,
  section "Error Reporting and Retrying Transactions".
- Error labels of writes: https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md,
  section "RetryableWriteError Labels".
- Error labels of change streams: https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md,
  section "Resumable Error".
- Errors of a server that is not or no longer primary:
  https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md,
  section "Error handling".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

Document = Mapping[str, Any]

CODE_NAMES: Final = {
    6: "HostUnreachable",
    13: "Unauthorized",
    24: "LockTimeout",
    50: "MaxTimeMSExpired",
    59: "CommandNotFound",
    64: "WriteConcernTimeout",
    79: "UnknownReplWriteConcern",
    89: "NetworkTimeout",
    91: "ShutdownInProgress",
    100: "UnsatisfiableWriteConcern",
    112: "WriteConflict",
    115: "CommandNotSupported",
    133: "FailedToSatisfyReadPreference",
    189: "PrimarySteppedDown",
    246: "SnapshotUnavailable",
    251: "NoSuchTransaction",
    260: "InvalidResumeToken",
    262: "ExceededTimeLimit",
    280: "ChangeStreamFatalError",
    286: "ChangeStreamHistoryLost",
    10107: "NotWritablePrimary",
    11600: "InterruptedAtShutdown",
    11601: "Interrupted",
    11602: "InterruptedDueToReplStateChange",
    13435: "NotPrimaryNoSecondaryOk",
}
COMMAND_NOT_FOUND, NO_SUCH_TRANSACTION, FAILED_READ_PREFERENCE = 59, 251, 133
NOT_WRITABLE_PRIMARY, NOT_PRIMARY_NO_SECONDARY_OK = 10107, 13435
SHUTDOWN: Final = frozenset({91, 11600})
NOT_PRIMARY: Final = frozenset({189, 10107, 11602, 13435}) | SHUTDOWN
"""Error codes after which the driver looks for the primary again ("state change errors")."""
RETRIABLE: Final = NOT_PRIMARY | {6, 89, 262}
"""Error codes of the server's category RetriableError."""
ABORTING: Final = frozenset({24, 112, 246})
"""Error codes that always mean that the transaction has been aborted."""
COMMIT_OR_ABORT: Final = frozenset({"commitTransaction", "abortTransaction"})

TRANSIENT_TRANSACTION: Final = "TransientTransactionError"
RETRYABLE_WRITE: Final = "RetryableWriteError"
RESUMABLE_CHANGE_STREAM: Final = "ResumableChangeStreamError"


class Request(NamedTuple):
    """A command, and other facts that determine the labels of its errors."""

    document: Document
    is_to_mongos: bool = False
    is_of_change_stream: bool = False

    @property
    def name(self) -> str:
        """The command's name."""
        return next(iter(self.document))

    @property
    def is_in_transaction(self) -> bool:
        """Whether the command belongs to a transaction, as its field `autocommit` shows."""
        return "autocommit" in self.document

    @property
    def is_commit_or_abort(self) -> bool:
        """Whether the command ends a transaction."""
        return self.name in COMMIT_OR_ABORT

    @property
    def is_retryable_write(self) -> bool:
        """Whether the command may be sent again with the same `txnNumber`."""
        return "txnNumber" in self.document and (
            not self.is_in_transaction or self.is_commit_or_abort
        )


def error_labels(code: int, request: Request, *, of_write_concern: bool = False) -> list[str]:
    """Return the labels that the server adds to an error.

    The server never adds `UnknownTransactionCommitResult`. The driver adds this label to a commit
    that fails with a retriable error code, with error code 50 or 64, or that gets no reply.

    Args:
        code: the error's code.
        request: the command that fails.
        of_write_concern: whether the command succeeded and only its write concern failed.
    """
    if request.is_in_transaction and not of_write_concern:
        is_transient = code in ABORTING or code == NO_SUCH_TRANSACTION
        if is_transient or (code in RETRIABLE and not request.is_commit_or_abort):
            return [TRANSIENT_TRANSACTION]
    if request.is_retryable_write:
        # A mongos labels only the errors of its own shutdown, because it has already retried the
        # command after any other error.
        retryable = SHUTDOWN if request.is_to_mongos else RETRIABLE
        return [RETRYABLE_WRITE] if code in retryable else []
    if request.is_of_change_stream and code in RETRIABLE | {FAILED_READ_PREFERENCE}:
        return [RESUMABLE_CHANGE_STREAM]
    return []


@dataclass(frozen=True)
class CommandError:
    """The command fails: `{ok: 0, code, codeName, errmsg, errorLabels}`.

    Source: https://www.mongodb.com/docs/manual/reference/method/db.runCommand/#response

    Args:
        code: the error code, one of the keys of CODE_NAMES.
        labels: the error's labels, or None for the labels that MongoDB documents.
    """

    code: int
    labels: tuple[str, ...] | None = None

    def reply(self, request: Request) -> dict[str, Any]:
        """Return the reply with which the command fails."""
        labels = error_labels(self.code, request) if self.labels is None else list(self.labels)
        name = CODE_NAMES[self.code]
        message = f"{name} (injected)"
        if self.code == COMMAND_NOT_FOUND:
            message = f"no such command: '{request.name}'"
        reply = {"ok": 0.0, "errmsg": message, "code": self.code, "codeName": name}
        return reply | ({"errorLabels": labels} if labels else {})

    def ends_transaction(self, request: Request) -> bool:
        """Return whether the server aborts the command's transaction because of this error.

        A failed statement aborts its transaction, unless the server does not know the command. A
        commit whose outcome is unknown leaves the transaction open, unless the server is no longer
        the primary.
        """
        if not request.is_in_transaction or self.code == COMMAND_NOT_FOUND:
            return False
        return (
            not request.is_commit_or_abort
            or self.code in NOT_PRIMARY | ABORTING
            or self.code == NO_SUCH_TRANSACTION
        )


@dataclass(frozen=True)
class WriteConcernError:
    """The command takes effect but is not acknowledged: `{ok: 1, writeConcernError: {…}}`.

    Sources: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ and
    https://www.mongodb.com/docs/manual/reference/write-concern/#wtimeout

    Args:
        code: 64 if the majority does not acknowledge the write in time, or else one of RETRIABLE.
    """

    code: int

    def added_to(self, reply: Document, request: Request) -> dict[str, Any]:
        """Return the reply to a successful command, with the write concern's error added."""
        name = CODE_NAMES[self.code]
        error: dict[str, Any] = {
            "code": self.code,
            "codeName": name,
            "errmsg": f"{name} (injected)",
            "errInfo": {"writeConcern": request.document.get("writeConcern", {})},
        }
        if name == "WriteConcernTimeout":
            error["errInfo"]["wtimeout"] = True
        labels = error_labels(self.code, request, of_write_concern=True)
        return {**reply, "writeConcernError": error, **({"errorLabels": labels} if labels else {})}


@dataclass(frozen=True)
class LostReply:
    """The connection is closed instead of a reply being sent.

    Sources: https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md
    on network errors, and the specification of transactions on `UnknownTransactionCommitResult`.
    """


@dataclass(frozen=True)
class Delay:
    """The execution of the command or the reply is delayed, as by a slow primary.

    Source: `blockTimeMS` of `failCommand` in
    https://www.mongodb.com/docs/manual/reference/command/configureFailPoint/
    """

    seconds: float


@dataclass(frozen=True)
class Fault:
    """A fault to inject into matching commands, at a rate and for a limited number of times.

    Args:
        effect: the error or delay to inject.
        command: the name or names of the matching commands; None for all commands but `hello`.
        collection: the collection that matching commands are about; None for any.
        matches: a further condition that matching commands fulfil.
        rate: the share of the matching commands into which the fault is injected.
        times: the maximum number of injections; None for no limit.
        takes_effect: whether the database executes the command nevertheless. With a
            `WriteConcernError`, the command always takes effect.
    """

    effect: CommandError | WriteConcernError | LostReply | Delay
    command: str | tuple[str, ...] | None = None
    collection: str | None = None
    matches: Callable[[Document], bool] | None = None
    rate: float = 1.0
    times: int | None = None
    takes_effect: bool = False

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of the matching commands; empty if the fault names none."""
        return (self.command,) if isinstance(self.command, str) else self.command or ()
