"""The application's long-lived services, opened in dependency order and closed in reverse order."""

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
from auth.calendar_keys import CalendarKeys
from auth.code_keys import CodeKeys
from auth.export_keys import ExportKeys
from auth.passwords import Passwords
from auth.throttle import Throttle
from auth.tokens import Tokens
from auth.viewers import Viewers
from models.database import open_database
from models.ledger.ledger import Ledger
from models.store.shared_state import shared_secret
from resolvers.alternatives import Alternatives
from resolvers.caps import BookingChecks
from resolvers.listings import Listings
from resolvers.lookups import Lookups
from resolvers.reservations import ReservationServices
from resolvers.reviews import Reviews
from resolvers.sessions import SessionServices
from schema.context import Services
from subscriptions.backends import Bus, broadcast
from subscriptions.bookings import BookingFeed
from subscriptions.hub import Hub
from subscriptions.sessions import SessionEnds
from web.background import background, sweep, sweep_accounts
from web.graphql.response_cache import ResponseCache
from web.graphql.sharing import ResponseCoalescer
from web.graphql.sockets import MAX_SOCKETS_PER_ADDRESS, Sockets
from web.mails.limits import RecipientLimit
from web.mails.transport import FolderTransport
from web.mails.worker import MailWorker
from web.memory import trim_regularly
from web.telemetry.metrics import measure_lag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from models.bookings.events import Event
    from models.store.connection import Client
    from web.mails.rendering import MailRenderer
    from web.mails.transport import MailTransport
    from web.settings import Settings

RETRIED_SHARE = 0.8
"""Share of an operation's time limit that may be spent on retrying its command; the rest is left
for the response."""


@dataclass(frozen=True, slots=True)
class Container:
    """The services that requests use."""

    client: Client
    bus: Bus
    mails: MailWorker
    sockets: Sockets
    services: Services
    coalescer: ResponseCoalescer | None


def mail_worker(settings: Settings) -> MailWorker:
    """Return the worker that renders and sends e-mails.

    Raises:
        RuntimeError: if no mail server is configured in production.
    """
    limit = RecipientLimit(settings.mails_per_hour if settings.throttle == "on" else None)
    return MailWorker(partial(_mail_renderer, settings), _mail_transport(settings), limit)


