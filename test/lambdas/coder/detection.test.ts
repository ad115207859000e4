import { afterEach, describe, expect, test } from "@jest/globals";
import type { CoderSettings } from "../../../lambdas/runtime/environment.js";
import { FakeCoder, type FakeCoderOptions } from "../../../local/fake-coder/fake-coder.js";
import { HttpServer } from "../../../local/http/http-server.js";
import { connect, create, mona, specified } from "./deployments.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function start(options: FakeCoderOptions, port?: number): Promise<FakeCoder> {
  const fake = new FakeCoder(options);
  await fake.listen(port);
  fake.addUser({ username: "mona-c", githubId: mona.id });
  fake.addTemplate({ name: "task-template" });
  open.push(fake);
  return fake;
}

async function preferredOf(options: FakeCoderOptions, backend: CoderSettings["CODER_BACKEND"] = "auto") {
  const fake = await start(options);
  return (await connect(fake.url, fake.token, { CODER_BACKEND: backend }).preferred()).api;
}

/** The name and the message of a promise's rejection. */
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing failed",
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe("auto", () => {
  test.each<[string, FakeCoderOptions, string]>([
    ["only Tasks", { version: "2.30" }, "tasks"],
    ["Tasks and Chats", { version: "2.35" }, "tasks"],
    ["Chats only under /api/experimental", { version: "2.35", tasks: false }, "chats"],
    ["Chats under both paths", { version: "2.37" }, "chats"],
    ["Chats under /api/v2 alone", { version: "2.38" }, "chats"],
  ])("with %s", async (_, options, expected) => {
    expect(await preferredOf(options)).toBe(expected);
  });

  test("queries Coder once for each container", async () => {
    const fake = await start({ version: "2.38" });
    const coder = connect(fake.url, fake.token);
    for (let i = 0; i < 3; i++) await coder.preferred();
    expect(fake.http.calls.map(({ path }) => path)).toEqual(["/api/v2/tasks", "/api/v2/chats"]);
  });

  test("queries again if the first query failed", async () => {
    const fake = await start({ version: "2.38" });
    fake.http.fail({ status: 502, times: 3 });
    const coder = connect(fake.url, fake.token);
    expect(await failure(coder.preferred())).toMatch(/^TransientError/);
    expect((await coder.preferred()).api).toBe("chats");
  });
});

describe("a setting", () => {
  test.each(["tasks", "chats"] as const)("of %s is followed if Coder has both", async (backend) => {
    expect(await preferredOf({ version: "2.35" }, backend)).toBe(backend);
  });

  test.each([
    ["tasks", "2.38", /has no Tasks API.*Set CODER_BACKEND to auto or chats/],
    ["chats", "2.34", /has no Chats API.*Set CODER_BACKEND to auto or tasks/],
  ] as const)(
    "of %s is an error that says so if a Coder %s does not have it",
    async (backend, version, words) => {
      const text = await failure(preferredOf({ version }, backend));
      expect(text).toMatch(/^NoTaskApiError/);
      expect(text).toMatch(words);
    },
  );
});

