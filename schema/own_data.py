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
    """The bookings that were cancelled because the account was deleted."""

    cancelled: list[strawberry.ID] = strawberry.field(
        description="Ids of the cancelled bookings and released holds."
    )


DeleteMyAccountResult = Annotated[
    AccountDeleted | WrongCode | NotAllowed | TooManyAttempts,
    strawberry.union(
        "DeleteMyAccountResult", description="The bookings that were cancelled, or a refusal."
    ),
]


@strawberry.input(description="Proof that the request to delete the account comes from its owner.")
class DeleteMyAccountInput:
    """Input of `deleteMyAccount`."""

    code: str = strawberry.field(
        description="The account's password, or a code that `requestSignInCode` sent to its e-mail "
        "address."
    )


DeleteMyAccountArgument = Annotated[
    DeleteMyAccountInput, strawberry.argument(description="Proof of identity.")
]


@strawberry.type
class OwnDataMutation:
    """Mutations that export or erase the data stored about the viewer."""

    @strawberry.mutation(
        description="Export everything that is stored about the viewer. Returns the URL of a JSON "
        "file, relative to this server. The URL works for an hour, for anyone who has it."
    )
    async def export_my_data(self, info: Info) -> str:
        """Return the URL of the file with the viewer's data."""
        context = info.context
        viewer = require_viewer(context.viewer)
        require("Mutation.exportMyData", relations_of(viewer))
        return context.services.export_keys.path(viewer.id, context.now)

    @strawberry.mutation(
        description="Delete the viewer's account. Upcoming bookings and holds are cancelled, even "
        "after the cancellation deadline, and both parties receive e-mails. Past bookings remain "
        "visible to the other party, without the name, e-mail address and note of the deleted "
        "account's owner. An expert is also removed from the directory, and clients' upcoming "
        "bookings with the expert are cancelled; clients' past bookings still show the expert's "
        "name. All other data of the account is erased once the e-mails about the cancelled "
        "bookings have been sent. The last administrator cannot be deleted."
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
