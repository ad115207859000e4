import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { remainingMs, sleep, withBudget } from "../../../lambdas/runtime/budget.js";
import { patientFetch } from "../../../lambdas/runtime/patient-fetch.js";
import { HttpServer } from "../../../local/http/http-server.js";

let server: HttpServer;
const fetch = patientFetch("Coder", 5_000);
beforeEach(async () => {
  server = new HttpServer()
    .route("GET", "/", () => ({ status: 200 }))
    .route("POST", "/", () => ({ status: 201 }));
  await server.listen();
});
afterEach(async () => {
  jest.useRealTimers();
  await server.close();
});

/** Makes every sleep end at once, and the clocks advance by its duration. */
function skipSleep(): void {
  const io = ["nextTick", "setImmediate", "clearImmediate", "queueMicrotask"] as const;
  jest.useFakeTimers({ doNotFake: [...io] }).setTimerTickMode({ mode: "nextAsync" });
}

const nameOf = (failing: Promise<unknown>) =>
  failing.then(
    () => "no error",
    (error: Error) => error.name,
  );
const statuses = () => server.calls.map(({ status }) => status);

describe("a rate limit", () => {
  beforeEach(skipSleep);

  test("is waited for as long as it asks, in seconds or as a date", async () => {
    const soon = new Date(Date.now() + 1500).toUTCString();
    server
      .fail({ status: 429, headers: { "retry-after": "1" } })
      .fail({ status: 403, headers: { "retry-after": soon } });
    expect((await fetch(server.url, { method: "POST" })).status).toBe(201);
    const [first, second] = server.calls;
    expect(statuses()).toEqual([429, 403, 201]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test("with too long a wait is left to the state machine", async () => {
    server.fail({ status: 429, headers: { "retry-after": "3600" } });
    expect(await nameOf(fetch(server.url))).toBe("RateLimitedError");
    const reset = String(Math.ceil(Date.now() / 1000) + 1800);
    server.fail({ status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } });
    expect(await nameOf(fetch(server.url))).toBe("RateLimitedError");
    expect(statuses()).toEqual([429, 403]);
  });

  test("is measured by the server's clock", async () => {
    const anHourAhead = Date.now() + 3_600_000;
    const headers = {
      date: new Date(anHourAhead).toUTCString(),
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Math.floor(anHourAhead / 1000) + 1),
    };
    server.fail({ status: 403, headers });
    expect((await fetch(server.url)).status).toBe(200);
    expect(statuses()).toEqual([403, 200]);
  });

  const secondary =
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  const abuse = "You have triggered an abuse detection mechanism. Please retry your request again later.";
  test.each([
    [403, secondary],
    [429, secondary],
    [403, abuse],
    [403, "API rate limit exceeded for installation ID 1."],
    [403, "Your comment was submitted too quickly"],
  ])("(status %s) without a time is left to the state machine: %s", async (status, message) => {
    server.fail({ status, body: { message }, headers: { "x-ratelimit-remaining": "4999" } });
    expect(await nameOf(fetch(server.url))).toBe("RateLimitedError");
    expect(statuses()).toEqual([status]);
  });

  test.each([
    [{ resource: "IssueComment", code: "custom", message: "was submitted too quickly" }],
    [{ resource: "IssueComment", code: "abuse", field: "data" }],
    ["was submitted too quickly"],
  ])("of what is created is recognized in a 422: %j", async (error) => {
    server.fail({ status: 422, body: { message: "Validation Failed", errors: [error] } });
    expect(await nameOf(fetch(server.url, { method: "POST" }))).toBe("RateLimitedError");
    expect(statuses()).toEqual([422]);
  });

  test.each([
    [{ type: "RATE_LIMITED", message: "API rate limit already exceeded for installation ID 1." }],
    [{ message: secondary }],
  ])("is recognized in a GraphQL answer, which is a 200: %j", async (error) => {
    const body = { data: null, errors: [error] };
    server.fail({ status: 200, body });
    expect(await nameOf(fetch(`${server.url}/graphql`, { method: "POST" }))).toBe("RateLimitedError");
    const reset = String(Math.ceil(Date.now() / 1000) + 1);
    server
      .route("POST", "/graphql", () => ({ status: 200, body: { data: {} } }))
      .fail({ status: 200, body, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } });
    const answer = await fetch(`${server.url}/graphql`, { method: "POST" });
    expect(await answer.json()).toEqual({ data: {} });
  });

  test("is not recognized in a plain 403 or 422, or in another GraphQL answer", async () => {
    server.fail({ status: 403 });
    expect((await fetch(server.url)).status).toBe(403);
    const tooLong = { resource: "IssueComment", field: "body", message: "body is too long" };
    for (const body of [
      { message: "Validation Failed", errors: [tooLong, null] },
      { message: "Validation Failed", errors: "x" },
    ]) {
      server.fail({ status: 422, body });
      const answer = await fetch(server.url, { method: "POST" });
      expect([answer.status, await answer.json()]).toEqual([422, body]);
    }
    const errors = [{ type: "NOT_FOUND", message: "Could not resolve to a Repository." }];
    server.fail({ status: 200, body: { data: null, errors } });
    expect((await fetch(`${server.url}/graphql`, { method: "POST" })).status).toBe(200);
  });
});

