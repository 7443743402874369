import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import type { AdministeredUserFragment } from "../../api/gql/graphql.ts";
import { useViewer } from "../../session/Viewer.tsx";
import { useWords } from "../../text/text.tsx";
import { Button, buttonClass } from "../../ui/Button.tsx";
import { Table } from "../Table.tsx";
import { administrationWords } from "../words.ts";
import { EditUserDialog } from "./EditUserDialog.tsx";
import { DisableUserDialog } from "./DisableUserDialog.tsx";

/** Table of accounts, with the actions that are possible for each account. */
export function UsersTable({ users }: { users: readonly AdministeredUserFragment[] }) {
  const text = useWords(administrationWords);
  const { viewer } = useViewer();
  const [edited, setEdited] = useState<AdministeredUserFragment>();
  const [switched, setSwitched] = useState<AdministeredUserFragment>();
  return (
    <>
      <Table
        label={text.tabs.users}
        rows={users}
        columns={[
          {
            name: text.name,
            cell: ({ id, name, email }) => (
              <>
                <p className="flex flex-wrap items-center gap-2 font-medium">
                  {name}
                  {id === viewer?.id && <Badge className="bg-soft text-text">{text.you}</Badge>}
                </p>
                <p className="text-muted">{email}</p>
              </>
            ),
          },
          { name: text.role, width: "w-36", cell: ({ role }) => text.roles[role] },
          {
            name: text.status,
            width: "w-44",
            cell: ({ disabled, emailVerified }) => (
              <span className="flex flex-wrap gap-2">
                <Badge className={disabled ? "bg-danger-bg text-danger" : "bg-soft text-text"}>
                  {disabled ? `✕ ${text.disabled}` : `✓ ${text.active}`}
                </Badge>
                {!emailVerified && (
                  <Badge className="bg-held-bg text-held">{text.notVerified}</Badge>
                )}
              </span>
            ),
          },
          {
            name: text.actions,
            width: "w-[27rem]",
            cell: (user) => (
              <div className="flex flex-wrap gap-2 min-[64rem]:grid min-[64rem]:grid-cols-[8rem_8rem_8rem]">
                <Button aria-label={text.editOf(user.name)} onClick={() => setEdited(user)}>
                  {text.edit}
                </Button>
                <Button
                  aria-label={user.disabled ? text.enableOf(user.name) : text.disableOf(user.name)}
                  onClick={() => setSwitched(user)}
                >
                  {user.disabled ? text.enable : text.disable}
                </Button>
                {user.expert ? (
                  <Link
                    to={`/administration/experts/${user.expert.id}`}
                    aria-label={text.entryOf(user.name)}
                    className={buttonClass("plain")}
                  >
                    {text.entry}
                  </Link>
                ) : (
                  <Link
                    to={`/administration/experts/new?user=${user.id}`}
                    aria-label={text.makeExpertOf(user.name)}
                    className={buttonClass("plain")}
                  >
                    {text.makeExpert}
                  </Link>
                )}
              </div>
            ),
          },
        ]}
      />
      {edited && <EditUserDialog user={edited} onClose={() => setEdited(undefined)} />}
      {switched && <DisableUserDialog user={switched} onClose={() => setSwitched(undefined)} />}
    </>
  );
}

function Badge({ className, children }: { className: string; children: ReactNode }) {
  return (
    <span className={`rounded-full px-2 py-1 text-xs font-medium whitespace-nowrap ${className}`}>
      {children}
    </span>
  );
}
