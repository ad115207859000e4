import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from "@aws-sdk/client-secrets-manager";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Secret, Stage } from "../../../lambdas/aws/secret.js";
import { mockClient } from "../../mock-client.js";

const secretsManager = mockClient(SecretsManagerClient);
const minuteMs = 60_000;
let nowMs = 0;
let secret: Secret;
let make: (stages?: readonly Stage[]) => Secret;

beforeAll(async () => {
  process.env.AWS_REGION = "us-east-1";
  const { Secret } = await import("../../../lambdas/aws/secret.js");
  make = (stages) => new Secret("arn:secret", stages, () => nowMs);
});
beforeEach(() => {
  nowMs = 1000 * minuteMs;
  secretsManager.reset();
  secret = make(["AWSCURRENT", "AWSPREVIOUS"]);
});

function holds(current: string, previous?: string): void {
  const value = (VersionStage: Stage) => secretsManager.on(GetSecretValueCommand, { VersionStage });
  value("AWSCURRENT").resolves({ SecretString: current });
  if (previous !== undefined) value("AWSPREVIOUS").resolves({ SecretString: previous });
  else value("AWSPREVIOUS").rejects(refused(400, "ResourceNotFoundException"));
}
const refused = (httpStatusCode: number, name: string) =>
  new SecretsManagerServiceException({ name, $fault: "server", message: "x", $metadata: { httpStatusCode } });
const calls = () => secretsManager.commandCalls(GetSecretValueCommand).length;
const nameOf = (asked: Promise<unknown>) =>
  asked.then(
    () => "no error",
    (error: Error) => error.name,
  );

describe("the values of a secret", () => {
  test("include both stages, without trailing line breaks", async () => {
    holds("new\n", "old\r\n");
    expect(await secret.values()).toEqual(["new", "old"]);
    expect(await secret.value()).toBe("new");
  });

  test("hold one value if the secret was never rotated", async () => {
    holds("new");
    expect(await secret.values()).toEqual(["new"]);
  });

  test("are read once in five minutes for all callers", async () => {
    holds("new");
    await Promise.all([secret.values(), secret.values()]);
    nowMs += 5 * minuteMs - 1;
    await secret.values();
    expect(calls()).toBe(2);
    holds("newer", "new");
    nowMs += 1;
    expect(await secret.values()).toEqual(["newer", "new"]);
  });

  test("are read again at the next use after a service has refused them", async () => {
    holds("new");
    await secret.value();
    holds("mended");
    secret.expire();
    expect(await secret.value()).toBe("mended");
  });

  test("are read again on demand, once a minute", async () => {
    holds("new");
    await secret.values();
    holds("rotated", "new");
    expect(await secret.reread()).toEqual(["rotated", "new"]);
    expect(await secret.reread()).toBeUndefined();
    nowMs += minuteMs;
    const [both, same] = await Promise.all([secret.reread(), secret.reread()]);
    expect([both, same]).toEqual([
      ["rotated", "new"],
      ["rotated", "new"],
    ]);
    expect(calls()).toBe(6);
  });
});

/** Transient errors, as the SDK throws them. */
const troubles: [string, Error][] = [
  ["a throttle", refused(400, "ThrottlingException")],
  ["a 429", refused(429, "TooManyRequestsException")],
  ["a 500", refused(500, "InternalServiceError")],
  ["a 5xx under an odd name", refused(503, "ResourceNotFoundException")],
  ["a socket that is reset", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })],
  ["a name that does not resolve", Object.assign(new Error("EAI_AGAIN"), { code: "EAI_AGAIN" })],
  ["no answer in time", Object.assign(new Error("timed out"), { name: "TimeoutError" })],
];
describe.each(troubles)("%s", (_, error) => {
  test("is a TransientError if no value is known", async () => {
    secretsManager.rejects(error);
    expect(await nameOf(secret.values())).toBe("TransientError");
    holds("new");
    expect(await secret.values()).toEqual(["new"]);
  });

  test("keeps the known values in use, and Secrets Manager is not called for a minute", async () => {
    holds("new", "old");
    await secret.values();
    nowMs += 5 * minuteMs;
    secretsManager.reset();
    secretsManager.rejects(error);
    expect(await secret.values()).toEqual(["new", "old"]);
    nowMs += minuteMs - 1;
    expect(await secret.values()).toEqual(["new", "old"]);
    expect(calls()).toBe(2);
    holds("newer", "new");
    nowMs += 1;
    expect(await secret.values()).toEqual(["newer", "new"]);
  });
});

test.each(["AccessDeniedException", "DecryptionFailure", "ResourceNotFoundException"])(
  "a refusal keeps its name: %s",
  async (name) => {
    secretsManager.rejects(refused(400, name));
    expect(await nameOf(secret.values())).toBe(name);
  },
);

test("an error about an empty secret names the secret", async () => {
  secretsManager.on(GetSecretValueCommand).resolves({});
  await expect(make().value()).rejects.toThrow("The secret arn:secret has no value.");
});
