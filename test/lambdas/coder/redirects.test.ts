import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CoderClient } from "../../../lambdas/coder/client.js";
import { HttpServer } from "../../../local/http/http-server.js";

let coder: HttpServer;
/** The server that Coder's address redirects to. */
let elsewhere: HttpServer;
beforeEach(async () => {
  elsewhere = new HttpServer();
  elsewhere.notFound = () => ({ status: 200, body: { id: "stolen" } });
  coder = new HttpServer();
  await Promise.all([coder.listen(), elsewhere.listen()]);
});
afterEach(() => Promise.all([coder.close(), elsewhere.close()]));

describe("a redirect by a proxy in front of Coder", () => {
  const requests = [301, 302, 307, 308].flatMap((status) => [
    ["GET", status, undefined] as const,
    ["POST", status, { input: "what an agent is told" }] as const,
  ]);

  test.each(requests)(
    "of a %s, with %i, gets neither the token nor the text",
    async (method, status, body) => {
      for (const host of [elsewhere.url, elsewhere.url.replace("127.0.0.1", "localhost"), coder.url]) {
        coder.fail({ status, headers: { location: `${host}/api/v2/users/me?token=1` } });
        const failing = new CoderClient(coder.url, "the-token").request(method, "/api/v2/users/me", body);
        await expect(failing).rejects.toThrow(
          new RegExp(`${status} to ${method} /api/v2/users/me, a redirect to ${host}\\..*Set CODER_URL`),
        );
        await expect(failing).rejects.toMatchObject({ name: "NotCoderError" });
      }
      expect(elsewhere.calls).toEqual([]);
      expect(coder.calls).toHaveLength(3);
    },
  );

  test("without an address is also an error", async () => {
    coder.fail({ status: 302 });
    await expect(new CoderClient(coder.url, "t").request("GET", "/api/v2/users/me")).rejects.toThrow(
      "a redirect to",
    );
  });
});
