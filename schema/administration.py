"""Administration: who is in the directory, and what accounts are for."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from auth.policies import relations_to_user
from auth.viewers import signed_in
from models.accounts.users import Role
from models.directory import experts as model
from models.directory.experts import Category
from resolvers import administration
from resolvers.administration import Hours, Profile, UserChange
from resolvers.sessions import end_all
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
from schema.scalars import TimeZone
from schema.users import User


@strawberry.input(description="An account that is to be an expert; its name becomes the expert's.")
class CreateExpertInput:
    """What an administrator gives to make an expert."""

    user_id: strawberry.ID = strawberry.field(description="The account, which is no expert yet.")
    title: str = strawberry.field(
        description="What the expert does, in a few words; at most 100 characters."
    )
    category: Category = strawberry.field(description="The field of expertise.")
    bio: str = strawberry.field(
        description="What the expert says of itself; at most 2,000 characters."
    )
    experience_years: int = strawberry.field(description="Years in the field, 0 to 80.")
    languages: list[str] = strawberry.field(description="English names of 1 to 10 languages.")
    hourly_rate: MoneyInput = strawberry.field(description="The usual price of an hour.")
    time_zone: TimeZone = strawberry.field(description="The zone in which the hours are meant.")
    offers: list[SessionOfferInput] = strawberry.field(
        description="1 to 8 session lengths, each once; the first is the usual one."
    )
    weekly: list[WeeklyHoursInput] = strawberry.field(
        description="The usual hours; those of a day must not overlap."
    )


@strawberry.input(description="What is to change of an expert; what is left out stays.")
class UpdateExpertInput:
    """What an expert or an administrator gives to change an entry in the directory."""

    expert_id: strawberry.ID = strawberry.field(description="The expert.")
    name: str | None = strawberry.field(
        default=None, description="The full name, at most 100 characters; the slug stays."
    )
    title: str | None = strawberry.field(
        default=None, description="What the expert does; at most 100 characters."
    )
    category: Category | None = strawberry.field(
        default=None, description="The field of expertise."
    )
    bio: str | None = strawberry.field(
        default=None, description="What the expert says of itself; at most 2,000 characters."
    )
    experience_years: int | None = strawberry.field(
        default=None, description="Years in the field, 0 to 80."
    )
    languages: list[str] | None = strawberry.field(
        default=None, description="English names of 1 to 10 languages."
    )
    hourly_rate: MoneyInput | None = strawberry.field(
        default=None, description="The usual price of an hour."
    )
    time_zone: TimeZone | None = strawberry.field(
        default=None,
        description="The zone in which the hours are meant; bookings keep their instants.",
    )
    disabled: bool | None = strawberry.field(
        default=None,
        description="Not listed, and not booked any more; bookings stand. For administrators.",
    )


@strawberry.input(description="What is to change of an account; what is left out stays.")
class UpdateUserInput:
    """What an administrator gives to change an account."""

    user_id: strawberry.ID = strawberry.field(description="The account.")
    name: str | None = strawberry.field(
        default=None, description="The full name, at most 100 characters."
    )
    role: Role | None = strawberry.field(
        default=None, description="EXPERT for an account with an expert alone; ends its sessions."
    )
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="The zone that it prefers."
    )
    disabled: bool | None = strawberry.field(
        default=None, description="Keep it from signing in; ends its sessions."
    )


ExpertResult = Annotated[
    Expert | InvalidInput | NotAllowed,
    strawberry.union("ExpertResult", description="What a change of an expert answers."),
]
UserResult = Annotated[
    User | InvalidInput | NotAllowed,
    strawberry.union("UserResult", description="What a change of an account answers."),
]
UserConnection = Connection[User]
CreateExpertArgument = Annotated[
    CreateExpertInput, strawberry.argument(description="The new expert.")
]
UpdateExpertArgument = Annotated[
    UpdateExpertInput, strawberry.argument(description="Which expert, and what changes.")
]
UpdateUserArgument = Annotated[
    UpdateUserInput, strawberry.argument(description="Which account, and what changes.")
]


@strawberry.type
class AdministrationQuery:
    """Finding accounts."""

    @strawberry.field(description="The accounts, by name. For administrators.")
    async def users(
        self,
        info: Info,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="Words, or their beginnings, of name and address; all of them."
            ),
        ] = None,
        role: Annotated[Role | None, strawberry.argument(description="Of this role.")] = None,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
    ) -> UserConnection:
        """A page of the accounts."""
        viewer = signed_in(info.context.viewer)
        page = await administration.users(
            viewer, search, role, PageArguments(first, after, last, before)
        )
        return Connection.of(page, lambda user: User.of(user, relations_to_user(viewer, user.id)))


@strawberry.type
class AdministrationMutation:
    """Changing the directory and accounts."""

    @strawberry.mutation(
        description="Make an account an expert: an entry in the directory and a calendar. Its role "
        "becomes EXPERT, unless it is an administrator's. For administrators."
    )
    async def create_expert(self, info: Info, input: CreateExpertArgument) -> ExpertResult:
        """A new expert."""
        context = info.context
        expert = await administration.create_expert(
            signed_in(context.viewer),
            input.user_id,
            Profile(
                title=input.title,
                category=input.category,
                bio=input.bio,
                experience_years=input.experience_years,
                languages=input.languages,
                hourly_rate=input.hourly_rate.read(),
            ),
            Hours(
                time_zone=input.time_zone,
                offers=[offer.read() for offer in input.offers],
                weekly=[hours.read() for hours in input.weekly],
            ),
            context.services.currency,
            partial(end_all, context.services.sign_ins.ends),
            context.services.directory_changed,
        )
        context.services.viewers.forget((), expert.user_id)
        return _anew(expert, context)

    @strawberry.mutation(
        description="Change an expert's entry in the directory. For the expert and administrators."
    )
    async def update_expert(self, info: Info, input: UpdateExpertArgument) -> ExpertResult:
        """Another entry."""
        context = info.context
        expert = await administration.update_expert(
            context.services.ledger,
            signed_in(context.viewer),
            input.expert_id,
            Profile(
                name=input.name,
                title=input.title,
                category=input.category,
                bio=input.bio,
                experience_years=input.experience_years,
                languages=input.languages,
                hourly_rate=input.hourly_rate.read() if input.hourly_rate else None,
                time_zone=input.time_zone,
                disabled=input.disabled,
            ),
            context.services.currency,
        )
        return _anew(expert, context)

    @strawberry.mutation(description="Change an account. For administrators.")
    async def update_user(self, info: Info, input: UpdateUserArgument) -> UserResult:
        """Another account."""
        context = info.context
        viewer = signed_in(context.viewer)
        user = await administration.update_user(
            viewer,
            input.user_id,
            UserChange(
                name=input.name,
                role=input.role,
                time_zone=input.time_zone,
                disabled=input.disabled,
            ),
            partial(end_all, context.services.sign_ins.ends),
        )
        context.services.viewers.forget((), user.id)
        context.forget()
        return User.of(user, relations_to_user(viewer, user.id))


def _anew(expert: model.Expert, context: Context) -> Expert:
    """An expert that was changed; what was read before does not count any more."""
    context.forget()
    return Expert.of(expert, context)
