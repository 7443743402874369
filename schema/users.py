"""Accounts and signing in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.policies import Relation, Relations, relations_to_party, relations_to_user, require
from auth.viewers import require_viewer
from models.accounts import users as model
from models.accounts.users import Role
from models.bookings.booking import Booking
from models.ids import Id, global_id
from resolvers import sessions, users
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.errors import (
    EmailTaken,
    InvalidInput,
    SessionEnded,
    TooManyAttempts,
    WrongCredentials,
)
from schema.experts import Expert, any_expert, expert_by_key
from schema.nodes import Node
from schema.scalars import TimeZone

if TYPE_CHECKING:
    from resolvers.sessions import SignIn

describe_enum(
    Role,
    "What an account is for.",
    CLIENT="Books the time of experts.",
    EXPERT="Offers time of its own, and books that of others.",
    ADMIN="Runs the directory, and may see and do what clients and experts may.",
)


@strawberry.type(description="An account.")
class User(Node):
    """An account as its owner, those it books with and administrators see it.

    `ties` are what the viewer is to it; the fields that depend on them are FORBIDDEN to others.
    """

    name: str = strawberry.field(description="The full name.")
    time_zone: TimeZone = strawberry.field(description="The zone that it prefers.")
    user: strawberry.Private[model.User]
    ties: strawberry.Private[Relations]

    @classmethod
    def of(cls, user: model.User, ties: Relations) -> User:
        """The account for a viewer with these ties."""
        return cls(
            id=strawberry.ID(global_id("User", user.id)),
            name=user.name,
            time_zone=TimeZone(user.time_zone),
            user=user,
            ties=ties,
        )

    @classmethod
    def own(cls, user: model.User) -> User:
        """The account for its owner, who has just shown to be that."""
        return cls.of(user, frozenset({Relation.OWNER}))

    @strawberry.field(
        description="The address that signs in; for its owner, the expert whom it has booked and "
        "administrators."
    )
    def email(self) -> str:
        """Where mails go."""
        return self._shown("email").email

    @strawberry.field(
        description="Whether a link to the address was followed; for its owner and administrators."
    )
    def email_verified(self) -> bool:
        """Whether mails arrive."""
        return self._shown("emailVerified").email_verified

    @strawberry.field(description="What it is for; for its owner and administrators.")
    def role(self) -> Role:
        """Client, expert or administrator."""
        return self._shown("role").role

    @strawberry.field(
        description="Whether it is kept from signing in; for its owner and administrators."
    )
    def disabled(self) -> bool:
        """Whether it is shut."""
        return self._shown("disabled").disabled

    @strawberry.field(description="The expert that it is, if it is one that the viewer may see.")
    async def expert(self, info: Info) -> Expert | None:
        """The account's entry in the directory."""
        key = self.user.expert_id
        if key is None:
            return None
        find = any_expert if Relation.OWNER in self.ties else expert_by_key
        return await find(info.context, key)

    def _shown(self, field: str) -> model.User:
        """The account, if the viewer may see that field of it.

        Raises:
            Forbidden: when not.
        """
        require(f"User.{field}", self.ties)
        return self.user


@strawberry.type(description="A sign-in.")
class SignedIn:
    """Tokens and whom they name."""

    access_token: str = strawberry.field(description="Send it as `Authorization: Bearer`.")
    expires_at: datetime = strawberry.field(description="When the access token ends.")
    refresh_token: str | None = strawberry.field(
        description="Null where the session lives in a cookie."
    )
    user: User = strawberry.field(description="Who is signed in.")

    @classmethod
    def of(cls, sign_in: SignIn, context: Context) -> SignedIn:
        """The sign-in for its owner; a browser's tokens go into its cookies."""
        if context.browser:
            context.browser.issued = sign_in
        return cls(
            access_token=sign_in.access_token,
            expires_at=sign_in.expires_at,
            refresh_token=None if context.browser else sign_in.refresh_token,
            user=User.own(sign_in.user),
        )


RegisterResult = Annotated[
    SignedIn | EmailTaken | InvalidInput | TooManyAttempts,
    strawberry.union("RegisterResult", description="What `register` answers."),
]
LoginResult = Annotated[
    SignedIn | WrongCredentials | TooManyAttempts,
    strawberry.union("LoginResult", description="What `login` answers."),
]

RefreshSessionResult = Annotated[
    SignedIn | SessionEnded,
    strawberry.union("RefreshSessionResult", description="What `refreshSession` answers."),
]
ChangePasswordResult = Annotated[
    SignedIn | WrongCredentials | InvalidInput | TooManyAttempts,
    strawberry.union("ChangePasswordResult", description="What `changePassword` answers."),
]


