"""Links that are sent by e-mail, to verify e-mail addresses and to reset passwords."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import links
from schema.context import Info
from schema.errors import InvalidInput, LinkExpired
from schema.users import SignedIn, User

ResetPasswordResult = Annotated[
    SignedIn | LinkExpired | InvalidInput,
    strawberry.union("ResetPasswordResult", description="The new session, or a refusal."),
]
VerifyEmailResult = Annotated[
    User | LinkExpired,
    strawberry.union("VerifyEmailResult", description="The verified account, or a refusal."),
]


@strawberry.input(description="Account whose password was forgotten.")
class RequestPasswordResetInput:
    """Input of `requestPasswordReset`."""

    email: str = strawberry.field(description="Sign-in e-mail address; case-insensitive.")


@strawberry.input(description="Token of a password reset link, and the new password.")
class ResetPasswordInput:
    """Input of `resetPassword`."""

    token: str = strawberry.field(description="Token from the link: the text after `#token=`.")
    password: str = strawberry.field(description="New password, 10 to 200 characters.")


@strawberry.input(description="Token of a verification link.")
class VerifyEmailInput:
    """Input of `verifyEmail`."""

    token: str = strawberry.field(description="Token from the link: the text after `#token=`.")


RequestArgument = Annotated[
    RequestPasswordResetInput,
    strawberry.argument(description="Account whose password was forgotten."),
]
ResetArgument = Annotated[
    ResetPasswordInput, strawberry.argument(description="Token of the link, and the new password.")
]
VerifyArgument = Annotated[VerifyEmailInput, strawberry.argument(description="Token of the link.")]


@strawberry.type
class LinkMutation:
    """Mutations that send links by e-mail or take the tokens from these links."""

    @strawberry.mutation(
        description="Send a password reset link, valid for 30 minutes, by e-mail. Returns true "
        "whether or not the e-mail address belongs to an account; fails with BAD_USER_INPUT if the "
        "mail server cannot reach the address."
    )
    async def request_password_reset(self, info: Info, input: RequestArgument) -> bool:
        """Send a password reset link."""
        context = info.context
        return await links.request_password_reset(
            context.services.sign_ins, input.email, context.address
        )

    @strawberry.mutation(
        description="Set a new password with the token of a password reset link, and sign in. Ends "
        "all other sessions of the account."
    )
    async def reset_password(self, info: Info, input: ResetArgument) -> ResetPasswordResult:
        """Set a new password."""
        context = info.context
        sign_in = await links.reset_password(
            context.services.sign_ins,
            input.token,
            input.password,
            context.now,
            context.caller,
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(
        description="Verify an account's e-mail address with the token of a verification link."
    )
    async def verify_email(self, info: Info, input: VerifyArgument) -> VerifyEmailResult:
        """Verify an e-mail address."""
        return User.own(await links.verify_email(input.token, info.context.now))
