import { ApolloLink } from "@apollo/client";
import { map } from "rxjs";

type Fields = Record<string, unknown>;

const MAX_TRACKED_OBJECTS = 5_000;
const SEQUENCED_TYPES = new Set(["Slot", "Booking"]);

/**
 * Keeps results that arrive out of order from overwriting newer data.
 *
 * The `sequence` of a slot or booking is the number of the last calendar event that it reflects. If
 * the result of a query, mutation or subscription contains an older version of an object, the
 * fields of the newest known version replace its fields before the cache stores the result.
 */
export class SequenceLink extends ApolloLink {
  readonly #known = new Map<string, Fields>();

  override request(operation: ApolloLink.Operation, forward: ApolloLink.ForwardFunction) {
    return forward(operation).pipe(
      map((result) => (result.data ? { ...result, data: this.merge(result.data) } : result)),
    );
  }

  /** Forget all known versions, because another viewer sees other data. */
  reset(): void {
    this.#known.clear();
  }

  merge<T>(value: T): T {
    if (Array.isArray(value)) return value.map((item: unknown) => this.merge(item)) as T;
    if (value === null || typeof value !== "object") return value;
    const fields: Fields = {};
    for (const [name, field] of Object.entries(value)) fields[name] = this.merge(field);
    return this.#mergeObject(fields) as T;
  }

  #mergeObject(fields: Fields): Fields {
    const { __typename: type, id, sequence } = fields;
    if (
      !SEQUENCED_TYPES.has(type as string) ||
      typeof id !== "string" ||
      typeof sequence !== "number"
    ) {
      return fields;
    }
    const known = this.#known.get(id);
    this.#known.delete(id);
    if (known && (known.sequence as number) > sequence) {
      this.#known.set(id, known);
      const names = Object.keys(fields);
      return Object.fromEntries(
        names.map((name) => [
          name,
          name in known ? overlay(fields[name], known[name]) : fields[name],
        ]),
      );
    }
    this.#known.set(id, { ...known, ...fields });
    const oldest = this.#known.keys().next();
    if (this.#known.size > MAX_TRACKED_OBJECTS && !oldest.done) this.#known.delete(oldest.value);
    return fields;
  }
}

/** Return the newer value; if both values have the same id, add the older one's extra fields. */
function overlay(older: unknown, newer: unknown): unknown {
  const isSame = isObject(older) && isObject(newer) && older.id === newer.id;
  return isSame ? { ...older, ...newer } : newer;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
