"""User accounts and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.policies import relations_to_party, relations_to_user, require
from auth.rules import Relation, Relations
from auth.visibility import hides_address_of_party
from models.accounts import users as model
from models.accounts.users import Language, Role
from models.bookings.booking import Booking
from models.bookings.wait import waits_of
from models.ids import Id, global_id
from resolvers import profile, sessions, users
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.errors import (
    EmailTaken,
    InvalidInput,
    SessionEnded,
    TooManyAttempts,
    WrongCredentials,
)
from schema.experts import Expert, load_expert, load_visible_expert
from schema.nodes import Node
from schema.scalars import TimeZone
from schema.sessions import ASSUMED_SESSIONS, Session
from schema.waits import Wait

if TYPE_CHECKING:
    from resolvers.sessions import SignIn

describe_enum(
    Role,
    "Role of an account.",
    CLIENT="Books sessions with experts.",
    EXPERT="Offers sessions, and can book sessions with other experts.",
    ADMIN="Manages experts and accounts, and can act on behalf of clients and experts.",
)

describe_enum(
    Language,
    "Language of e-mails and calendar entries.",
    **{code: f"The language `{code.lower().replace('_', '-')}`." for code in Language},
)


@strawberry.type(description="A user account.")
class User(Node):
    """A user account.

    `relations` are the viewer's relations to the account; they decide what the viewer may read.
    """

    name: str = strawberry.field(description="Full name.")
    time_zone: TimeZone = strawberry.field(description="Preferred time zone.")
    user: strawberry.Private[model.User]
    relations: strawberry.Private[Relations]

    @classmethod
    def of(cls, user: model.User, relations: Relations) -> User:
        """Convert a stored account for a viewer who has the given relations to the account."""
        return cls(
            id=strawberry.ID(global_id("User", user.id)),
            name=user.name,
            time_zone=TimeZone(user.time_zone),
            user=user,
            relations=relations,
        )

    @classmethod
    def own(cls, user: model.User) -> User:
        """Convert a stored account for its owner."""
        return cls.of(user, frozenset({Relation.OWNER}))

    @strawberry.field(
        description="Sign-in e-mail address; empty for a guest. Visible to the owner, "
        "administrators, and experts whose sessions the client has booked; empty for experts with "
        "whom the client has only a hold or an offer."
    )
    def email(self) -> str:
        """Return the e-mail address if the viewer may read it."""
        return self._readable("email").email

    @strawberry.field(
        description="Whether the e-mail address is verified. Visible to the owner and "
        "administrators."
    )
    def email_verified(self) -> bool:
        """Return the verification status if the viewer may read it."""
        return self._readable("emailVerified").email_verified

    @strawberry.field(description="Role. Visible to the owner and administrators.")
    def role(self) -> Role:
        """Return the role if the viewer may read it."""
        return self._readable("role").role

    @strawberry.field(
        description="Whether the account cannot sign in. Visible to the owner and administrators."
    )
    def disabled(self) -> bool:
        """Return whether the account cannot sign in, if the viewer may read that."""
        return self._readable("disabled").disabled

    @strawberry.field(description="Language of e-mails. Visible to the owner and administrators.")
    def language(self) -> Language:
        """Return the language if the viewer may read it."""
        return self._readable("language").language

    @strawberry.field(
        description="Phone number in E.164 format. Visible to the owner and administrators."
    )
    def phone(self) -> str | None:
        """Return the phone number if the viewer may read it."""
        return self._readable("phone").phone

    @strawberry.field(
        description="Whether this user is a guest: a visitor without an account, who may hold only "
        "one slot. Visible to the owner and administrators."
    )
    def guest(self) -> bool:
        """Return whether the user is a guest, if the viewer may read that."""
        return self._readable("guest").guest

    @strawberry.field(
        description="Whether the account has a password; without one, its owner signs in with "
        "codes sent by e-mail. Visible to the owner and administrators."
    )
    def has_password(self) -> bool:
        """Return whether the account has a password, if the viewer may read that."""
        return self._readable("hasPassword").has_password

    @strawberry.field(
        description="Sessions of the account, at most 100, the latest sign-in first. Visible to "
        "the owner."
    )
    async def sessions(self, info: Info) -> list[Session]:
        """Load the sessions if the viewer may read them."""
        found = await profile.sessions_of(self._readable("sessions"))
        info.context.count_rows(len(found), ASSUMED_SESSIONS)
        return [Session.of(session, info.context.viewer) for session in found]

    @strawberry.field(
        description="Entries in waiting lists, the earliest first. Visible to the owner."
    )
    async def waits(self) -> list[Wait]:
        """Load the account's waiting-list entries if the viewer may read them."""
        return [Wait.of(wait) for wait in await waits_of(self._readable("waits").id)]

    @strawberry.field(
        description="The account's entry in the directory of experts; null if there is none or the "
        "viewer may not see it."
    )
    async def expert(self, info: Info) -> Expert | None:
        """Load the account's entry in the directory of experts."""
        expert_id = self.user.expert_id
        if expert_id is None:
            return None
        load = load_expert if Relation.OWNER in self.relations else load_visible_expert
        return await load(info.context, expert_id)

    def _readable(self, field: str) -> model.User:
        """Return the account if the viewer may read the given field of it.

        Raises:
            Forbidden: if the viewer may not read the field.
        """
        require(f"User.{field}", self.relations)
        return self.user


