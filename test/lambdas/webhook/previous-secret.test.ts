import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { sign } from "@octokit/webhooks-methods";
import { flowNames } from "../../../infra/definition/action-spec.js";
import { environmentStem } from "../../../infra/definition/actions.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";

const body = "{}";
const realNow = Date.now;
const secrets = new SecretsManager();
let isAuthentic: (body: string, signature: string) => Promise<boolean>;
let previousSecret: string;
let warn: jest.Spied<(message: string) => void>;

beforeAll(async () => {
  secrets.put("webhook", "old");
  secrets.put("webhook", "new");
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await secrets.listen(),
    WEBHOOK_SECRET_ARN: "webhook",
  });
  for (const flow of flowNames) process.env[`${environmentStem(flow)}_FLOW_ARN`] = flow;
  const { log } = await import("../../../lambdas/runtime/log.js");
  warn = jest.spyOn(log, "warn").mockReturnValue();
  ({ isAuthentic } = await import("../../../lambdas/webhook/signature.js"));
  ({ previousSecret } = await import("../../../lambdas/webhook/signature-lines.js"));
});
afterAll(async () => {
  Date.now = realNow;
  await secrets.close();
});

test("the previous secret is accepted, and operators are told so from a day after the rotation", async () => {
  expect(await isAuthentic(body, await sign("old", body))).toBe(true);
  expect(warn).not.toHaveBeenCalled();
  Date.now = () => realNow() + 25 * 3600_000;
  expect(await isAuthentic(body, await sign("new", body))).toBe(true);
  expect(warn).not.toHaveBeenCalled();
  expect(await isAuthentic(body, await sign("old", body))).toBe(true);
  expect(warn.mock.calls).toEqual([[previousSecret]]);
});
