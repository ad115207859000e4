import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { PlatformStack } from "../../examples/own-app/platform-stack.js";
import { actionNames } from "../../infra/definition/actions.js";

const lambdas = mkdtempSync(join(tmpdir(), "example-"));
afterAll(() => rmSync(lambdas, { recursive: true, force: true }));

/** The example, with empty bundles and without the slow validation at synth. `.ci/run` runs it as a reader would. */
let template: Template;
beforeAll(() => {
  for (const name of actionNames) {
    mkdirSync(join(lambdas, name));
    writeFileSync(join(lambdas, name, "index.mjs"), "export const handler = () => {};");
  }
  const app = new App({ builtinCloudFormationValidation: false });
  template = Template.fromStack(new PlatformStack(app, "Platform", { stackName: "platform", lambdas }));
});

test("the relay is a construct in another app, beside other resources", () => {
  template.resourceCountIs("AWS::EC2::SecurityGroup", 1);
  template.resourceCountIs("AWS::DynamoDB::GlobalTable", 1);
  expect(Object.keys(template.findOutputs("*"))).toEqual(expect.arrayContaining(["WebhookUrl", "RelayApi"]));
});

test("it is named after the app's stack, has its settings, and is in its VPC", () => {
  const webhook = template.findResources("AWS::Lambda::Function", {
    Properties: { FunctionName: "platform-webhook" },
  });
  const text = JSON.stringify(webhook);
  expect(text).toContain('"CODER_BACKEND":"chats"');
  expect(text).toMatch(/"VpcConfig":.*RelayOutbound.*subnet-0a1b2c3d4e5f67890/);
});
