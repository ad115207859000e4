import { generateKeyPairSync } from "node:crypto";
import { DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { RequestError } from "@octokit/request-error";
import type { InstallationTokens } from "../../../lambdas/github/installation-tokens.js";
import type { SharedToken } from "../../../lambdas/github/shared-token.js";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";

const TableName = "tokens";
const baseUrl = "https://api.github.com";
const privateKey = newKey();
let dynamoDb: LocalDynamoDb;
let client: DynamoDBClient;
let Shared: typeof SharedToken;
let Tokens: typeof InstallationTokens;
let installations = 0;

beforeAll(async () => {
  dynamoDb = await startDynamoDb(TableName);
  Object.assign(process.env, {
    TABLE_NAME: TableName,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
  client = new DynamoDBClient({});
  ({ SharedToken: Shared } = await import("../../../lambdas/github/shared-token.js"));
  ({ InstallationTokens: Tokens } = await import("../../../lambdas/github/installation-tokens.js"));
});
afterAll(() => {
  client.destroy();
  return dynamoDb.close();
});

function newKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return privateKey;
}

const until = Date.now() + 60_000;
const itemOf = (installationId: number) => ({
  pk: { S: `token#api.github.com#${installationId}` },
  sk: { S: "token" },
});

test("a token that one container has fetched is used by the others", async () => {
  const installationId = ++installations;
  const [one, other] = [1, 2].map(() => new Tokens(new Shared({ baseUrl, installationId, privateKey }))) as [
    InstallationTokens,
    InstallationTokens,
  ];
  expect(await one.get()).toBe("");
  await one.set("", "ghs_one");
  expect(await other.get()).toBe("ghs_one");
});

test("a token that GitHub refuses is dropped everywhere, and its successor is shared", async () => {
  const installationId = ++installations;
  const shared = () => new Tokens(new Shared({ baseUrl, installationId, privateKey }));
  const [one, other] = [shared(), shared()];
  await other.set("", "ghs_revoked");
  expect(await one.get()).toBe("ghs_revoked");
  const request = { method: "GET" as const, url: `${baseUrl}/app`, headers: {} };
  const refusal = new RequestError("Bad credentials", 401, { request });
  let tries = 0;
  const answer = await one.renewing(async () => {
    if (tries++ === 0) throw refusal;
    expect(await one.get()).toBe("");
    await one.set("", "ghs_new");
    return "answer";
  });
  expect(answer).toBe("answer");
  expect(await shared().get()).toBe("ghs_new");
});

test("a token that another container has just shared is also replaced, if it was revoked together with the one before it", async () => {
  const installationId = ++installations;
  const shared = () => new Tokens(new Shared({ baseUrl, installationId, privateKey }));
  const [one, other] = [shared(), shared()];
  await other.set("", "ghs_revoked");
  const request = { method: "GET" as const, url: `${baseUrl}/app`, headers: {} };
  const used: string[] = [];
  const ask = (good: string) =>
    one.renewing(async () => {
      const token = await one.get();
      used.push(token);
      if (token === "ghs_revoked") await other.set("", "ghs_revoked_with_it");
      if (token !== "") throw new RequestError("Bad credentials", 401, { request });
      await one.set("", good);
      return one.get();
    });
  expect(await ask("ghs_new")).toBe("ghs_new");
  expect(used).toEqual(["ghs_revoked", "ghs_revoked_with_it", ""]);
});

test("an expired token is not used", async () => {
  const installationId = ++installations;
  const shared = new Shared({ baseUrl, installationId, privateKey });
  await shared.write({ value: "ghs_over", until: Date.now() - 1 });
  expect(await new Tokens(shared).get()).toBe("");
});

test("a token can be read only with the App's key, and only for its installation", async () => {
  const [own, another] = [++installations, ++installations];
  await new Shared({ baseUrl, installationId: own, privateKey }).write({ value: "ghs_secret", until });
  const { Items = [] } = await client.send(new ScanCommand({ TableName }));
  expect(JSON.stringify(Items)).not.toContain("ghs_");
  expect(await new Shared({ baseUrl, installationId: own, privateKey: newKey() }).read()).toBeUndefined();

  const { Item = {} } = await client.send(new GetItemCommand({ TableName, Key: itemOf(own) }));
  expect(Item.expiresAt).toEqual({ N: String(Math.ceil(until / 1000)) });
  const moved = { ...Item, ...itemOf(another) };
  await client.send(new PutItemCommand({ TableName, Item: moved }));
  expect(await new Shared({ baseUrl, installationId: another, privateKey }).read()).toBeUndefined();
  expect((await new Shared({ baseUrl, installationId: own, privateKey }).read())?.value).toBe("ghs_secret");
});

test("requests that are refused at the same time get the one new token", async () => {
  const installationId = ++installations;
  const tokens = new Tokens(new Shared({ baseUrl, installationId, privateKey }));
  await new Tokens(new Shared({ baseUrl, installationId, privateKey })).set("", "ghs_revoked");
  const request = { method: "GET" as const, url: `${baseUrl}/app`, headers: {} };
  let issued = 0;
  let renew = () => {};
  const renewed = new Promise<void>((resolve) => {
    renew = resolve;
  });
  const ask = (refusedAfter: Promise<void>) =>
    tokens.renewing(async () => {
      const token = await tokens.get();
      if (token === "ghs_revoked") {
        await refusedAfter;
        throw new RequestError("Bad credentials", 401, { request });
      }
      if (token === "") await tokens.set("", `ghs_new${++issued}`);
      renew();
      return tokens.get();
    });
  const answers = await Promise.all([ask(Promise.resolve()), ask(renewed)]);
  expect(answers).toEqual(["ghs_new1", "ghs_new1"]);
});
