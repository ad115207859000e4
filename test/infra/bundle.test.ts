import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Bundle, bundleLambdas, bytesByPackage } from "../../infra/bundling/bundle.js";
import type { ActionSpec } from "../../infra/definition/action-spec.js";
import { type ActionName, actionNames, actions, pascalCase } from "../../infra/definition/actions.js";
import { allWell } from "../e2e/repo-work.js";
import { until, World } from "../e2e/support.js";
import { createStack, templateOf, variablesOf } from "./template.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A Lambda that calls each AWS client once, as ours do. */
const probe = `
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
export async function handler() {
  const { SecretString } = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: "s" }));
  const { executionArn } = await new SFNClient({}).send(new StartExecutionCommand({ stateMachineArn: "m", input: "{}" }));
  const { Item } = await new DynamoDBClient({}).send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "p" } } }));
  const { name, message, $metadata } = await new SFNClient({})
    .send(new StartExecutionCommand({ stateMachineArn: "m", name: "again", input: "{}" }))
    .catch((error) => error);
  return { SecretString, executionArn, Item, refusal: { name, message, status: $metadata.httpStatusCode } };
}
`;

const answers: Record<string, unknown> = {
  "secretsmanager.GetSecretValue": { SecretString: "hush" },
  "AWSStepFunctions.StartExecution": { executionArn: "arn:execution", startDate: 1 },
  "DynamoDB_20120810.GetItem": { Item: { n: { N: "1" } } },
};

/** The name of AWS's refusal. The bundles hold no error class for it. */
const refusal = { __type: "com.amazonaws.sfn#ExecutionAlreadyExists", message: "it is there" };

describe("the bundles", () => {
  const outdir = mkdtempSync(join(tmpdir(), "bundles-"));
  let bundles: Bundle[];
  beforeAll(async () => {
    bundles = await bundleLambdas({ outdir });
  });
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));

  test("hold one ES module for each Lambda", () => {
    expect(bundles.map(({ name }) => name)).toEqual(actionNames);
    for (const { name, file, directory, bytes } of bundles) {
      expect(file).toBe(join(outdir, name, "index.mjs"));
      expect(directory).toBe(join(outdir, name));
      expect(statSync(file).size).toBe(bytes);
      expect(readFileSync(file, "utf8")).toMatch(/export\s*\{[^}]*\bas handler\b[^}]*\}/);
    }
  });

  test("stay small, because a cold start loads every byte", () => {
    const tooBig = bundles.filter(({ name, bytes }) => bytes > (name === "webhook" ? 260_000 : 480_000));
    expect(tooBig.map(({ name, bytes }) => ({ name, bytes }))).toEqual([]);
  });

  test("hold only the modules that the Lambda has rights for", () => {
    for (const { name, inputs } of bundles) {
      const { secrets, table, starts }: ActionSpec = actions[name];
      const has = (module: string) => (inputs[`lambdas/${module}.ts`] ?? 0) > 0;
      expect({
        name,
        githubApp: has("github/credentials"),
        coderToken: has("coder/connect"),
        taskMark: has("coder/connect"),
        tasks: has("tasks/store") || has("webhook/given-pulls"),
        inbox: has("inbox/input-items"),
        starts: has("aws/start-execution"),
      }).toEqual({
        name,
        githubApp: secrets.includes("githubApp"),
        coderToken: secrets.includes("coderToken"),
        taskMark: secrets.includes("taskMark"),
        tasks: table?.task !== undefined,
        inbox: table?.inbox !== undefined,
        starts: starts !== undefined,
      });
    }
  });

  test("load with the variables that the stack sets", async () => {
    const template = templateOf(createStack().stack);
    await Promise.all(
      bundles.map(async ({ name, file }) => {
        await expect(loaded(file, variablesOf(template, pascalCase(name)))).resolves.toBe(0);
      }),
    );
  });

  test("fail to load without those variables", async () => {
    const sendInbox = bundles.find(({ name }) => name === "send-inbox")?.file ?? "";
    await expect(loaded(sendInbox, {})).rejects.toThrow("CODER_TOKEN_SECRET_ARN");
  });

  test("read credentials only from the environment", () => {
    for (const bundle of bundles) {
      const packages = [...bytesByPackage(bundle).keys()];
      expect(packages).toContain("@aws-sdk/credential-provider-env");
      expect(
        packages.filter((name) => /nested-clients|credential-provider-(?!env$|node$)/.test(name)),
      ).toEqual([]);
    }
  });

  test("report which package each byte comes from", () => {
    for (const bundle of bundles) {
      const sum = [...bytesByPackage(bundle).values()].reduce((a, b) => a + b, 0);
      expect(sum).toBeGreaterThan(bundle.bytes * 0.95);
      expect(bytesByPackage(bundle).get("(own)")).toBeGreaterThan(0);
    }
  });

  test("stay within their invocation's time, and name the invocation in each log line", () => {
    for (const { inputs } of bundles) {
      for (const module of ["budget", "log-context"]) {
        expect(inputs[`lambdas/runtime/${module}.ts`]).toBeGreaterThan(0);
      }
    }
  });

  test("serve an issue's life, each with its own modules", async () => {
    const paths = bundles.map(({ name, file }) => [name, file]);
    const world = await World.start({ bundles: Object.fromEntries(paths) as Record<ActionName, string> });
    try {
      const issue = await world.runningIssue();
      await world.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
      await until("the agent gets the comment", () => world.agentOf(issue).inputs.length === 1);
      await world.gitHub.closeIssue(issue, { by: "mona" });
      await world.untilStatus(issue, "Completed");
      await allWell(world);
    } finally {
      await world.close();
    }
  });

  test("can be built for only some Lambdas, with source maps", async () => {
    const some = join(outdir, "some");
    const [bundle, ...others] = await bundleLambdas({ outdir: some, names: ["webhook"], sourceMaps: true });
    expect(others).toEqual([]);
    expect(readFileSync(bundle?.file ?? "", "utf8")).toMatch(/\/\/# sourceMappingURL=index\.mjs\.map\s*$/);
    await bundleLambdas({ outdir: some, names: ["webhook"] });
    expect(() => statSync(join(some, "webhook/index.mjs.map"))).toThrow("ENOENT");
  });
});