@strawberry.input(description="A new account.")
class RegisterInput:
    """What somebody gives to register."""

    name: str = strawberry.field(description="The full name, at most 100 characters.")
    email: str = strawberry.field(description="The address that will sign in.")
    password: str = strawberry.field(description="10 to 200 characters.")
    time_zone: TimeZone | None = strawberry.field(default=None, description="Null: UTC.")


@strawberry.input(description="An address and its password.")
class LoginInput:
    """What somebody gives to sign in."""

    email: str = strawberry.field(description="The address, in any case.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="The token of a bearer client; a browser's is in its cookie.")
class RefreshSessionInput:
    """What a client gives for the next pair of tokens."""

    refresh_token: str | None = strawberry.field(default=None, description="The last one got.")


@strawberry.input(description="The password as it is and as it is to be.")
class ChangePasswordInput:
    """What somebody gives to change a password."""

    current: str = strawberry.field(description="The password as it is.")
    password: str = strawberry.field(description="The new one, 10 to 200 characters.")


@strawberry.type
class UserQuery:
    """Who is asking."""

    @strawberry.field(description="Who is signed in; null: nobody.")
    async def viewer(self, info: Info) -> User | None:
        """The viewer's account."""
        viewer = info.context.viewer
        return User.own(viewer.user) if viewer else None


RegisterArgument = Annotated[RegisterInput, strawberry.argument(description="The new account.")]
RefreshSessionArgument = Annotated[
    RefreshSessionInput | None, strawberry.argument(description="Null: the token in the cookie.")
]
ChangePasswordArgument = Annotated[
    ChangePasswordInput, strawberry.argument(description="Both passwords.")
]
LoginArgument = Annotated[LoginInput, strawberry.argument(description="Who signs in.")]


@strawberry.type
class UserMutation:
    """Registering and signing in."""

    @strawberry.mutation(description="Make a client's account and sign it in.")
    async def register(self, info: Info, input: RegisterArgument) -> RegisterResult:
        """A new account."""
        context = info.context
        sign_in = await users.register(
            context.services.sign_ins,
            name=input.name,
            email=input.email,
            password=input.password,
            time_zone=input.time_zone,
            address=context.address,
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(description="Sign in.")
    async def login(self, info: Info, input: LoginArgument) -> LoginResult:
        """A new session."""
        context = info.context
        sign_in = await sessions.login(
            context.services.sign_ins, input.email, input.password, context.address
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(
        description="Use a refresh token for the next pair of tokens. One that was used before "
        "ends its session."
    )
    async def refresh_session(
        self, info: Info, input: RefreshSessionArgument = None
    ) -> RefreshSessionResult:
        """The next access token."""
        context = info.context
        token = input.refresh_token if input else None
        if token is None and context.browser:
            token = context.browser.refresh_token
        return SignedIn.of(await sessions.refresh(context.services.sign_ins, token), context)

    @strawberry.mutation(
        description="Sign out, on open sockets, too; false when nobody was signed in."
    )
    async def logout(
        self,
        info: Info,
        everywhere: Annotated[
            bool, strawberry.argument(description="End every session of the account.")
        ] = False,
    ) -> bool:
        """The end of a session."""
        context = info.context
        token = context.browser.refresh_token if context.browser else None
        if context.browser:
            context.browser.is_ended = True
        return await sessions.logout(
            context.services.sign_ins, context.viewer, token, everywhere=everywhere
        )

    @strawberry.mutation(description="Change the viewer's password; every other session ends.")
    async def change_password(
        self, info: Info, input: ChangePasswordArgument
    ) -> ChangePasswordResult:
        """Another password."""
        context = info.context
        sign_in = await sessions.change_password(
            context.services.sign_ins,
            require_viewer(context.viewer),
            input.current,
            input.password,
            context.address,
        )
        return SignedIn.of(sign_in, context)


async def party_of(context: Context, booking: Booking, key: Id) -> User:
    """An account that plays a part in a booking, for a viewer who sees the booking."""
    found = await context.loaders.user.load(key)
    if found is None:
        raise LookupError(f"no account {key}")
    return User.of(found, relations_to_party(context.viewer, booking, key))


async def user_by_key(context: Context, key: Id) -> User | None:
    """The account of that key if the viewer may see it."""
    found = users.seen(context.viewer, await context.loaders.user.load(key))
    return User.of(found, relations_to_user(context.viewer, key)) if found else None
