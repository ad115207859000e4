import * as z from "zod/mini";
import type { Person } from "../model/event.js";

/** The fields that several payloads have. */

/** A name or an address. GitHub's own limits are below 100 characters. This one only bounds the execution's input. */
export const text = z.string().check(z.minLength(1), z.maxLength(1000));
export const url = z.url().check(z.maxLength(1000));
/** A text such as the path of a file, cut to the most that is ever shown. */
export const longText = z.pipe(
  z.string().check(z.minLength(1)),
  z.transform((value: string) => value.slice(0, 1000)),
);
/** A time in one uniform format, so times can be compared as text. */
export const time = z.pipe(
  z.iso.datetime({ offset: true }).check(z.maxLength(40)),
  z.transform((value: string) => new Date(value).toISOString().replace(".000Z", "Z")),
);
export const id = z.int().check(z.positive());
/** GitHub omits a deleted account or sends `null`, and shows it as this user. */
export const ghost: Person = { id: 0, login: "ghost", type: "User" };

const account = z.object({ id: z.nullish(z.int()), login: z.nullish(text), type: z.nullish(text) });
export const person = z.pipe(z.nullish(account), z.transform(personOf));

function personOf(user: z.output<typeof account> | null | undefined): Person {
  if (user?.login == null) return ghost;
  const { id, login, type } = user;
  return { id: id ?? ghost.id, login, type: type ?? (login.endsWith("[bot]") ? "Bot" : "User") };
}
export const body = z.pipe(
  z.nullish(z.string()),
  z.transform((value: string | null | undefined) => value ?? ""),
);
/** A list that may be missing and may contain `null`. */
export const listOf = <Item extends z.core.$ZodType>(item: Item) =>
  z.pipe(
    z.nullish(z.array(z.nullish(item))),
    z.transform((list: (z.output<Item> | null | undefined)[] | null | undefined) =>
      (list ?? []).filter((entry): entry is NonNullable<z.output<Item>> => entry != null),
    ),
  );
export const people = z.pipe(
  listOf(account),
  z.transform((list: z.output<typeof account>[]) => list.map(personOf)),
);

/** A repository's owner. In a push, older versions of GitHub send the login as `name`. */
export const owner = z.nullish(
  z.object({ id: z.nullish(z.int()), login: z.nullish(text), name: z.nullish(text) }),
);
