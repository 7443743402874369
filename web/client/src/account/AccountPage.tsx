import { type ReactNode, useId } from "react";

import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useTitle } from "../ui/title.ts";
import { AccountOverview } from "./AccountOverview.tsx";
import { ChangePassword } from "./ChangePassword.tsx";
import { DeleteAccount } from "./DeleteAccount.tsx";
import { OwnData } from "./OwnData.tsx";
import { SignOutEverywhere } from "./SignOutEverywhere.tsx";
import { accountWords } from "./words.ts";

/** Page `/account`: the viewer's data, password and sessions. */
export default function AccountPage() {
  const words = useWords(accountWords);
  const { viewer } = useViewer();
  useTitle(words.title);
  if (!viewer) return null;
  return (
    <div className="grid gap-6 py-4 md:py-8">
      <h1 className="text-2xl">{words.title}</h1>
      <div className="divide-y divide-line card">
        <Section title={words.about} body={words.aboutBody}>
          <AccountOverview viewer={viewer} />
        </Section>
        <Section title={words.passwordTitle} body={words.passwordBody}>
          <div className="max-w-form">
            <ChangePassword viewer={viewer} />
          </div>
        </Section>
        <Section title={words.everywhereTitle} body={words.everywhereBody}>
          <SignOutEverywhere />
        </Section>
        <Section title={words.dataTitle} body={words.dataBody}>
          <OwnData />
        </Section>
        <Section
          title={words.deleteTitle}
          body={viewer.expert ? words.deleteBodyOfExpert : words.deleteBody}
        >
          <div className="max-w-form">
            <DeleteAccount viewer={viewer} />
          </div>
        </Section>
      </div>
    </div>
  );
}

/** One section: title and description on the left, content on the right. */
function Section({ title, body, children }: { title: string; body: string; children: ReactNode }) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="grid gap-4 p-6 md:grid-cols-[15rem_minmax(0,1fr)] md:gap-12"
    >
      <div className="grid content-start gap-1">
        <h2 id={id} className="text-lg">
          {title}
        </h2>
        <p className="text-muted">{body}</p>
      </div>
      <div>{children}</div>
    </section>
  );
}
