import { type ReactNode, useId } from "react";

import { useViewer } from "../session/Viewer.tsx";
import { useWords } from "../text/text.tsx";
import { useTitle } from "../ui/title.ts";
import { ChangePassword } from "./ChangePassword.tsx";
import { DeleteAccount } from "./DeleteAccount.tsx";
import { EmailSection } from "./EmailSection.tsx";
import { OwnData } from "./OwnData.tsx";
import { ProfileForm } from "./ProfileForm.tsx";
import { Sessions } from "./Sessions.tsx";
import { SetPassword } from "./SetPassword.tsx";
import { ViewerLinks } from "./ViewerLinks.tsx";
import { accountWords } from "./words.ts";

/** Page `/account`: the viewer's profile, e-mail address, password, sessions and stored data. */
export default function AccountPage() {
  const words = useWords(accountWords);
  const { viewer } = useViewer();
  useTitle(words.title);
  if (!viewer) return null;
  return (
    <div className="grid gap-6 py-4 md:py-8">
      <h1 className="text-2xl">{words.title}</h1>
      <ViewerLinks viewer={viewer} />
      <div className="card divide-y divide-line">
        <Section title={words.about} body={words.aboutBody}>
          <div className="max-w-form">
            <ProfileForm key={viewer.id} viewer={viewer} />
          </div>
        </Section>
        <Section title={words.emailTitle} body={words.emailBody}>
          <EmailSection viewer={viewer} />
        </Section>
        <Section
          title={words.passwordTitle}
          body={viewer.hasPassword ? words.passwordBody : words.noPasswordBody}
        >
          <div className="max-w-form">
            {viewer.hasPassword ? (
              <ChangePassword viewer={viewer} />
            ) : (
              <SetPassword viewer={viewer} />
            )}
          </div>
        </Section>
        <Section title={words.everywhereTitle} body={words.everywhereBody}>
          <Sessions />
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

/** Section of the account page: title and description on the left, content on the right. */
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
