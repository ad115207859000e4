import { randomUUID } from "node:crypto";
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";

let endpoint: SecretsManager;
let secrets: SecretsManagerClient;
beforeEach(async () => {
  endpoint = new SecretsManager();
  secrets = new SecretsManagerClient({
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    endpoint: await endpoint.listen(),
    maxAttempts: 1,
  });
});
afterEach(async () => {
  secrets.destroy();
  await endpoint.close();
});

const get = (SecretId: string, VersionStage?: string) =>
  secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }));
const value = async (stage?: string) => (await get("token", stage)).SecretString;
const put = (input: Omit<PutSecretValueCommandInput, "SecretId">) =>
  secrets.send(new PutSecretValueCommand({ SecretId: "token", ...input }));
const moveStage = (VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) =>
  secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: "token",
      VersionStage,
      RemoveFromVersionId,
      MoveToVersionId,
    }),
  );
const stages = async () =>
  (await secrets.send(new DescribeSecretCommand({ SecretId: "token" }))).VersionIdsToStages;
const missing = (stage: string) => ({
  name: "ResourceNotFoundException",
  message: `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
});

test("a secret is read by its name and by its ARN", async () => {
  const arn = endpoint.put("relay/webhook", "one");
  expect(await get("relay/webhook")).toMatchObject({
    ARN: arn,
    Name: "relay/webhook",
    SecretString: "one",
    VersionStages: ["AWSCURRENT"],
    CreatedDate: expect.any(Date),
  });
  expect((await get(arn)).SecretString).toBe("one");
  expect((await get(arn.slice(0, -7))).SecretString).toBe("one");
});

test("a rotation keeps the old value as AWSPREVIOUS, and only that one", async () => {
  endpoint.put("token", "first");
  await expect(get("token", "AWSPREVIOUS")).rejects.toMatchObject(missing("AWSPREVIOUS"));
  endpoint.put("token", "second");
  const { VersionId, VersionStages } = await put({ SecretString: "third" });
  expect(VersionStages).toEqual(["AWSCURRENT"]);
  expect(await get("token")).toMatchObject({ SecretString: "third", VersionId });
  expect(await get("token", "AWSPREVIOUS")).toMatchObject({
    SecretString: "second",
    VersionStages: ["AWSPREVIOUS"],
  });
});

test("putting the same value again removes the old one", async () => {
  endpoint.put("token", "old");
  for (const _ of [1, 2]) await put({ SecretString: "new" });
  expect([await value(), await value("AWSPREVIOUS")]).toEqual(["new", "new"]);
});

test("moving the staging label makes a pending version the current one, and can be undone", async () => {
  endpoint.put("token", "old");
  const old = (await get("token")).VersionId ?? "";
  const { VersionId: pending = "" } = await put({ SecretString: "new", VersionStages: ["AWSPENDING"] });
  expect([await value(), await value("AWSPENDING")]).toEqual(["old", "new"]);

  await moveStage("AWSCURRENT", old, pending);
  expect(await stages()).toEqual({ [old]: ["AWSPREVIOUS"], [pending]: ["AWSCURRENT", "AWSPENDING"] });
  await moveStage("AWSPENDING", pending);
  await expect(get("token", "AWSPENDING")).rejects.toMatchObject(missing("AWSPENDING"));
  await moveStage("AWSCURRENT", pending, old);
  expect(await stages()).toEqual({ [old]: ["AWSCURRENT"], [pending]: ["AWSPREVIOUS"] });
});

test("a custom staging label is on one version at a time", async () => {
  const ids: string[] = [];
  for (const text of ["one", "two"]) {
    const VersionStages = ["mine", ...(text === "two" ? ["AWSCURRENT"] : [])];
    if (ids.length === 0) endpoint.put("token", "zero");
    ids.push((await put({ SecretString: text, VersionStages })).VersionId ?? "");
  }
  expect(await value("mine")).toBe("two");
  await moveStage("mine", ids[1], ids[0]);
  expect(await value("mine")).toBe("one");
});

test("a put that is repeated with its token does nothing; with another value it is refused", async () => {
  endpoint.put("token", "old");
  const request = { SecretString: "new", ClientRequestToken: randomUUID() };
  const first = await put(request);
  endpoint.put("token", "newer");
  expect(await put(request)).toMatchObject({ VersionId: first.VersionId, VersionStages: ["AWSPREVIOUS"] });
  expect(await value()).toBe("newer");
  await expect(put({ ...request, SecretString: "other" })).rejects.toMatchObject({
    name: "ResourceExistsException",
  });
});

test("binary values are returned as bytes", async () => {
  endpoint.put("token", "text");
  const SecretBinary = new Uint8Array([0, 255]);
  await put({ SecretBinary });
  expect(await get("token")).toMatchObject({ SecretBinary });
});

test("a secret is described without its value", async () => {
  const arn = endpoint.put("token", "hush");
  const { VersionId = "" } = await get("token");
  const described = await secrets.send(new DescribeSecretCommand({ SecretId: arn }));
  expect(described).toMatchObject({
    ARN: arn,
    Name: "token",
    CreatedDate: expect.any(Date),
    LastChangedDate: expect.any(Date),
    LastAccessedDate: expect.any(Date),
    VersionIdsToStages: { [VersionId]: ["AWSCURRENT"] },
  });
  expect(JSON.stringify(described)).not.toContain("hush");
});

test("secrets are listed newest first, page by page, and by name prefix", async () => {
  for (const name of ["a/one", "a/two", "b"]) endpoint.put(name, "hush");
  const first = await secrets.send(new ListSecretsCommand({ MaxResults: 2 }));
  const second = await secrets.send(new ListSecretsCommand({ MaxResults: 2, NextToken: first.NextToken }));
  const names = ({ SecretList = [] }: typeof first) => SecretList.map(({ Name }) => Name);
  expect([names(first), names(second), second.NextToken]).toEqual([["b", "a/two"], ["a/one"], undefined]);
  const Filters = [{ Key: "name" as const, Values: ["a/"] }];
  expect(names(await secrets.send(new ListSecretsCommand({ Filters, SortOrder: "asc" })))).toEqual([
    "a/one",
    "a/two",
  ]);
});

test("versions without a staging label are listed only on request", async () => {
  for (const text of ["one", "two", "three"]) endpoint.put("token", text);
  const list = async (IncludeDeprecated: boolean) => {
    const command = new ListSecretVersionIdsCommand({ SecretId: "token", IncludeDeprecated });
    return (await secrets.send(command)).Versions?.map(({ VersionStages }) => VersionStages?.[0]);
  };
  expect(await list(false)).toEqual(["AWSPREVIOUS", "AWSCURRENT"]);
  expect(await list(true)).toEqual([undefined, "AWSPREVIOUS", "AWSCURRENT"]);
});

const unknownVersion = "0".repeat(32);
test.each([
  ["ResourceNotFoundException", () => get("nothing")],
  ["ResourceNotFoundException", () => secrets.send(new DescribeSecretCommand({ SecretId: "nothing" }))],
  [
    "ResourceNotFoundException",
    () => secrets.send(new PutSecretValueCommand({ SecretId: "nothing", SecretString: "a" })),
  ],
  ["ResourceNotFoundException", () => moveStage("AWSPENDING", undefined, unknownVersion)],
  ["InvalidRequestException", () => put({})],
  ["InvalidParameterException", () => put({ SecretString: "a", SecretBinary: new Uint8Array([1]) })],
  ["InvalidParameterException", () => moveStage("AWSPENDING")],
  ["InvalidParameterException", async () => moveStage("AWSCURRENT", (await get("token")).VersionId)],
  [
    "InvalidParameterException",
    async () => {
      const { VersionId } = await put({ SecretString: "new", VersionStages: ["AWSPENDING"] });
      return moveStage("AWSCURRENT", undefined, VersionId);
    },
  ],
  [
    "InvalidParameterException",
    async () => {
      const { VersionId } = await put({ SecretString: "new", VersionStages: ["AWSPENDING"] });
      return moveStage("AWSCURRENT", VersionId, VersionId);
    },
  ],
  [
    "InvalidRequestException",
    async () => {
      const { VersionId } = await get("token");
      return secrets.send(
        new GetSecretValueCommand({ SecretId: "token", VersionId, VersionStage: "AWSPREVIOUS" }),
      );
    },
  ],
  ["InvalidNextTokenException", () => secrets.send(new ListSecretsCommand({ NextToken: "never given" }))],
  ["ValidationException", () => put({ SecretString: "a", ClientRequestToken: "short" })],
  ["UnknownOperationException", () => secrets.send(new CreateSecretCommand({ Name: "other" }))],
])("%s is thrown under its name", async (name, act) => {
  endpoint.put("token", "old");
  await expect(act()).rejects.toMatchObject({
    name,
    message: expect.stringMatching(/.+/),
    $metadata: { httpStatusCode: 400 },
  });
});
