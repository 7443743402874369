"""Changes to the viewer's own account."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth.viewers import require_viewer
from models.accounts import users as model
from models.accounts.users import Language
from models.ids import global_id
from resolvers import profile
from schema.context import Context, Info
from schema.errors import (
    EmailTaken,
    InvalidInput,
    NotAllowed,
    TooManyAttempts,
    WrongCode,
    WrongCredentials,
)
from schema.scalars import TimeZone
from schema.users import SignedIn, User

UserResult = Annotated[
    User | InvalidInput | NotAllowed | WrongCode | TooManyAttempts | EmailTaken,
    strawberry.union(
        "UserResult",
        description="The changed account, or a refusal. Only `changeEmail` returns `WrongCode`, "
        "`TooManyAttempts` and `EmailTaken`.",
    ),
]
ChangePasswordResult = Annotated[
    SignedIn | WrongCredentials | InvalidInput | TooManyAttempts,
    strawberry.union("ChangePasswordResult", description="A new session, or a refusal."),
]


@strawberry.input(description="Current and new password.")
class ChangePasswordInput:
    """Input of `changePassword`."""

    current: str = strawberry.field(
        description="Current password, or a code that `requestSignInCode` sent to the account's "
        "e-mail address."
    )
    password: str = strawberry.field(description="New password, 10 to 200 characters.")


@strawberry.input(
    description="Changes to the viewer's account. Fields that are omitted or null are not changed."
)
class UpdateProfileInput:
    """Input of `updateProfile`."""

    name: str | None = strawberry.field(
        default=None, description="Full name; at most 100 characters."
    )
    time_zone: TimeZone | None = strawberry.field(default=None, description="Preferred time zone.")
    language: Language | None = strawberry.field(default=None, description="Language of e-mails.")
    phone: str | None = strawberry.field(
        default=None, description="Phone number; an empty text removes it."
    )


@strawberry.input(description="A new e-mail address, and the code that was sent to it.")
class ChangeEmailInput:
    """Input of `changeEmail`."""

    email: str = strawberry.field(description="New e-mail address.")
    code: str = strawberry.field(
        description="The code of six digits that `requestSignInCode` sent to the new e-mail "
        "address."
    )


ChangePasswordArgument = Annotated[
    ChangePasswordInput, strawberry.argument(description="Current and new password.")
]
UpdateProfileArgument = Annotated[
    UpdateProfileInput, strawberry.argument(description="The changes.")
]
ChangeEmailArgument = Annotated[
    ChangeEmailInput,
    strawberry.argument(description="The new e-mail address and the code that was sent to it."),
]


@strawberry.type
class ProfileMutation:
    """Mutations of the viewer's own account."""

    @strawberry.mutation(
        description="Change the viewer's password, or set one if the account has none. Ends all "
        "other sessions of the account."
    )
    async def change_password(
        self, info: Info, input: ChangePasswordArgument
    ) -> ChangePasswordResult:
        """Change the viewer's password."""
        context = info.context
        sign_in = await profile.change_password(
            context.services.sign_ins,
            require_viewer(context.viewer),
            input.current,
            input.password,
            context.caller,
        )
        return SignedIn.of(sign_in, context)

    @strawberry.mutation(
        description="Send another link to verify the viewer's e-mail address. Returns false if the "
        "address is already verified."
    )
    async def resend_verification(self, info: Info) -> bool:
        """Send another verification link."""
        context = info.context
        return await profile.resend_verification(
            context.services.sign_ins, require_viewer(context.viewer), context.address
        )

    @strawberry.mutation(
        description="Change the viewer's name, time zone, language or phone number."
    )
    async def update_profile(self, info: Info, input: UpdateProfileArgument) -> UserResult:
        """Change the viewer's account."""
        context = info.context
        changed = await profile.update_profile(
            context.services.sign_ins,
            require_viewer(context.viewer),
            name=input.name,
            time_zone=input.time_zone,
            language=input.language,
            phone=input.phone,
        )
        return _changed(changed, context)

    @strawberry.mutation(
        description="Change the viewer's e-mail address. `requestSignInCode` sends the required "
        "code to the new address. The old e-mail address receives a notice, and links that were "
        "sent to the old address stop working."
    )
    async def change_email(self, info: Info, input: ChangeEmailArgument) -> UserResult:
        """Change the viewer's e-mail address."""
        context = info.context
        changed = await profile.change_email(
            context.services.sign_ins,
            require_viewer(context.viewer),
            input.email,
            input.code,
            context.address,
        )
        return _changed(changed, context)

    @strawberry.mutation(
        description="End one of the viewer's sessions, and close its WebSockets. Returns false if "
        "the viewer has no such session."
    )
    async def end_session(
        self,
        info: Info,
        session_id: Annotated[strawberry.ID, strawberry.argument(description="The session.")],
    ) -> bool:
        """End one of the viewer's sessions."""
        context = info.context
        viewer = require_viewer(context.viewer)
        if context.browser and session_id == global_id("Session", viewer.session_id):
            context.browser.is_ended = True
        return await profile.end_own_session(context.services.sign_ins, viewer, session_id)


def _changed(user: model.User, context: Context) -> User:
    """Remove the account's old state from caches, and return the account as its owner sees it."""
    context.services.viewers.invalidate((), user.id)
    context.reset_loaders()
    return User.own(user)
