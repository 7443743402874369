"""Administration of experts and user accounts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

import strawberry

from auth.policies import relations_to_user
from auth.viewers import require_viewer
from models.accounts.users import Role
from models.directory import experts as model
from models.directory.experts import Category
from resolvers import administration
from resolvers.administration import Hours, Profile, UserChange
from resolvers.sessions import end_all_sessions
from schema.availability import MoneyInput, SessionOfferInput, WeeklyHoursInput
from schema.context import Context, Info
from schema.errors import InvalidInput, NotAllowed
from schema.experts import (
    AfterArgument,
    BeforeArgument,
    Expert,
    FirstArgument,
    LastArgument,
)
from schema.pages import Connection, PageArguments
from schema.profile import UserResult
from schema.scalars import TimeZone
from schema.users import User

CONTACT_EMAIL = (
    "E-mail address for clients' questions, shown in the e-mails and calendar entries that clients "
    "receive; an empty text removes it. The e-mail address for signing in is never shown."
)


@strawberry.input(
    description="Turns an account into an expert; the account's name becomes the expert's name."
)
class CreateExpertInput:
    """Input of `createExpert`."""

    user_id: strawberry.ID = strawberry.field(
        description="Account to turn into an expert; it must not be an expert's account yet."
    )
    title: str = strawberry.field(description="Professional title; at most 100 characters.")
    category: Category = strawberry.field(description="Field of expertise.")
    bio: str = strawberry.field(description="Biography; at most 2,000 characters.")
    experience_years: int = strawberry.field(
        description="Years of professional experience, 0 to 80."
    )
    languages: list[str] = strawberry.field(
        description="1 to 10 spoken languages, given by their English names."
    )
    hourly_rate: MoneyInput = strawberry.field(description="Price per hour.")
    time_zone: TimeZone = strawberry.field(description="Time zone of the weekly hours.")
    offers: list[SessionOfferInput] = strawberry.field(
        description="1 to 8 session offers with distinct lengths; the first is the default."
    )
    weekly: list[WeeklyHoursInput] = strawberry.field(
        description="Regular weekly hours; ranges must not overlap, even past midnight."
    )
    contact_email: str | None = strawberry.field(default=None, description=CONTACT_EMAIL)


@strawberry.input(
    description="Changes to the viewer's own directory entry. Fields that are omitted or null keep "
    "their values. Only administrators can change the name and the category."
)
class UpdateMyExpertInput:
    """Input of `updateMyExpert`."""

    title: str | None = strawberry.field(
        default=None, description="Professional title; at most 100 characters."
    )
    bio: str | None = strawberry.field(
        default=None, description="Biography; at most 2,000 characters."
    )
    experience_years: int | None = strawberry.field(
        default=None, description="Years of professional experience, 0 to 80."
    )
    languages: list[str] | None = strawberry.field(
        default=None, description="1 to 10 spoken languages, given by their English names."
    )
    hourly_rate: MoneyInput | None = strawberry.field(default=None, description="Price per hour.")
    time_zone: TimeZone | None = strawberry.field(
        default=None,
        description="Time zone of the weekly hours. Existing bookings keep their start times.",
    )
    contact_email: str | None = strawberry.field(default=None, description=CONTACT_EMAIL)

    def to_model(self) -> Profile:
        """Convert the input to the resolver's type."""
        return Profile(
            title=self.title,
            bio=self.bio,
            experience_years=self.experience_years,
            languages=self.languages,
            hourly_rate=self.hourly_rate.to_model() if self.hourly_rate else None,
            time_zone=self.time_zone,
            contact_email=self.contact_email,
        )


@strawberry.input(
    description="Changes to an expert's directory entry. Fields that are omitted or null keep "
    "their values."
)
class UpdateExpertInput(UpdateMyExpertInput):
    """Input of `updateExpert`."""

    expert_id: strawberry.ID = strawberry.field(description="Expert to update.")
    name: str | None = strawberry.field(
        default=None, description="Full name; at most 100 characters. The slug does not change."
    )
    category: Category | None = strawberry.field(default=None, description="Field of expertise.")
    disabled: bool | None = strawberry.field(
        default=None,
        description="Whether to hide the expert from the directory and to refuse new bookings. "
        "Existing bookings remain valid. Administrators only.",
    )

    def to_model(self) -> Profile:
        """Convert the input to the resolver's type."""
        return replace(
            super().to_model(), name=self.name, category=self.category, disabled=self.disabled
        )


@strawberry.input(
    description="Changes to a user account. Fields that are omitted or null keep their values."
)
class UpdateUserInput:
    """Input of `updateUser`."""

    user_id: strawberry.ID = strawberry.field(description="Account to update.")
    name: str | None = strawberry.field(
        default=None, description="Full name; at most 100 characters."
    )
    role: Role | None = strawberry.field(
        default=None,
        description="New role; EXPERT requires an account with a directory entry. A change of the "
        "role ends the account's sessions.",
    )
    time_zone: TimeZone | None = strawberry.field(default=None, description="Preferred time zone.")
    disabled: bool | None = strawberry.field(
        default=None,
        description="Whether to block sign-in, which also ends the account's sessions.",
    )


