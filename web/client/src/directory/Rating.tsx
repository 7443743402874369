import { shownMean } from "../reviews/rating.ts";
import { catalogue, useWords } from "../text/text.tsx";
import { useFormats } from "../time/formats.ts";
import { Icon } from "../ui/Icon.tsx";

const ratingWords = catalogue({
  en: {
    of: (rating: string, reviews: string) => `Rated ${rating} out of 5, ${reviews} reviews`,
    none: "New",
  },
  de: {
    of: (rating, reviews) => `Bewertet mit ${rating} von 5, ${reviews} Bewertungen`,
    none: "Neu",
  },
});

interface RatingProps {
  expert: { readonly rating: number | null; readonly reviewCount: number };
}

/** Average rating of an expert, with the number of reviews. */
export function Rating({ expert }: RatingProps) {
  const text = useWords(ratingWords);
  const formats = useFormats();
  if (expert.rating === null)
    return <span className="shrink-0 text-sm text-muted">{text.none}</span>;
  const [rating, count] = [
    formats.number(shownMean(expert.rating), 1),
    formats.number(expert.reviewCount),
  ];
  return (
    <span className="inline-flex shrink-0 items-center gap-1.5 self-start text-sm tabular-nums">
      <span aria-hidden className="inline-flex items-center gap-1.5">
        <Icon name="star" className="size-4 fill-star text-star" />
        <span className="font-semibold text-text">{rating}</span>
        <span className="text-muted">({count})</span>
      </span>
      <span className="sr-only">{text.of(rating, count)}</span>
    </span>
  );
}
