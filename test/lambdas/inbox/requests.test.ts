import { expect, test } from "@jest/globals";
import { inputOfRequest } from "../../../lambdas/inbox/inputs.js";
import type { StoredInput } from "../../../lambdas/inbox/stored-input.js";
import { isNewer } from "../../../lambdas/inbox/version.js";
import type { PullAsk, TaskRequested } from "../../../lambdas/model/event.js";

const request = (ask: PullAsk, at = "2026-01-02T03:04:05Z") => {
  const repository = { id: 1, owner: "octo", ownerId: 2, name: "app", private: false };
  const issue = { number: 7, title: "", url: "https://github.com/octo/app/pull/7", comments: 0 };
  const event = { delivery: `${ask} ${at}`, repository, sender: { id: 3, login: "mona" }, issue, at };
  return inputOfRequest(event as unknown as TaskRequested, ask);
};
const later = "2026-01-02T03:04:06Z";

test.each([
  ["work after review in the same second", request("work"), request("review"), true],
  ["review after work in the same second", request("review"), request("work"), false],
  ["review a second after work", request("review", later), request("work"), true],
  ["work a second before review", request("work"), request("review", later), false],
])(
  "of two requests for one pull request, the newer one counts: %s",
  (_, { identity, ...input }, known, expected) => {
    expect(identity).toBe(known.identity);
    expect(isNewer(input, { ...known, state: "waiting" } as unknown as StoredInput)).toBe(expected);
  },
);
