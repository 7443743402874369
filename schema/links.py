"""Links in mails: verifying an address and setting a new password."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import links
from schema.context import Info
from schema.errors import InvalidInput, LinkExpired
from schema.users import SignedIn, User

ResetPasswordResult = Annotated[
    SignedIn | LinkExpired | InvalidInput,
    strawberry.union("ResetPasswordResult", description="What `resetPassword` answers."),
]
VerifyEmailResult = Annotated[
    User | LinkExpired,
    strawberry.union("VerifyEmailResult", description="What `verifyEmail` answers."),
]


@strawberry.input(description="Whose password was forgotten.")
class RequestPasswordResetInput:
    """What somebody gives to get a link."""

    email: str = strawberry.field(description="The address that signs in, in any case.")


@strawberry.input(description="A link and the password that it is to set.")
class ResetPasswordInput:
    """What somebody gives to set a new password."""

    token: str = strawberry.field(description="What the link has after `#token=`.")
    password: str = strawberry.field(description="The new one, 10 to 200 characters.")


@strawberry.input(description="A link.")
class VerifyEmailInput:
    """What somebody gives to verify an address."""

    token: str = strawberry.field(description="What the link has after `#token=`.")


RequestArgument = Annotated[
    RequestPasswordResetInput, strawberry.argument(description="Whose password was forgotten.")
]
ResetArgument = Annotated[
    ResetPasswordInput, strawberry.argument(description="The link and the new password.")
]
VerifyArgument = Annotated[VerifyEmailInput, strawberry.argument(description="The link.")]


@strawberry.type
class LinkMutation:
    """Following links."""

    @strawberry.mutation(
        description="Mail a link to a new password, good for 30 minutes. True whether the address "
        "has an account or not."
    )
    async def request_password_reset(self, info: Info, input: RequestArgument) -> bool:
        """A link on its way."""
        context = info.context
        return await links.request_password_reset(
            context.services.sign_ins, input.email, context.address
        )

    @strawberry.mutation(
        description="Set a new password by a link and sign in; every other session ends."
    )
    async def reset_password(self, info: Info, input: ResetArgument) -> ResetPasswordResult:
        """A new password."""
        context = info.context
        sign_in = await links.reset_password(
            context.services.sign_ins, input.token, input.password, context.now
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(description="Verify an account's address by a link.")
    async def verify_email(self, info: Info, input: VerifyArgument) -> VerifyEmailResult:
        """A verified address."""
        return User.own(await links.verify_email(input.token, info.context.now))
