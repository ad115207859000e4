import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { setup } from "../../cli/commands/setup.js";
import { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import { prepareAppKey } from "../../local/fake-github/app/app-key.js";
import { FakeGitHub } from "../../local/fake-github/fake-github.js";
import { mockClient } from "../mock-client.js";
import { relay } from "./support.js";

const cloudFormation = mockClient(CloudFormationClient);
const coder = new FakeCoder({});
const gitHub = new FakeGitHub();
beforeAll(async () => {
  await prepareAppKey();
  await Promise.all([coder.listen(), gitHub.listen()]);
  gitHub.addUser({ login: "robot", type: "Bot" });
  coder.addTemplate({ name: "task-template" });
});
afterAll(() => Promise.all([coder.close(), gitHub.close()]));

const missing = Object.assign(new Error("Stack with id x does not exist"), { name: "ValidationError" });
const variables = [
  "CODER_URL",
  "AGENT_GITHUB_USERNAME",
  "CODER_TOKEN",
  "CODER_TEMPLATE_NAME",
  "GITHUB_API_URL",
  "MAX_CI_ROUNDS",
] as const;
beforeEach(() => {
  cloudFormation.reset();
  cloudFormation.on(DescribeStacksCommand).rejects(missing);
  Object.assign(process.env, {
    CODER_URL: coder.url,
    AGENT_GITHUB_USERNAME: gitHub.agentLogin,
    CODER_TOKEN: coder.token,
    GITHUB_API_URL: gitHub.url,
  });
});
afterEach(() => {
  for (const name of variables) delete process.env[name];
});

const isBootstrapped = () =>
  cloudFormation.on(DescribeStacksCommand, { StackName: "CDKToolkit" }).resolves({ Stacks: [] });

/** Runs setup in AWS up to the deployment, which is only recorded. */
async function run(args: string[] = ["--yes"], typed?: string) {
  const deployed: Readonly<Record<string, string>>[] = [];
  const outside = {
    openBrowser: () => {},
    deploy: async (settings: Readonly<Record<string, string>>) => {
      deployed.push(settings);
      throw new Error("deployed so far");
    },
  };
  const result = await relay(["setup", "--stack", "mine", "--region", "eu-west-1", ...args], {
    commands: [(session) => setup(session, outside)],
    ...(typed !== undefined && { typed }),
  });
  return { ...result, deployed };
}

test("a missing stack is deployed with the settings that are given or entered", async () => {
  isBootstrapped();
  process.env.CODER_TEMPLATE_NAME = "task-template";
  const { err, deployed } = await run();
  expect(err).toMatch(/✓ Coder v[\d.]+.* at .* with Tasks.*a site Owner/);
  expect(err).toContain(`✓ GitHub user ${gitHub.agentLogin}`);
  expect(err).toContain("This deploys the stack mine with the settings:");
  expect(err).not.toContain(coder.token);
  expect(deployed).toEqual([
    {
      CODER_URL: coder.url,
      AGENT_GITHUB_USERNAME: gitHub.agentLogin,
      STACK_NAME: "mine",
      CODER_TEMPLATE_NAME: "task-template",
    },
  ]);
});

test.each(["ROLLBACK_COMPLETE", "CREATE_FAILED", "REVIEW_IN_PROGRESS"] as const)(
  "a stack that is %s is deployed again",
  async (StackStatus) => {
    isBootstrapped();
    cloudFormation.on(DescribeStacksCommand, { StackName: "mine" }).resolves({
      Stacks: [{ StackName: "mine", StackStatus, CreationTime: new Date() }],
    });
    process.env.CODER_TEMPLATE_NAME = "task-template";
    expect((await run()).deployed).toHaveLength(1);
  },
);

test("nothing is deployed if the person says no", async () => {
  isBootstrapped();
  process.env.CODER_TEMPLATE_NAME = "task-template";
  const { code, deployed } = await run([], "n\n");
  expect({ code, deployed }).toEqual({ code: 5, deployed: [] });
});

test("the CDK must be bootstrapped", async () => {
  process.env.CODER_TEMPLATE_NAME = "task-template";
  expect(await run()).toMatchObject({ code: 1, deployed: [], err: expect.stringContaining("cdk bootstrap") });
  // With another qualifier, the bootstrap stack can have any name.
  process.env["@aws-cdk/core:bootstrapQualifier"] = "relay";
  expect((await run()).deployed).toHaveLength(1);
  delete process.env["@aws-cdk/core:bootstrapQualifier"];
});

test.each([
  ["AGENT_GITHUB_USERNAME", "nobody", /GitHub has no user nobody.*correct AGENT_GITHUB_USERNAME/],
  ["AGENT_GITHUB_USERNAME", "robot", /robot is not a user but a Bot/],
  ["CODER_URL", undefined, /CODER_URL is missing, and nobody can be asked/],
  ["CODER_URL", "http://127.0.0.1:9", /can't be reached.*Check CODER_URL/],
  ["CODER_URL", "http://coder.example.com", /would send tokens in the clear; expected .*\n.*run setup again/],
  ["MAX_CI_ROUNDS", "0", /MAX_CI_ROUNDS is not a number from 1 to 9999/],
  ["CODER_TOKEN", "wrong", /doesn't accept the token/],
  ["CODER_TEMPLATE_NAME", "other", /Coder has no template other.*It has: task-template/],
])("%s=%s is refused before the deployment", async (name, value, message) => {
  isBootstrapped();
  delete process.env[name];
  if (value !== undefined) process.env[name] = value;
  const { code, err, deployed } = await run();
  expect(code).not.toBe(0);
  expect(err).toMatch(message);
  expect(deployed).toEqual([]);
});

test("a GitHub that answers nothing without credentials doesn't stop setup", async () => {
  isBootstrapped();
  process.env.CODER_TEMPLATE_NAME = "task-template";
  gitHub.http.fail({ path: /\/users\//, status: 401 });
  const { err, deployed } = await run();
  expect(err).toContain(`! The user ${gitHub.agentLogin} is not checked yet`);
  expect(deployed).toHaveLength(1);
});