@strawberry.type(
    description="Result of a successful sign-in: the session's tokens, and the account."
)
class SignedIn:
    """Tokens of a session, with the session's user."""

    access_token: str = strawberry.field(
        description="Access token for the header `Authorization: Bearer`; empty if the session is "
        "kept in cookies."
    )
    expires_at: datetime = strawberry.field(description="Time at which the access token expires.")
    refresh_token: str | None = strawberry.field(
        description="Refresh token; null if the session is kept in cookies."
    )
    user: User = strawberry.field(description="The signed-in account.")

    @classmethod
    def of(cls, sign_in: SignIn, context: Context) -> SignedIn:
        """Convert a sign-in to the GraphQL type; for a browser, also arrange to set its cookies."""
        if context.browser:
            context.browser.issued = sign_in
        return cls(
            # Browsers get no token in the response: the page's own scripts do not need it, and an
            # injected script could steal it.
            access_token="" if context.browser else sign_in.access_token,
            expires_at=sign_in.expires_at,
            refresh_token=None if context.browser else sign_in.refresh_token,
            user=User.own(sign_in.user),
        )


RegisterResult = Annotated[
    SignedIn | EmailTaken | InvalidInput | TooManyAttempts,
    strawberry.union("RegisterResult", description="The new session, or a refusal."),
]
LoginResult = Annotated[
    SignedIn | WrongCredentials | TooManyAttempts,
    strawberry.union("LoginResult", description="The new session, or a refusal."),
]

RefreshSessionResult = Annotated[
    SignedIn | SessionEnded,
    strawberry.union("RefreshSessionResult", description="The renewed session, or a refusal."),
]


@strawberry.input(description="A new account.")
class RegisterInput:
    """Input of `register`."""

    name: str = strawberry.field(description="Full name; at most 100 characters.")
    email: str = strawberry.field(description="E-mail address for sign-in.")
    password: str = strawberry.field(description="Password, 10 to 200 characters.")
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="Preferred time zone; null means UTC."
    )


@strawberry.input(description="Credentials of an account.")
class LoginInput:
    """Input of `login`."""

    email: str = strawberry.field(description="E-mail address; case-insensitive.")
    password: str = strawberry.field(description="Password.")


@strawberry.input(
    description="Refresh token of a client that uses no cookies; browsers send their token in a "
    "cookie."
)
class RefreshSessionInput:
    """Input of `refreshSession`."""

    refresh_token: str | None = strawberry.field(
        default=None, description="The most recent refresh token of the session."
    )


@strawberry.type
class UserQuery:
    """Query for the viewer."""

    @strawberry.field(description="The signed-in account; null if nobody is signed in.")
    async def viewer(self, info: Info) -> User | None:
        """Return the viewer's account."""
        viewer = info.context.viewer
        return User.own(viewer.user) if viewer else None


RegisterArgument = Annotated[RegisterInput, strawberry.argument(description="The new account.")]
RefreshSessionArgument = Annotated[
    RefreshSessionInput | None,
    strawberry.argument(description="The refresh token; null to use the one in the cookie."),
]
LoginArgument = Annotated[LoginInput, strawberry.argument(description="Credentials.")]


@strawberry.type
class UserMutation:
    """Mutations that create accounts, and that begin, renew and end sessions."""

    @strawberry.mutation(description="Create a client account and sign in.")
    async def register(self, info: Info, input: RegisterArgument) -> RegisterResult:
        """Create an account and a session."""
        context = info.context
        sign_in = await users.register(
            context.services.sign_ins,
            name=input.name,
            email=input.email,
            password=input.password,
            time_zone=input.time_zone,
            caller=context.caller,
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(description="Sign in with e-mail address and password.")
    async def login(self, info: Info, input: LoginArgument) -> LoginResult:
        """Create a session."""
        context = info.context
        sign_in = await sessions.login(
            context.services.sign_ins, input.email, input.password, context.caller
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(
        description="Exchange a refresh token for new tokens. Reusing an old refresh token ends "
        "the session."
    )
    async def refresh_session(
        self, info: Info, input: RefreshSessionArgument = None
    ) -> RefreshSessionResult:
        """Exchange a refresh token for new tokens."""
        context = info.context
        token = input.refresh_token if input else None
        if token is None and context.browser:
            token = context.browser.refresh_token
        return SignedIn.of(await sessions.refresh(context.services.sign_ins, token), context)

    @strawberry.mutation(
        description="Sign out, and close the session's WebSockets. Returns false if nobody was "
        "signed in."
    )
    async def logout(
        self,
        info: Info,
        everywhere: Annotated[
            bool, strawberry.argument(description="Whether to end every session of the account.")
        ] = False,
    ) -> bool:
        """End the session, or all sessions of the account."""
        context = info.context
        token = context.browser.refresh_token if context.browser else None
        if context.browser:
            context.browser.is_ended = True
        return await sessions.logout(
            context.services.sign_ins, context.viewer, token, everywhere=everywhere
        )


async def load_party(context: Context, booking: Booking, user_id: Id) -> User:
    """Load the account of a party to a booking, which the viewer must be allowed to see."""
    user = await context.loaders.user.load(user_id)
    if user is None:
        raise LookupError(f"no account {user_id}")
    if hides_address_of_party(context.viewer, booking, user_id):
        # The e-mail address is blanked rather than refused, because an error for a single hold
        # would make the expert's whole list of bookings fail.
        user = user.model_copy(update={"email": ""})
    return User.of(user, relations_to_party(context.viewer, booking, user_id))


async def load_visible_user(context: Context, user_id: Id) -> User | None:
    """Load an account; return None if it does not exist or the viewer may not see it."""
    user = users.if_visible(context.viewer, await context.loaders.user.load(user_id))
    return User.of(user, relations_to_user(context.viewer, user_id)) if user else None