@asynccontextmanager
async def open_container(
    settings: Settings, mongodb_url: str, mails: MailWorker
) -> AsyncIterator[Container]:
    """Open all services for the duration of the context.

    Raises:
        RuntimeError: if a package that the settings require is not installed.
    """
    is_throttled = settings.throttle == "on"
    use_caches = settings.caches == "on"
    bus = broadcast(settings.bus_url)
    response_cache = ResponseCache()
    # Invalidate cached responses before notifying subscribers, because subscribers refetch at once.
    hub, ends = (
        Hub(bus, lambda expert_id: response_cache.calendars_changed([expert_id])),
        SessionEnds(bus),
    )
    feed = BookingFeed(bus, hub)
    sockets = Sockets(MAX_SOCKETS_PER_ADDRESS if is_throttled else None)
    announce = partial(_announce, response_cache, hub, feed)

    async with (
        _tracing(settings.otlp_url),
        background("event loop lag", measure_lag()),
        background("memory", trim_regularly()),
        open_database(mongodb_url, settings.lead_times) as client,
        bus,
        hub.open(),
        feed.open(),
        ends.open(),
        response_cache.open(),
        Ledger(
            client,
            announce,
            response_cache.directory_changed,
            use_cache=use_caches,
            offers=settings.offers,
            lead_times=settings.lead_times,
            patience_seconds=RETRIED_SHARE * settings.operation_seconds,
        ).open() as ledger,
        background("sweeper", sweep(ledger)),
        background("account sweeper", sweep_accounts(ledger)),
        sockets.open(),
        Budgets(is_on=is_throttled, url=settings.budgets_url).open() as budgets,
        Alternatives().open() as alternatives,
        Lookups().open() as lookups,
        Listings(use_cache=use_caches).open() as listings,
        AsyncExitStack() as stack,
    ):
        secret = settings.secret or await shared_secret(token_urlsafe())
        secrets = [secret, *settings.former_secrets]
        code_keys = CodeKeys(secrets)
        await stack.enter_async_context(mails.open(code_keys))
        tokens = Tokens(secrets, settings.access_token_lifetime)
        viewers = await stack.enter_async_context(Viewers(tokens).open())
        ends.listen(lambda ended: viewers.invalidate(ended.session_ids, ended.user_id))
        ends.listen(sockets.end)
        sign_ins = SessionServices(
            passwords=Passwords(),
            tokens=tokens,
            throttle=Throttle(is_on=is_throttled),
            ends=ends,
            lifetime=settings.refresh_token_lifetime,
            accepts_address=mails.accepts,
            unverified_lifetime=timedelta(days=settings.unverified_days),
            code_keys=code_keys,
            ledger=ledger,
            hold_lifetime=timedelta(seconds=settings.hold_seconds),
            phone_region=settings.phone_region,
        )
        services = Services(
            ledger=ledger,
            alternatives=alternatives,
            lookups=lookups,
            listings=listings,
            reviews=Reviews(response_cache.directory_changed),
            hub=hub,
            feed=feed,
            viewers=viewers,
            budgets=budgets,
            sign_ins=sign_ins,
            reservations=ReservationServices(
                ledger=ledger,
                checks=BookingChecks(
                    settings.caps if is_throttled else None,
                    requires_verified_email=settings.require_verified_email == "on",
                ),
                currency=settings.currency,
                phone_region=settings.phone_region,
                hold_lifetime=timedelta(seconds=settings.hold_seconds),
                video_url=settings.video_url,
                accepts_address=mails.accepts,
            ),
            allows_introspection=settings.allows_introspection,
            calendar_keys=CalendarKeys(secrets),
            export_keys=ExportKeys(secrets),
            currency=settings.currency,
            operation_seconds=settings.operation_seconds,
            use_caches=use_caches,
            directory_changed=response_cache.directory_changed,
        )
        coalescer = ResponseCoalescer(response_cache) if use_caches else None
        yield Container(client, bus, mails, sockets, services, coalescer)


async def _announce(
    response_cache: ResponseCache, hub: Hub, feed: BookingFeed, events: Sequence[Event]
) -> None:
    response_cache.calendars_changed(event.expert_id for event in events)
    await hub.announce(events)
    await feed.announce(events)


def _tracing(url: str | None) -> AbstractAsyncContextManager[None]:
    """Export traces to the collector at `url`, if given, for the duration of the context.

    Raises:
        RuntimeError: if OpenTelemetry is not installed.
    """
    if url is None:
        return nullcontext()
    try:
        from web.telemetry.traces import tracing  # noqa: PLC0415 - large and optional
    except ModuleNotFoundError as error:
        raise RuntimeError(
            "EXPERTBOOK_OTLP_URL needs additional packages: pip install 'expertbook[traces]'"
        ) from error
    return tracing(url)


def _mail_renderer(settings: Settings, code_keys: CodeKeys) -> MailRenderer:
    from web.mails.rendering import MailRenderer  # noqa: PLC0415 - large; loaded on first use

    return MailRenderer(settings.mail_from, settings.link_base, settings.currency, code_keys)


def _mail_transport(settings: Settings) -> MailTransport:
    """Return the SMTP transport or, without a mail server, a transport that writes to files.

    Raises:
        RuntimeError: if no mail server is configured in production.
    """
    if server := settings.mail_server:
        from web.mails.smtp import SmtpTransport  # noqa: PLC0415 - only used with a mail server

        return SmtpTransport(server, parseaddr(settings.mail_from)[1])
    if settings.is_production:
        raise RuntimeError(
            "Set EXPERTBOOK_SMTP_URL and EXPERTBOOK_MAIL_FROM; production needs a mail server."
        )
    return FolderTransport(settings.data / "mail")
