import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ActionSpec } from "../../infra/definition/action-spec.js";
import { actionNames, actions, pascalCase } from "../../infra/definition/actions.js";
import { coveredTypes } from "../../infra/definition/deploy-policy.js";
import { SettingsError } from "../../infra/definition/settings.js";
import { folderOfCertificates } from "../../infra/stack/certificates.js";
import {
  createStack,
  recordOf,
  resourcesOf,
  type TemplateOfStack,
  templateOf,
  textOf,
  variablesOf,
} from "./template.js";

/** Self-signed, for "Test CA", valid until 2126. Its key was thrown away. */
const certificate = readFileSync(new URL("test-ca.pem", import.meta.url), "utf8");

const folder = mkdtempSync(join(tmpdir(), "placement-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string): string {
  const path = join(folder, "ca.pem");
  writeFileSync(path, content);
  return path;
}

/** The relay with default settings, and a second one in the same account, which is in a VPC and trusts a private CA. */
let first: TemplateOfStack;
let second: TemplateOfStack;
beforeAll(() => {
  first = templateOf(createStack().stack);
  second = templateOf(
    createStack({
      STACK_NAME: "team-b-relay",
      FAILURE_EMAIL: "oncall@example.com",
      VPC_ID: "vpc-0a1b2c3d4e5f67890",
      SUBNET_IDS: "subnet-0a1b2c3d4e5f67890,subnet-1a2b3c4d",
      SECURITY_GROUP_IDS: "sg-0a1b2c3d4e5f67890",
      NODE_EXTRA_CA_CERTS: file(certificate),
    }).stack,
  );
});

/** The names that AWS keeps unique in an account and region. */
function namesIn(template: TemplateOfStack): string[] {
  const named = {
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
  };
  return Object.entries(named).flatMap(([type, property]) =>
    [...resourcesOf(template, type).values()].map(({ Properties }) => String(Properties[property])),
  );
}

describe("a second relay in one account", () => {
  test("shares no name with the first, because each name begins with its stack's name", () => {
    const own = namesIn(second);
    // The second also has a layer.
    expect(own).toHaveLength(namesIn(first).length + 1);
    for (const name of own) expect(name).toContain("team-b-relay");
    expect(JSON.stringify(second.Resources)).not.toMatch(/coder-task-relay-|\/coder-task-relay"/);
  });

  test("counts its own metrics", () => {
    const filters = [...resourcesOf(second, "AWS::Logs::MetricFilter").values()];
    const namespaces = filters.map(({ Properties }) =>
      [Properties.MetricTransformations].flat().map((metric) => recordOf(metric).MetricNamespace),
    );
    expect(new Set(namespaces.flat())).toEqual(new Set(["team-b-relay"]));
  });

  test("has names that AWS accepts, even with the longest possible stack name", () => {
    const longest = Math.max(...actionNames.map((name) => name.length));
    expect(32 + 1 + longest).toBeLessThanOrEqual(64);
  });
});

test("the policy for deployments covers every type of resource in the stack, and no others", () => {
  const templates = [first, second];
  const types = templates.flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type));
  expect([...new Set(types)].sort()).toEqual(Object.keys(coveredTypes).sort());
});

test("an update keeps the table and the secrets of a relay that was deployed earlier", () => {
  const ids = Object.keys(first.Resources).filter((id) => /^(Storage|Secrets|Schedules)/.test(id));
  expect(ids).toEqual(
    expect.arrayContaining([
      "SchedulesGroupC7F67308",
      "SecretsCoderToken834532D2",
      "SecretsGitHubApp3ACA0759",
      "SecretsTaskMark6525EBED",
      "SecretsWebhook8D5E2A64",
      "StorageTableB43FDCE7",
    ]),
  );
});

const callsOut = ({ secrets }: ActionSpec) => secrets.includes("githubApp") || secrets.includes("coderToken");

describe.each(actionNames)("in a VPC and with a private CA, %s", (name) => {
  const isOut = callsOut(actions[name]);
  const lambda = (template: TemplateOfStack) =>
    resourcesOf(template, "AWS::Lambda::Function").get(`${pascalCase(name)}ActionFunction`)?.Properties;

  test(isOut ? "is in the VPC and trusts the CA" : "stays outside, because it only calls AWS", () => {
    expect(lambda(first)).not.toHaveProperty("VpcConfig");
    expect(lambda(second)?.VpcConfig).toEqual(
      isOut
        ? {
            SubnetIds: ["subnet-0a1b2c3d4e5f67890", "subnet-1a2b3c4d"],
            SecurityGroupIds: ["sg-0a1b2c3d4e5f67890"],
          }
        : undefined,
    );
    expect([lambda(second)?.Layers ?? []].flat().map(textOf)).toEqual(isOut ? ["OutboundCertificates"] : []);
    expect(variablesOf(second, pascalCase(name)).NODE_EXTRA_CA_CERTS).toBe(
      isOut ? "/opt/extra-ca-certs.pem" : undefined,
    );
  });
});

test("only Lambda itself may manage the network interfaces, not a function's code", () => {
  const policies = [...resourcesOf(second, "AWS::IAM::Policy").values()].map(({ Properties }) =>
    JSON.stringify(Properties),
  );
  const own = policies.find((text) => text.includes("ClaimWorkActionRole")) ?? "";
  const statements = [recordOf(recordOf(JSON.parse(own)).PolicyDocument).Statement].flat().map(recordOf);
  const network = statements.filter(({ Action }) => JSON.stringify(Action).includes("ec2:"));
  expect(network.map(({ Effect }) => Effect).sort()).toEqual(["Allow", "Deny"]);
  const [deny] = network.filter(({ Effect }) => Effect === "Deny");
  const { ArnEquals } = recordOf(deny?.Condition);
  expect(textOf(recordOf(ArnEquals)["lambda:SourceFunctionArn"])).toMatch(
    /:lambda:.*:function:team-b-relay-claim-work$/,
  );
  expect(policies.filter((text) => text.includes("ec2:"))).toHaveLength(
    actionNames.filter((name) => callsOut(actions[name])).length,
  );
  expect(
    resourcesOf(second, "AWS::EC2::VPC").size + resourcesOf(second, "AWS::EC2::SecurityGroup").size,
  ).toBe(0);
});

describe("the file of NODE_EXTRA_CA_CERTS", () => {
  test("is deployed with nothing but the certificates", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n";
    const deployed = folderOfCertificates(file(`# Test CA\n${certificate}${key}${certificate}`));
    const text = readFileSync(join(deployed, "extra-ca-certs.pem"), "utf8");
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(text).not.toMatch(/hush|Test CA/);
  });

  test.each([
    ["is missing", () => join(folder, "nowhere.pem"), /can't be read \(ENOENT\)/],
    ["holds no certificate", () => file("hello"), /holds no PEM certificate/],
    [
      "holds a broken certificate",
      () => file(`${certificate}${certificate.replace(/\n[^\n]{20}/, "\n")}`),
      /holds a broken certificate, number 2/,
    ],
  ])("stops the deployment if it %s", (_, path, wrong) => {
    const deploy = () => folderOfCertificates(path());
    expect(deploy).toThrow(SettingsError);
    expect(deploy).toThrow(wrong);
    expect(deploy).toThrow(/expected the path of a file of PEM certificates/);
  });
});