ExpertResult = Annotated[
    Expert | InvalidInput | NotAllowed,
    strawberry.union("ExpertResult", description="The expert, or a refusal."),
]
UserConnection = Connection[User]
CreateExpertArgument = Annotated[
    CreateExpertInput,
    strawberry.argument(description="Account and directory entry of the new expert."),
]
UpdateExpertArgument = Annotated[
    UpdateExpertInput, strawberry.argument(description="Expert to update, and the changes.")
]
UpdateMyExpertArgument = Annotated[
    UpdateMyExpertInput, strawberry.argument(description="The changes.")
]
UpdateUserArgument = Annotated[
    UpdateUserInput, strawberry.argument(description="Account to update, and the changes.")
]


@strawberry.type
class AdministrationQuery:
    """Queries for administrators."""

    @strawberry.field(description="User accounts, ordered by name. Administrators only.")
    async def users(
        self,
        info: Info,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="Words or word prefixes; each must occur in the name or e-mail address."
            ),
        ] = None,
        role: Annotated[
            Role | None, strawberry.argument(description="Only accounts with this role.")
        ] = None,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
    ) -> UserConnection:
        """Return a page of user accounts."""
        viewer = require_viewer(info.context.viewer)
        page = await administration.users(
            viewer, search, role, PageArguments(first, after, last, before)
        )
        return Connection.of(page, lambda user: User.of(user, relations_to_user(viewer, user.id)))


@strawberry.type
class AdministrationMutation:
    """Mutations that change experts and user accounts."""

    @strawberry.mutation(
        description="Turn an account into an expert, with a directory entry and a calendar. The "
        "account's role becomes EXPERT, but an ADMIN keeps that role. Administrators only."
    )
    async def create_expert(self, info: Info, input: CreateExpertArgument) -> ExpertResult:
        """Turn an account into an expert."""
        context = info.context
        expert = await administration.create_expert(
            require_viewer(context.viewer),
            input.user_id,
            Profile(
                title=input.title,
                category=input.category,
                bio=input.bio,
                experience_years=input.experience_years,
                languages=input.languages,
                hourly_rate=input.hourly_rate.to_model(),
                contact_email=input.contact_email,
            ),
            Hours(
                time_zone=input.time_zone,
                offers=[offer.to_model() for offer in input.offers],
                weekly=[hours.to_model() for hours in input.weekly],
            ),
            context.services.currency,
            context.services.reservations.phone_region,
            partial(end_all_sessions, context.services.sign_ins.ends),
            context.services.directory_changed,
        )
        context.services.viewers.invalidate((), expert.user_id)
        return _reloaded(expert, context)

    @strawberry.mutation(
        description="Update an expert's directory entry. Allowed only for the expert and "
        "administrators."
    )
    async def update_expert(self, info: Info, input: UpdateExpertArgument) -> ExpertResult:
        """Update an expert's directory entry."""
        context = info.context
        expert = await administration.update_expert(
            context.services.ledger,
            require_viewer(context.viewer),
            input.expert_id,
            input.to_model(),
            context.services.currency,
        )
        return _reloaded(expert, context)

    @strawberry.mutation(description="Update the viewer's own directory entry. Experts only.")
    async def update_my_expert(self, info: Info, input: UpdateMyExpertArgument) -> ExpertResult:
        """Update the viewer's directory entry."""
        context = info.context
        expert = await administration.update_my_expert(
            context.services.ledger,
            context.viewer,
            input.to_model(),
            context.services.currency,
        )
        return _reloaded(expert, context)

    @strawberry.mutation(
        description="Update a user account. Administrators only. Disabling an account signs it out "
        "and ends its waiting-list entries, offers and holds; its bookings stay."
    )
    async def update_user(self, info: Info, input: UpdateUserArgument) -> UserResult:
        """Update a user account."""
        context = info.context
        viewer = require_viewer(context.viewer)
        user = await administration.update_user(
            context.services.ledger,
            viewer,
            input.user_id,
            UserChange(
                name=input.name,
                role=input.role,
                time_zone=input.time_zone,
                disabled=input.disabled,
            ),
            partial(end_all_sessions, context.services.sign_ins.ends),
        )
        context.services.viewers.invalidate((), user.id)
        context.reset_loaders()
        return User.of(user, relations_to_user(viewer, user.id))


def _reloaded(expert: model.Expert, context: Context) -> Expert:
    """Discard loaded data, which is now stale, and return a changed expert as the schema's type."""
    context.reset_loaders()
    return Expert.of(expert, context)
