import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { patientFetch } from "../../lambdas/http/patient-fetch.js";
import { HttpServer } from "../../local/http-server.js";

let server: HttpServer;
const fetch = patientFetch("Coder", 5_000);
beforeEach(async () => {
  server = new HttpServer()
    .route("GET", "/", () => ({ status: 200 }))
    .route("POST", "/", () => ({ status: 201 }));
  await server.listen();
});
afterEach(() => server.close());

const nameOf = (failing: Promise<unknown>) =>
  failing.then(
    () => "no error",
    (error: Error) => error.name,
  );
const statuses = () => server.calls.map(({ status }) => status);

describe("a rate limit", () => {
  test("is waited for as told, in seconds or as a date", async () => {
    const soon = new Date(Date.now() + 1500).toUTCString();
    server
      .fail({ status: 429, headers: { "retry-after": "1" } })
      .fail({ status: 403, headers: { "retry-after": soon } });
    expect((await fetch(server.url, { method: "POST" })).status).toBe(201);
    const [first, second] = server.calls;
    expect(statuses()).toEqual([429, 403, 201]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test("that would take too long is left to the state machine", async () => {
    server.fail({ status: 429, headers: { "retry-after": "3600" } });
    expect(await nameOf(fetch(server.url))).toBe("RateLimitedError");
    const reset = String(Math.ceil(Date.now() / 1000) + 1800);
    server.fail({ status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } });
    expect(await nameOf(fetch(server.url))).toBe("RateLimitedError");
    expect(statuses()).toEqual([429, 403]);
  });

  test("is not seen in a 403 that only forbids", async () => {
    server.fail({ status: 403 });
    expect((await fetch(server.url)).status).toBe(403);
  });
});

describe("a service that is unwell", () => {
  test("is asked three times where nothing can happen by that", async () => {
    server.fail({ status: 502 }).fail({ lose: "response" });
    expect((await fetch(server.url)).status).toBe(200);
    server.fail({ status: 500, times: 3 });
    expect((await fetch(server.url)).status).toBe(500);
    expect(statuses()).toEqual([502, "lost", 200, 500, 500, 500]);
  });

  test("is told something only once", async () => {
    server.fail({ status: 502 });
    expect((await fetch(server.url, { method: "POST" })).status).toBe(502);
    server.fail({ lose: "response" });
    expect(await nameOf(fetch(server.url, { method: "POST" }))).toBe("TransientError");
    expect(statuses()).toEqual([502, "lost"]);
  });

  test("has a time-out", async () => {
    server.fail({ delayMs: 60_000 });
    expect(await nameOf(patientFetch("GitHub", 50)(server.url, { method: "POST" }))).toBe("TransientError");
  });
});
