"""Guest sessions, and sign-in codes sent by e-mail."""

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


@strawberry.input(description="E-mail address to send a sign-in code to.")
class RequestSignInCodeInput:
    """Input of `requestSignInCode`."""

    email: str = strawberry.field(description="E-mail address; it need not have an account.")


@plain
@strawberry.input(description="Sign-in code that was sent to an e-mail address.")
class SignInWithCodeInput:
    """Input of `signInWithCode`."""

    email: str = strawberry.field(description="E-mail address that the code was sent to.")
    code: str = strawberry.field(
        description="The six digits of the code; spaces and hyphens are ignored."
    )
    name: str | None = strawberry.field(
        default=None,
        description="Full name for a new account; null derives the name from the e-mail address.",
    )
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="Time zone of a new account; null means UTC."
    )


RequestArgument = Annotated[
    RequestSignInCodeInput,
    strawberry.argument(description="E-mail address to send a sign-in code to."),
]
SignInArgument = Annotated[
    SignInWithCodeInput,
    strawberry.argument(description="The code, and the e-mail address that it was sent to."),
]


@strawberry.type
class CodeMutation:
    """Mutations for visitors without an account or password."""

    @strawberry.mutation(
        description="Start a session for a visitor without an account, who may hold one slot. "
        "Signing in during this session, with a code or a password, moves the hold to the account. "
        "If the viewer is a guest already, the new session belongs to the same guest. Guests are "
        "removed after a day."
    )
    async def start_guest_session(self, info: Info) -> SignedIn:
        """Start a guest session."""
        context = info.context
        sign_in = await sessions.start_guest_session(context.services.sign_ins, context.caller)
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(
        description="Send a six-digit code by e-mail. The code is valid for ten minutes and for "
        "five attempts from each network address; a newer code replaces it. Returns true whether "
        "or not the e-mail address has an account; fails with BAD_USER_INPUT if the mail server "
        "cannot reach the address. The viewer's hold is prolonged once if the viewer is a guest or "
        "has an unverified e-mail address. Use the code with `signInWithCode` or `changeEmail`; "
        "`changePassword` and `deleteMyAccount` accept a code that was sent to the account's own "
        "e-mail address."
    )
    async def request_sign_in_code(self, info: Info, input: RequestArgument) -> bool:
        """Queue an e-mail with a sign-in code."""
        context = info.context
        return await codes.request_code(context.services.sign_ins, input.email, context.caller)

    @strawberry.mutation(
        description="Sign in with a code, which also verifies the e-mail address. If the address "
        "has no account yet, an account without a password is created. Any password that was set "
        "before the address was verified is removed, unless the viewer is already signed in to "
        "that account."
    )
    async def sign_in_with_code(self, info: Info, input: SignInArgument) -> SignInWithCodeResult:
        """Create a session, and an account if the e-mail address has none."""
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