describe("the error names what cannot be used, with a remedy:", () => {
  test("neither API, and the version that was found", async () => {
    const text = await failure(preferredOf({ version: "2.38", chats: false }));
    expect(text).toMatch(/^NoTaskApiError: .*version v2\.38\.0\+fake.*neither.*Upgrade Coder, or turn one/);
  });

  test("a token that Coder does not accept", async () => {
    const fake = await start({ version: "2.38" });
    const text = await failure(connect(fake.url, "a-token-of-nobody").preferred());
    expect(text).toMatch(/^CoderUnauthorizedError: .*Put a valid token into the Coder token secret/);
    expect(text).not.toContain("a-token-of-nobody");
  });

  test("chats that the token's user may not use", async () => {
    const fake = await start({ version: "2.38" });
    fake.http.fail({ path: /chats/, status: 403, body: { message: "Forbidden." } });
    const coder = connect(fake.url, fake.token);
    expect(await failure(coder.preferred())).toMatch(/^ChatsForbiddenError: .*agents-access/);

    fake.setTokenRole("service-account");
    expect(await failure(create(await coder.preferred()))).toMatch(/^ChatsForbiddenError: .*agents-access/);
  });

  test("the AI Gateway is off, whether or not lists can still be read", async () => {
    const fake = await start({ version: "2.38", gatewayOff: true });
    const coder = connect(fake.url, fake.token);
    const words = /^ChatsUnavailableError: .*Set CODER_AI_GATEWAY_ENABLED=true/;
    expect(await failure(create(await coder.preferred()))).toMatch(words);
    expect(fake.chats()).toEqual([]);

    const message = "AI Gateway must be enabled for Coder Agents functionality.";
    fake.http.fail({ path: /chats/, status: 503, times: 3, body: { message } });
    expect(await failure(connect(fake.url, fake.token).preferred())).toMatch(words);
  });

  test.each([
    ["a page", "<html>Not Found</html>"],
    ["JSON", { message: "no Route matched with those values" }],
  ])("a proxy in front of it that answers 404 with %s", async (_, body) => {
    const proxy = new HttpServer();
    proxy.notFound = () => ({ status: 404, body });
    const url = await proxy.listen();
    open.push(proxy);
    const text = await failure(connect(url, "token").preferred());
    expect(text).toMatch(/^NotCoderError: .*Set CODER_URL to the address of the Coder deployment/);
  });

  test("a template that the Tasks API needs", async () => {
    const fake = await start({ version: "2.34" });
    const backend = await connect(fake.url, fake.token, { CODER_TEMPLATE_NAME: "other" }).preferred();
    expect(await failure(backend.prepare(null))).toMatch(/^TemplateNotFoundError: .*"other"/);
  });
});

describe("a server that is upgraded during a container's life", () => {
  /** Another version at the same address. */
  async function upgrade(fake: FakeCoder, options: FakeCoderOptions): Promise<FakeCoder> {
    const port = Number(new URL(fake.url).port);
    await fake.close();
    open.splice(0);
    return start(options, port);
  }

  test("from Tasks to Chats: the task is out of reach, and the next one is a chat", async () => {
    const old = await start({ version: "2.34" });
    const coder = connect(old.url, old.token);
    const backend = await coder.preferred();
    const task = await create(backend);
    const make = await backend.prepare(null);
    const now = await upgrade(old, { version: "2.38" });

    const found = await coder.backendOf(task).find(task, { repositoryId: 1, work: "1" });
    expect(found?.view).toMatchObject({ phase: "gone", report: expect.stringContaining("no longer has") });
    expect(await coder.backendOf(task).send(task, "hello")).toBe("gone");
    await coder.backendOf(task).remove(task, { repositoryId: 1, work: "1" });
    expect(await failure(specified(backend).then(make))).toMatch(/^TransientError/);

    const chats = await coder.preferred();
    expect(chats.api).toBe("chats");
    await create(chats);
    expect(now.chats()).toHaveLength(1);
  });

  test("from Tasks to Chats, and its template is gone: the creation is retried, as a chat", async () => {
    const old = await start({ version: "2.34" });
    old.addTemplate({ name: "other" });
    const coder = connect(old.url, old.token, { CODER_TEMPLATE_NAME: "other" });
    const backend = await coder.preferred();
    await backend.prepare(null);
    await upgrade(old, { version: "2.38" });
    expect(await failure(backend.prepare(null))).toMatch(/^TransientError: .*no longer has the Tasks API/);
    expect((await coder.preferred()).api).toBe("chats");
  });

  test("to a version with Chats at another path: the relay uses that path", async () => {
    const old = await start({ version: "2.35", tasks: false });
    const coder = connect(old.url, old.token);
    const backend = await coder.preferred();
    const task = await create(backend);
    const now = await upgrade(old, { version: "2.38" });
    await backend.find(task, { repositoryId: 1, work: "1" });
    expect(now.http.calls.map(({ path, status }) => `${status} ${path}`)).toEqual([
      `404 /api/experimental/chats/${task.id}`,
      "200 /api/v2/chats",
      `404 /api/v2/chats/${task.id}`,
    ]);
  });
});
