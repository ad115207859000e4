import fc from "fast-check";
import { stringify } from "smol-toml";

/** Files of all kinds: valid ones, almost valid ones, and random bytes. */

/** A marker in every value of these files, which no message of ours contains. */
export const secret = "hunter2";

const secretText = fc
  .string({ unit: fc.constantFrom("a", "/", "*", "[", "0", " ", '"', "`", "\n", "ü", "\\") })
  .map((text) => `${secret}${text}`);
const rightText = fc.constantFrom(
  "main",
  "/data",
  "10Gi",
  "small",
  "codex",
  "0 3 * * *",
  "Europe/Berlin",
  "mona",
);
const anything = fc.oneof(
  secretText,
  rightText,
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-01-01") }),
  fc.array(fc.oneof(secretText, fc.integer()), { maxLength: 3 }),
  fc.constant({}),
);
const maybe = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: anything });

function table(keys: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const unknown = { unknown: anything, "a b": anything };
  return fc.record({ ...keys, ...unknown }, { requiredKeys: [], noNullPrototype: true });
}

const tables = (keys: Record<string, fc.Arbitrary<unknown>>) =>
  maybe(fc.array(maybe(table(keys)), { maxLength: 3 }));
const texts = maybe(fc.array(maybe(secretText), { maxLength: 3 }));

/** A file as data. Most of these have a fault. */
export const anyData = table({
  sandbox: maybe(
    table({
      size: maybe(fc.constantFrom("small", "large")),
      docker: maybe(fc.boolean()),
      volumes: tables({
        path: maybe(fc.constantFrom("/a", "/b", "/c")),
        size: maybe(fc.constantFrom("1G", "5Ti")),
      }),
    }),
  ),
  harness: maybe(table({ provider: maybe(fc.constant("codex")) })),
  scheduled_jobs: tables({
    name: maybe(secretText),
    branch: maybe(fc.constantFrom("main", "a/b")),
    schedule: maybe(fc.constantFrom("0 3 * * *", "@daily")),
    timezone: maybe(fc.constant("UTC")),
    prompt: maybe(secretText),
    owner: maybe(fc.constant(secret)),
  }),
  ci: maybe(table({ ignore: texts })),
  on_event: maybe(
    table({
      failed_run: tables({
        workflows: texts,
        branches: texts,
        events: maybe(fc.array(maybe(fc.constantFrom("push", "issue_comment")), { maxLength: 3 })),
        prompt_additions: maybe(secretText),
      }),
    }),
  ),
});

export const anyToml: fc.Arbitrary<string> = anyData.map((data) => stringify(data));

/** The same as TOML with a piece removed, inserted or repeated, so that it is usually no longer TOML. */
export const brokenToml: fc.Arbitrary<string> = fc
  .tuple(
    anyToml,
    fc.nat(),
    fc.nat(20),
    fc.oneof(fc.string(), fc.constantFrom('"""', "'''", "[", "]]", "{", "\n", "\r", "\0")),
  )
  .map(([toml, at, length, put]) => {
    const start = at % (toml.length + 1);
    return toml.slice(0, start) + put + toml.slice(start + length);
  });
