"""What the application is made of while it serves: opened in this order, closed in the other."""

from __future__ import annotations

from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from auth.budgets import Budgets
from auth.passwords import Passwords
from auth.throttle import Throttle
from auth.tokens import Tokens
from auth.viewers import Viewers
from models.caching.batch_loader import AT_ONCE
from models.caching.fast_paths import FastPath
from models.database import open_database
from models.ledger.ledger import LARGEST_BATCH, Ledger
from models.store.shared_state import shared_secret
from resolvers.alternatives import Alternatives
from resolvers.listings import Listings
from resolvers.lookups import Lookups
from resolvers.sessions import SignIns
from schema.context import Services
from subscriptions.backends import Bus, broadcast
from subscriptions.bookings import BookingFeed
from subscriptions.hub import Hub
from subscriptions.sessions import SessionEnds
from web.graphql.response_cache import ResponseCache
from web.graphql.sharing import Shared
from web.graphql.sockets import MOST_PER_ADDRESS, Sockets
from web.mails.transport import FolderTransport
from web.mails.worker import MailWorker
from web.memory import giving_back
from web.sweeper import sweeping
from web.telemetry.metrics import measuring_lag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from models.bookings.events import Event
    from models.store.connection import Client
    from web.mails.rendering import MailRenderer
    from web.mails.transport import MailTransport
    from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """What requests are answered with."""

    client: Client
    bus: Bus
    mails: MailWorker
    sockets: Sockets
    services: Services
    shared: Shared | None


def mail_worker(settings: Settings) -> MailWorker:
    """Who writes and sends the mails.

    Raises:
        RuntimeError: in production without a mail server.
    """
    return MailWorker(partial(_letters, settings), _post(settings))


@asynccontextmanager
async def open_container(
    settings: Settings, mongodb_url: str, mails: MailWorker
) -> AsyncIterator[Container]:
    """Open everything for as long as the context lasts.

    Raises:
        RuntimeError: where something that the settings ask for is not installed.
    """
    is_throttled = settings.throttle == "on"
    bus = broadcast(settings.bus_url)
    answers = ResponseCache()
    # Who hears of a change asks anew, and must not get what was there before it.
    hub, ends = Hub(bus, lambda expert_id: answers.calendars_changed([expert_id])), SessionEnds(bus)
    feed = BookingFeed(bus, hub)
    sockets = Sockets(MOST_PER_ADDRESS if is_throttled else None)
    announce = partial(_announce, answers, hub, feed)

    def together(most: int) -> int:
        return most if FastPath.BATCHES in settings.fast else 1

    async with (
        _tracing(settings.otlp_url),
        measuring_lag(),
        giving_back(),
        open_database(mongodb_url) as client,
        bus,
        hub.open(),
        feed.open(),
        ends.open(),
        answers.open(),
        Ledger(
            client,
            announce,
            answers.directory_changed,
            largest_batch=together(LARGEST_BATCH),
            in_one=FastPath.WRITES in settings.fast,
            speculates={FastPath.BATCHES, FastPath.SPECULATION} <= settings.fast,
        ).open() as ledger,
        sweeping(ledger),
        sockets.open(),
        mails.open(),
        Budgets(is_on=is_throttled, url=settings.budgets_url).open() as budgets,
        Alternatives(together(AT_ONCE)).open() as alternatives,
        Lookups(gathers=FastPath.BATCHES in settings.fast).open() as lookups,
        Listings(remembers=FastPath.LISTINGS in settings.fast).open() as listings,
        AsyncExitStack() as more,
    ):
        secret = settings.secret or await shared_secret(token_urlsafe())
        tokens = Tokens([secret, *settings.former_secrets], settings.access_token_lifetime)
        viewers = await more.enter_async_context(Viewers(tokens, together(AT_ONCE)).open())
        ends.listen(lambda ended: viewers.forget(ended.session_ids, ended.user_id))
        ends.listen(sockets.end)
        sign_ins = SignIns(
            passwords=Passwords(),
            tokens=tokens,
            throttle=Throttle(is_on=is_throttled),
            ends=ends,
            lifetime=settings.refresh_token_lifetime,
        )
        services = Services(
            ledger=ledger,
            alternatives=alternatives,
            lookups=lookups,
            listings=listings,
            hub=hub,
            feed=feed,
            viewers=viewers,
            budgets=budgets,
            sign_ins=sign_ins,
            allows_introspection=settings.allows_introspection,
            currency=settings.currency,
            phone_region=settings.phone_region,
            hold_lifetime=timedelta(seconds=settings.hold_seconds),
            operation_seconds=settings.operation_seconds,
            fast=settings.fast,
            directory_changed=answers.directory_changed,
        )
        shared = Shared(answers) if FastPath.ANSWERS in settings.fast else None
        yield Container(client, bus, mails, sockets, services, shared)


async def _announce(
    answers: ResponseCache, hub: Hub, feed: BookingFeed, events: Sequence[Event]
) -> None:
    answers.calendars_changed(event.expert_id for event in events)
    await hub.announce(events)
    await feed.announce(events)


def _tracing(url: str | None) -> AbstractAsyncContextManager[None]:
    """What sends traces there, if anything.

    Raises:
        RuntimeError: when that is not installed.
    """
    if url is None:
        return nullcontext()
    try:
        from web.telemetry.traces import tracing  # noqa: PLC0415 - large, and not always installed
    except ModuleNotFoundError as error:
        raise RuntimeError(
            "EXPERTBOOK_OTLP_URL needs more packages: pip install 'expertbook[traces]'"
        ) from error
    return tracing(url)


def _letters(settings: Settings) -> MailRenderer:
    """Who writes the mails."""
    from web.mails.rendering import MailRenderer  # noqa: PLC0415 - 6 MB, for where mails are due

    return MailRenderer(settings.mail_from, settings.link_base, settings.currency)


def _post(settings: Settings) -> MailTransport:
    """Where mails are handed in.

    Raises:
        RuntimeError: in production without a mail server.
    """
    if server := settings.mail_server:
        from web.mails.smtp import SmtpTransport  # noqa: PLC0415 - needs a driver, as nothing else does

        return SmtpTransport(server, parseaddr(settings.mail_from)[1])
    if settings.is_production:
        raise RuntimeError(
            "Set EXPERTBOOK_SMTP_URL and EXPERTBOOK_MAIL_FROM: in production people get mails."
        )
    return FolderTransport(settings.data / "mail")
