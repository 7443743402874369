"""Guest sessions, and codes sent by e-mail."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import codes, sessions
from schema.context import Info
from schema.errors import InvalidInput, TooManyAttempts, WrongCode
from schema.inputs import plain
from schema.scalars import TimeZone
from schema.users import SignedIn

SignInWithCodeResult = Annotated[
    SignedIn | WrongCode | TooManyAttempts | InvalidInput,
    strawberry.union("SignInWithCodeResult", description="The new session, or a refusal."),
]


@strawberry.input(description="Address to prove.")
class RequestSignInCodeInput:
    """Input of `requestSignInCode`."""

    email: str = strawberry.field(description="E-mail address; it need not have an account.")


@plain
@strawberry.input(description="Code that was sent to an e-mail address.")
class SignInWithCodeInput:
    """Input of `signInWithCode`."""

    email: str = strawberry.field(description="E-mail address that the code was sent to.")
    code: str = strawberry.field(description="The six digits; spaces and hyphens do not matter.")
    name: str | None = strawberry.field(
        default=None,
        description="Full name of a new account; null derives it from the address.",
    )
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="Time zone of a new account; null means UTC."
    )


RequestArgument = Annotated[
    RequestSignInCodeInput, strawberry.argument(description="Address to prove.")
]
SignInArgument = Annotated[
    SignInWithCodeInput, strawberry.argument(description="The code and its address.")
]


@strawberry.type
class CodeMutation:
    """Mutations for visitors without an account or password."""

    @strawberry.mutation(
        description="Start a session for a visitor without an account, who may hold one slot. "
        "Signing in with this session, by code or password, moves the hold to the account. In a "
        "guest session, returns another session of the same guest. Guests are removed after a day."
    )
    async def start_guest_session(self, info: Info) -> SignedIn:
        """Create a guest and a session."""
        context = info.context
        sign_in = await sessions.start_guest_session(context.services.sign_ins, context.caller)
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(
        description="Mail a code of six digits, valid for ten minutes and five attempts from a "
        "network address; a newer code replaces it. Returns true whether or not the address has an "
        "account. The viewer's hold is prolonged, once, if the viewer is a guest or has not "
        "verified the address. Use the code with `signInWithCode` or `changeEmail`; "
        "`changePassword` and `deleteMyAccount` accept a code that was mailed to the account's own "
        "address."
    )
    async def request_sign_in_code(self, info: Info, input: RequestArgument) -> bool:
        """Send a code."""
        context = info.context
        return await codes.request_code(context.services.sign_ins, input.email, context.caller)

    @strawberry.mutation(
        description="Sign in with a code, which also verifies the address. An unknown address gets "
        "an account without a password. A password that was set before the address was verified no "
        "longer works, unless the viewer is signed in to that account."
    )
    async def sign_in_with_code(self, info: Info, input: SignInArgument) -> SignInWithCodeResult:
        """Create a session, and an account if there is none."""
        context = info.context
        sign_in = await codes.sign_in_with_code(
            context.services.sign_ins,
            email=input.email,
            code=input.code,
            name=input.name,
            time_zone=input.time_zone,
            caller=context.caller,
        )
        return SignedIn.of(sign_in, context)
