import type { ReactNode } from "react";

interface FormCardProps {
  title: string;
  /** Introduction below the title. */
  lead?: ReactNode;
  /** Links below the card. */
  footer?: ReactNode;
  children: ReactNode;
}

/** Page with a single short form. */
export function FormCard({ title, lead, footer, children }: FormCardProps) {
  return (
    <div className="mx-auto grid max-w-form gap-4 py-4 md:py-12">
      <section className="grid gap-6 card rounded-xl p-6 shadow-3 md:p-8 [&_button[type=submit]]:justify-self-stretch">
        <div className="grid gap-1">
          <h1 className="text-xl">{title}</h1>
          {lead && <p className="text-pretty text-muted">{lead}</p>}
        </div>
        {children}
      </section>
      {footer && <div className="text-center text-muted">{footer}</div>}
    </div>
  );
}