describe("a bundled AWS client", () => {
  // Inside the repository, so that the entry can resolve its packages. Git ignores `dist/`.
  const folder = join(root, "dist", `probe-${process.pid}`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("signs with the environment's credentials, calls AWS_ENDPOINT_URL, and keeps AWS's error names", async () => {
    const calls: string[] = [];
    const server = createServer((request, response) => {
      const target = String(request.headers["x-amz-target"]);
      calls.push(`${target} ${String(request.headers.authorization).replace(/\/.*/, "")}`);
      response.setHeader("content-type", "application/x-amz-json-1.0");
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const isAgain = body.includes('"again"');
        response.statusCode = isAgain ? 400 : 200;
        response.end(JSON.stringify(isAgain ? refusal : (answers[target] ?? {})));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const output = await runProbe(folder, `http://127.0.0.1:${port}`);
      expect(JSON.parse(output)).toEqual({
        SecretString: "hush",
        executionArn: "arn:execution",
        Item: { n: { N: "1" } },
        refusal: { name: "ExecutionAlreadyExists", message: "it is there", status: 400 },
      });
    } finally {
      server.close();
    }
    expect(calls).toEqual(
      [...Object.keys(answers), "AWSStepFunctions.StartExecution"].map(
        (target) => `${target} AWS4-HMAC-SHA256 Credential=AKIDPROBE`,
      ),
    );
  });
});

const surroundings = {
  AWS_REGION: "eu-west-1",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

/** Loads a bundle as Lambda does, with only `env` of our variables; resolves with the exit code. */
async function loaded(file: string, env: Record<string, string>): Promise<number> {
  const worker = new Worker(file, { env: { ...surroundings, ...env }, execArgv: [] });
  const [code] = await once(worker, "exit");
  return code;
}

/** Bundles the probe and runs it in a separate process; resolves with its handler's result. */
async function runProbe(folder: string, endpoint: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "webhook.ts"), probe);
  const [bundle] = await bundleLambdas({
    outdir: join(folder, "out"),
    names: ["webhook"],
    entryFolder: folder,
  });
  const script = `import(${JSON.stringify(`file://${bundle?.file}`)}).then(async ({ handler }) => console.log(JSON.stringify(await handler())))`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIDPROBE",
      AWS_SECRET_ACCESS_KEY: "probe",
      AWS_ENDPOINT_URL: endpoint,
    },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child, "close");
  return output;
}
