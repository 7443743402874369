import { useWords } from "../text/text.tsx";
import { addDays } from "../time/day.ts";
import { useFormats } from "../time/formats.ts";
import { useToday } from "../time/relativeMoment.ts";
import { Icon } from "../ui/Icon.tsx";
import { type DirectoryQuery, LENGTHS, NO_DAY, type TimeOfDay, TIMES } from "./directoryQuery.ts";
import { PillSelect } from "./Pill.tsx";
import { useFilterNames } from "./useFilterNames.ts";
import { directoryWords } from "./words.ts";

/** Number of days to choose from, including today. */
const DAYS = 21;

interface WhenFilterProps {
  query: DirectoryQuery;
  onChange: (changed: Partial<DirectoryQuery>) => void;
}

/** Filter by the day on which a session starts; once a day is chosen, also by time and length. */
export function WhenFilter({ query, onChange }: WhenFilterProps) {
  const text = useWords(directoryWords);
  const formats = useFormats();
  const names = useFilterNames(undefined);
  const today = useToday();
  const { day, time, minutes } = query;
  const days = Array.from({ length: DAYS }, (_, each) => addDays(today, each));
  return (
    <>
      <PillSelect
        label={text.day}
        isChosen={day !== null}
        icon={<Icon name="calendar" className="size-4" />}
        value={day ?? ""}
        onChange={({ target }) => onChange(target.value ? { day: target.value } : NO_DAY)}
      >
        <option value="">{text.anyDay}</option>
        {(day && !days.includes(day) ? [day, ...days] : days).map((date) => (
          <option key={date} value={date}>
            {names.day(date)}
          </option>
        ))}
      </PillSelect>
      {day && (
        <>
          <PillSelect
            label={text.time}
            isChosen={time !== null}
            value={time ?? ""}
            onChange={({ target }) =>
              onChange({ time: (target.value || null) as TimeOfDay | null })
            }
          >
            <option value="">{text.anyTime}</option>
            {TIMES.map((each) => (
              <option key={each} value={each}>
                {names.time(each)}
              </option>
            ))}
          </PillSelect>
          <PillSelect
            label={text.length}
            isChosen={minutes !== null}
            value={minutes ?? ""}
            onChange={({ target }) =>
              onChange({ minutes: target.value ? Number(target.value) : null })
            }
          >
            <option value="">{text.anyLength}</option>
            {LENGTHS.map((each) => (
              <option key={each} value={each}>
                {formats.minutes(each)}
              </option>
            ))}
          </PillSelect>
        </>
      )}
    </>
  );
}
