import { describe, expect, test } from "@jest/globals";
import { coveredTypes, resourceStatements } from "../../infra/definition/deploy-policy.js";
import { relay } from "./support.js";

const account = "123456789012";
const here = ["--account", account, "--region", "eu-central-1"];

describe("the policy of CloudFormation", () => {
  test("fits into a managed policy, even with the longest possible stack name", async () => {
    const { code, out } = await relay(["policy", "cloudformation", "--stack", "a".repeat(32), ...here]);
    expect(code).toBe(0);
    // IAM doesn't count white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    expect(out.replace(/\s/g, "").length).toBeLessThan(6144);
  });

  test("has a statement for each type of resource that it covers", () => {
    const place = { stackName: "mine", account, region: "eu-central-1", partition: "aws" };
    const statements = resourceStatements(place, "hnb659fds").map(({ Sid }) => Sid);
    for (const sid of Object.values(coveredTypes)) expect(statements).toContain(sid);
  });

  test("covers names of at most 64 characters, in which CloudFormation truncates the stack's name to 24", async () => {
    const stack = "a-stack-with-quite-a-long-name";
    const { json } = await relay(["policy", "cloudformation", "--stack", stack, ...here, "--json"]);
    const { Statement } = json() as { Statement: { Resource: string[] }[] };
    const patterns = Statement.flatMap(({ Resource }) => Resource);
    for (const kind of ["rule", "role"]) {
      const name = `:${kind}/${stack.slice(0, 24)}-ObservabilityFlowFailedD4-1GD7M49G9D2VE`;
      const ofKind = patterns.flatMap((arn) => arn.match(`:${kind}/.*(?=[*]$)`)?.[0] ?? []);
      expect(ofKind.map((start) => [start, name.startsWith(start)])).toContainEqual([
        expect.anything(),
        true,
      ]);
    }
  });

  test("reaches only resources with the stack's name, except where AWS can't limit it", async () => {
    const { json } = await relay(["policy", "cloudformation", "--stack", "mine", ...here, "--json"]);
    const { Statement } = json() as { Statement: { Sid: string; Resource: string[] }[] };
    const unlimited = Statement.filter(({ Resource }) => !Resource.every((arn) => arn.includes("mine")));
    expect(unlimited.map(({ Sid }) => Sid).sort()).toEqual([
      "Api",
      "Assets",
      "Bootstrap",
      "LogDelivery",
      "RandomPassword",
      "Secrets",
      "Validate",
      "Vpc",
    ]);
  });
});

test("the pipeline may only assume the CDK's roles and read the stack's outputs", async () => {
  const { json } = await relay(["policy", "pipeline", ...here, "--qualifier", "relay", "--json"]);
  expect(json()).toMatchObject({
    Statement: [
      {
        Action: ["sts:AssumeRole"],
        Resource: ["deploy", "file-publishing", "lookup"].map(
          (kind) => `arn:aws:iam::${account}:role/cdk-relay-${kind}-role-${account}-eu-central-1`,
        ),
      },
      { Action: ["cloudformation:DescribeStacks"] },
    ],
  });
});

test("only one environment of one repository may assume its role", async () => {
  const { json } = await relay(["policy", "trust", ...here, "--repository", "octo-org/relay", "--json"]);
  expect(json()).toMatchObject({
    Statement: [
      {
        Principal: {
          Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`,
        },
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:octo-org/relay:environment:production",
          },
        },
      },
    ],
  });
});

test.each([
  ["", /No AWS region is set. Add --region/],
  ["*", /AWS_REGION is \*, which is no region. Add --region/],
])("refuses AWS_REGION=%j", async (region, message) => {
  const before = process.env.AWS_REGION;
  process.env.AWS_REGION = region;
  try {
    const { code, err } = await relay(["policy", "pipeline", "--account", account]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  } finally {
    if (before === undefined) delete process.env.AWS_REGION;
    else process.env.AWS_REGION = before;
  }
});

test.each([
  [["policy", "trust", ...here], /needs --repository/],
  [["policy", "pipeline", "--account", "1", "--region", "eu-central-1"], /twelve digits/],
  [
    ["policy", "pipeline", "--account", account, "--region", "eu*"],
    /name of an AWS region, such as eu-central-1/,
  ],
  [["policy", "pipeline", ...here, "--partition", "*"], /Expected a partition, such as aws/],
  [["policy", "pipeline", ...here, "--qualifier", "*"], /Expected the qualifier of a bootstrap/],
  [["policy", "trust", ...here, "--repository", "octo-org/*"], /Expected owner\/name/],
  [["policy", "trust", ...here, "--repository", "octo-org"], /Expected owner\/name/],
  [["policy", "trust", ...here, "--environment", "*"], /Expected the name of an environment/],
  [["policy", "everything", ...here], /cloudformation, pipeline, trust/],
])("refuses %j", async (args, message) => {
  const { code, err } = await relay(args);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
