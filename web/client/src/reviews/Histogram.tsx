import { useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { MAX_STARS, shownMean } from "./rating.ts";
import { Stars } from "./Stars.tsx";
import { reviewWords } from "./words.ts";

interface HistogramProps {
  mean: number;
  /** Numbers of reviews with one star, with two, and so on. */
  counts: readonly number[];
}

/** An expert's mean rating, and the number of reviews for each number of stars. */
export function Histogram({ mean, counts }: HistogramProps) {
  const text = useWords(reviewWords);
  const formats = useFormats();
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rows = Array.from({ length: MAX_STARS }, (_, index) => MAX_STARS - index);
  return (
    <div className="grid gap-4">
      <div className="flex items-center gap-3">
        <p className="display text-3xl tabular-nums">{formats.number(shownMean(mean), 1)}</p>
        <p className="grid gap-1">
          <Stars rating={mean} />
          <span className="text-sm text-muted">
            {text.reviews(formats.number(total), total === 1)}
          </span>
        </p>
      </div>
      <table className="w-full text-sm tabular-nums" aria-label={text.histogram}>
        <tbody>
          {rows.map((rating) => {
            const count = counts[rating - 1] ?? 0;
            return (
              <tr key={rating}>
                <th scope="row" className="w-5 text-left font-normal">
                  <span aria-hidden>{rating}</span>
                  <span className="sr-only">{text.stars(rating)}</span>
                </th>
                <td>
                  <span aria-hidden className="block h-1.5 overflow-hidden rounded-full bg-gone-bg">
                    <span
                      className="block h-full rounded-full bg-star"
                      style={{ width: `${total ? (count / total) * 100 : 0}%` }}
                    />
                  </span>
                </td>
                <td className="w-12 text-right text-muted">{formats.number(count)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
