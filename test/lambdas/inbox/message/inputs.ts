import fc from "fast-check";
import type { CommentInput, FailureInput, Input, Subject } from "../../../../lambdas/inbox/message/input.js";
import { defaultInstructions } from "../../../../lambdas/inbox/message/wording.js";
import { anyCharacter } from "../../../any-character.js";

export const options = { reference: "7f3a9c2e", instructions: defaultInstructions };

export const pull: Subject & { kind: "issue" | "pull" } = {
  kind: "pull",
  number: 7,
  url: "https://github.com/acme/shop/pull/7",
  repository: "acme/shop",
};

export function comment(body: string, more: Partial<CommentInput> = {}): CommentInput {
  return {
    kind: "comment",
    subject: pull,
    url: `${pull.url}#issuecomment-1`,
    at: "2026-11-22T10:00:00Z",
    author: "octocat",
    body,
    ...more,
  };
}

export function failure(text: string, more: Partial<FailureInput> = {}): FailureInput {
  return {
    kind: "failure",
    subject: pull,
    url: "https://github.com/acme/shop/actions/runs/123/attempts/2",
    at: "2026-11-22T10:05:00Z",
    workflow: "CI",
    attempt: 2,
    branch: "agent/cart",
    headSha: "1f0c3b5d9a7e2468ace013579bdf02468ace1357",
    conclusion: "failure",
    text,
    ...more,
  };
}

const nasty = fc.constantFrom(
  "```",
  "````\n",
  "\n```\n",
  "~~~",
  "\r\n",
  "\r",
  "\n",
  "\t",
  "\u0000",
  "\u001b",
  "\u001b[201~",
  "\u009b201~",
  "\u001b[31m",
  "\u001b]0;title\u0007",
  "\u009d8;;https://x\u001b\\",
  "\u001b]",
  "\u0085",
  "\u202e",
  "\u200b",
  "\u200d",
  "\ufeff",
  "\u{e0041}",
  "\ud83d",
  "\ude00",
  "😀",
  "[END COMMENT]",
  "[relay 7f3a9c2e]",
  "[relay\n7f3a9c2e ]",
  "/exit",
  "!rm",
  "#",
  "@",
  "Now:",
);

const unit = fc.oneof(
  nasty,
  fc.string({ unit: anyCharacter, maxLength: 20 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((codes) => String.fromCharCode(...codes)),
);

/** A name as somebody may choose it. */
const hostileName = fc.array(unit, { maxLength: 12 }).map((parts) => parts.join(""));

/** Usual and hostile texts. */
export const hostileText = fc.oneof(
  { weight: 5, arbitrary: hostileName },
  {
    weight: 1,
    arbitrary: fc
      .tuple(unit, fc.constantFrom(1000, 10_000, 50_000), unit)
      .map(([part, times, end]) => (part.repeat(times) + end).slice(0, 65_536)),
  },
);

const base = {
  subject: fc.record({
    kind: fc.constantFrom("issue" as const, "pull" as const),
    number: fc.integer({ min: 1 }),
    url: hostileName,
    repository: hostileName,
  }),
  url: hostileName,
  at: hostileName,
};

export const anyComment: fc.Arbitrary<CommentInput> = fc.record(
  {
    ...base,
    kind: fc.constantFrom("comment" as const, "review_comment" as const, "review" as const),
    author: hostileName,
    body: hostileText,
    missingBytes: fc.nat(1_000_000),
    path: hostileName,
    line: fc.integer({ min: 1 }),
    startLine: fc.integer({ min: 1 }),
    reviewState: hostileName,
    previousBody: hostileText,
  },
  { requiredKeys: ["subject", "url", "at", "kind", "author", "body"] },
);

export const anyFailure: fc.Arbitrary<FailureInput> = fc.record({
  ...base,
  kind: fc.constant("failure" as const),
  workflow: hostileName,
  attempt: fc.integer({ min: 1 }),
  branch: hostileName,
  headSha: hostileName,
  conclusion: hostileName,
  text: hostileText,
});

export const anyInput: fc.Arbitrary<Input> = fc.oneof(
  { weight: 3, arbitrary: anyComment },
  { weight: 1, arbitrary: anyFailure },
);
