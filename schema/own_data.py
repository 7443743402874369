"""Export and deletion of the viewer's account."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth.policies import relations_of, require
from auth.viewers import require_viewer
from models.ids import global_id
from resolvers import own_data
from schema.context import Info
from schema.errors import NotAllowed, TooManyAttempts, WrongCode


@strawberry.type(description="Success of `deleteMyAccount`.")
class AccountDeleted:
    """The bookings that the deletion has cancelled."""

    cancelled: list[strawberry.ID] = strawberry.field(
        description="Ids of the cancelled bookings and released holds."
    )


DeleteMyAccountResult = Annotated[
    AccountDeleted | WrongCode | NotAllowed | TooManyAttempts,
    strawberry.union("DeleteMyAccountResult", description="The deletion, or a refusal."),
]


@strawberry.input(description="Proof that the account's owner asks for its deletion.")
class DeleteMyAccountInput:
    """Input of `deleteMyAccount`."""

    code: str = strawberry.field(
        description="The account's password, or a code that `requestSignInCode` mailed to its "
        "address."
    )


DeleteMyAccountArgument = Annotated[
    DeleteMyAccountInput, strawberry.argument(description="Proof of identity.")
]


@strawberry.type
class OwnDataMutation:
    """Mutations that export or erase the data stored about the viewer."""

    @strawberry.mutation(
        description="Export everything that is stored about the viewer. Returns the URL of a "
        "JSON file, relative to this server; it works for an hour, for anyone who has it."
    )
    async def export_my_data(self, info: Info) -> str:
        """Return the URL of the viewer's data."""
        context = info.context
        viewer = require_viewer(context.viewer)
        require("Mutation.exportMyData", relations_of(viewer))
        return context.services.export_keys.path(viewer.id, context.now)

    @strawberry.mutation(
        description="Delete the viewer's account. Upcoming bookings and holds are cancelled, with "
        "mails to both parties, whatever the deadline. Past bookings stay for the other party, "
        "without the person's name, address and note. An expert also leaves the directory, and "
        "clients' upcoming bookings with the expert are cancelled; their past bookings keep the "
        "expert's name. Everything is erased once the mails have been sent. The last "
        "administrator cannot be deleted."
    )
    async def delete_my_account(
        self, info: Info, input: DeleteMyAccountArgument
    ) -> DeleteMyAccountResult:
        """Delete the viewer's account."""
        context = info.context
        services = context.services
        cancelled = await own_data.delete_account(
            services.sign_ins, services.ledger, context.viewer, input.code, context.address
        )
        if context.browser:
            context.browser.is_ended = True
        return AccountDeleted(
            cancelled=[strawberry.ID(global_id("Booking", id_)) for id_ in cancelled]
        )