describe("a service that fails", () => {
  test("is called three times if the request is safe to repeat", async () => {
    skipSleep();
    server.fail({ status: 502 }).fail({ lose: "response" });
    expect((await fetch(server.url)).status).toBe(200);
    server.fail({ status: 500, times: 3 });
    expect((await fetch(server.url)).status).toBe(500);
    expect(statuses()).toEqual([502, "lost", 200, 500, 500, 500]);
  });

  test("gets a request that is not safe to repeat only once", async () => {
    server.fail({ status: 502 });
    expect((await fetch(server.url, { method: "POST" })).status).toBe(502);
    server.fail({ lose: "response" });
    expect(await nameOf(fetch(server.url, { method: "POST" }))).toBe("TransientError");
    expect(statuses()).toEqual([502, "lost"]);
  });

  test("counts as not having answered if its answer is cut off", async () => {
    server.route("GET", "/broken", () => ({
      status: 200,
      headers: { "content-type": "application/json", "content-length": "100" },
      body: '{"permission": "adm',
    }));
    const impatient = patientFetch("Coder", 200);
    expect(await nameOf(impatient(`${server.url}/broken`))).toBe("TransientError");
  });

  test("has a time-out", async () => {
    server.fail({ delayMs: 60_000 });
    expect(await nameOf(patientFetch("GitHub", 50)(server.url, { method: "POST" }))).toBe("TransientError");
  });
});

describe("the time of an invocation", () => {
  /** Calls `act` as Lambda does, with this much time. */
  const within = (ms: number, act: () => Promise<unknown>) =>
    withBudget(act)(undefined, { getRemainingTimeInMillis: () => ms });

  test("aborts a request that would take longer, and lets no other begin", async () => {
    server.fail({ delayMs: 60_000, times: Number.POSITIVE_INFINITY });
    const names = await within(1200, async () => [
      await nameOf(fetch(server.url, { method: "POST" })),
      await nameOf(fetch(server.url, { method: "POST" })),
    ]);
    expect(names).toEqual(["TransientError", "TransientError"]);
    await server.close();
    // The second one was never sent.
    expect(server.calls.length).toBeLessThan(2);
  });

  test("leaves a pause that does not fit into it to the state machine", async () => {
    server.fail({ status: 429, headers: { "retry-after": "30" } });
    expect(await within(10_000, () => nameOf(fetch(server.url)))).toBe("RateLimitedError");
    expect(await within(10_000, () => nameOf(sleep(30_000)))).toBe("TransientError");
  });

  test("is separate for each invocation if several share a process", async () => {
    skipSleep();
    server.fail({ status: 429, headers: { "retry-after": "1" }, times: 2 });
    const names = await Promise.all([
      within(1500, () => nameOf(fetch(server.url))),
      within(60_000, () => nameOf(fetch(server.url))),
    ]);
    expect(names).toEqual(["RateLimitedError", "no error"]);
  });

  test("is unlimited outside an invocation", async () => {
    expect(await withBudget(async () => remainingMs())(undefined)).toBe(Number.POSITIVE_INFINITY);
  });
});
