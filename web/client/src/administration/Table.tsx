import type { ReactNode } from "react";
import { SkeletonBlock } from "../ui/SkeletonBlock.tsx";

interface Column<T> {
  readonly name: string;
  /** CSS class that sets the column's width, so that the width does not depend on the rows. */
  readonly width?: string;
  cell: (row: T) => ReactNode;
}

interface TableProps<T extends { readonly id: string }> {
  label: string;
  rows: readonly T[];
  /** Columns of the table; the cells of the first column are the row headers. */
  columns: readonly Column<T>[];
}

/** Table; on narrow screens, each row becomes a card that repeats the column names. */
export function Table<T extends { readonly id: string }>({ label, rows, columns }: TableProps<T>) {
  // Roles are explicit, because browsers drop table semantics when CSS changes `display`.
  return (
    <table
      role="table"
      aria-label={label}
      className="block min-[40rem]:table min-[40rem]:w-full min-[64rem]:table-fixed min-[40rem]:border-separate min-[40rem]:border-spacing-0 min-[40rem]:rounded-lg min-[40rem]:border min-[40rem]:border-line min-[40rem]:bg-panel"
    >
      <thead
        role="rowgroup"
        className="sr-only min-[40rem]:not-sr-only min-[40rem]:table-header-group"
      >
        <tr role="row">
          {columns.map(({ name, width = "" }) => (
            <th
              key={name}
              role="columnheader"
              scope="col"
              className={`px-4 py-3 text-left text-xs font-medium text-muted ${width}`}
            >
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" className="grid gap-3 min-[40rem]:table-row-group">
        {rows.map((row) => (
          <tr
            key={row.id}
            role="row"
            className="grid grid-cols-2 gap-3 card p-4 min-[40rem]:table-row min-[40rem]:bg-transparent"
          >
            {columns.map(({ name, cell }, index) => (
              <td
                key={name}
                role={index ? "cell" : "rowheader"}
                className="min-w-0 first:col-span-2 first:wrap-anywhere last:col-span-2 min-[40rem]:border-t min-[40rem]:border-line min-[40rem]:px-4 min-[40rem]:py-3"
              >
                {index > 0 && index < columns.length - 1 && (
                  <span aria-hidden className="block text-xs text-muted min-[40rem]:hidden">
                    {name}
                  </span>
                )}
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Placeholder for a table whose first page is still loading. */
export function TableSkeleton() {
  return (
    <div aria-hidden className="grid gap-px overflow-hidden card">
      {[0, 1, 2, 3, 4, 5].map((index) => (
        <div key={index} className="flex h-16 items-center gap-6 px-4">
          <SkeletonBlock className="h-4 w-40 rounded-md" />
          <SkeletonBlock className="h-4 flex-1 rounded-md" />
          <SkeletonBlock className="h-4 w-20 rounded-md" />
        </div>
      ))}
    </div>
  );
}
