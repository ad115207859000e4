import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { type Column, table } from "../../cli/frame/table.js";
import { Terminal } from "../../cli/frame/terminal.js";
import { relayCommand } from "../../cli/program/command.js";
import type { Session } from "../../cli/program/session.js";
import { HttpServer } from "../../local/http/http-server.js";
import { isTaken } from "../../local/system/connection.js";
import { mockClient } from "../mock-client.js";
import { relay } from "./support.js";

/** A command that runs the test's function, and prints the deployment's title and environment. */
const trial = (act: (session: Session) => Promise<void>) => (session: Session) =>
  relayCommand("trial", { summary: "Try", examples: ["trial --json"] })
    .option("--yes")
    .action(async () => act(session));
const trying = (act: (session: Session) => Promise<void>, args: string[] = [], typed?: string) =>
  relay(["trial", ...args], { commands: [trial(act)], ...(typed !== undefined && { typed }) });

const found = (session: Session) =>
  relayCommand("trial", { summary: "Try", examples: ["trial"] }).action(async (target) => {
    const { title, outputs } = await session.enter(target);
    session.terminal.result({ title, outputs, table: process.env.TABLE_NAME }, title);
  });

describe("the command line", () => {
  test("has help with an example for every command", async () => {
    const { code, out } = await relay(["--help"]);
    expect(code).toBe(0);
    const names = [...out.matchAll(/^ {2}([a-z]+) \[/gm)].map(([, name = ""]) => name);
    expect(names).toContain("failed");
    for (const name of names.filter((one) => one !== "help")) {
      const help = await relay([name, "--help"]);
      expect(help).toMatchObject({ code: 0, err: "" });
      expect(help.out).toMatch(
        /--json[\s\S]*--local[\s\S]*--stack[\s\S]*Examples:\n {2}\$ npm run relay -- /,
      );
    }
  });

  test.each([
    [["statu"], /unknown command 'statu'[\s\S]*Did you mean status\?/],
    [["failed", "--since", "tomorrow"], /--since <time>.*invalid.*90m, 12h, 7d/],
    [["failed", "--since", "2999-01-01"], /past time/],
    [["failed", "--since", "99999999999d"], /past time/],
    [["rotate", "webhook-secret", "--wait", "30d"], /'30d' is invalid. Expected a time from 0s to 24d/],
    [["rotate", "coder-token", "--lifetime", "0s"], /Expected a time from 1d to 36500d/],
    [["setup", "--wait", "99999999d"], /Expected a time from 0s to 24d/],
    [["failed", "--colour"], /unknown option '--colour'/],
    [["failed", "--local", "--region", "eu-west-1"], /leave out --region/],
    [[], /Usage: npm run relay/],
    [["--local", "status"], /unknown option '--local'\nUsage: npm run relay -- <command> \[options\]/],
    [
      ["inbox"],
      /missing required argument 'work'\nUsage: npm run .* inbox \[options\] <work>\n {2}work: owner/,
    ],
    [
      ["rotate"],
      /rotate does nothing by itself. Expected webhook-secret or coder-token.\nUsage: .* rotate </,
    ],
    [["rotate", "--local"], /rotate does nothing by itself/],
    [["rotate", "--local", "coder-token"], /options come last: rotate coder-token/],
    [["rotate", "secret", "--yes"], /unknown command 'secret' of rotate. Expected webhook-secret or/],
    [["help", "statu"], /unknown command 'statu'[\s\S]*Did you mean status\?/],
    [["statu", "--help"], /unknown command 'statu'[\s\S]*Did you mean status\?/],
    [["status", "--region", "Frankfurt"], /Expected the name of an AWS region, such as eu-central-1/],
    [["help", "rotate", "secret"], /unknown command 'secret' of rotate/],
    [["status", "nonsense"], /"nonsense" is not the name of any work. Expected owner\/repo, owner\/repo#7/],
    [["redrive"], /Expected either the name of a run or --all-since <time>/],
    [["redrive", "run", "--error", "CoderForbiddenError"], /--error needs --all-since/],
  ])("refuses %j with exit code 2", async (args, message) => {
    const { code, out, err } = await relay(args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(message);
  });

  test("takes only a name that CloudFormation allows for a stack, in every command", async () => {
    const { out } = await relay(["--help"]);
    const names = [...out.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name = ""]) => name);
    expect(names).toContain("policy");
    const commands = [
      ...names.map((name) => [name]),
      ["rotate", "webhook-secret"],
      ["rotate", "coder-token"],
    ];
    for (const command of commands) {
      const { code, err } = await relay([...command, "--stack", "mine/*"]);
      expect(code).toBe(2);
      expect(err).toMatch(
        /'--stack <name>' argument 'mine\/\*' is invalid. Expected a stack's name: .* letter first/,
      );
    }
    for (const name of ["", "1st", "a b", "a_b", "a".repeat(129), "relay\n"]) {
      expect(await relay(["status", "--stack", name])).toMatchObject({ code: 2 });
    }
  });

  test("refuses a STACK_NAME that can't be a stack's name, and ignores a blank one", async () => {
    const run = () =>
      relay(["policy", "trust", "--account", "123456789012", "--repository", "octo-org/relay"]);
    try {
      process.env.STACK_NAME = "my relay";
      const { code, err } = await run();
      expect(code).toBe(2);
      expect(err).toMatch(/'my relay' from env 'STACK_NAME' is invalid. Expected a stack's name/);
      process.env.STACK_NAME = " ";
      expect(await run()).toMatchObject({ code: 0 });
    } finally {
      delete process.env.STACK_NAME;
    }
  });

  test("prints the same help with help as with --help", async () => {
    for (const command of [["rotate"], ["rotate", "coder-token"], ["status"]]) {
      const { code, out } = await relay([...command, "--help"]);
      expect(code).toBe(0);
      expect(await relay(["help", ...command])).toMatchObject({ code: 0, out });
    }
    expect((await relay(["rotate", "help"])).code).toBe(0);
  });

  test("reports errors as JSON with --json, and an unexpected one with its name", async () => {
    const failing = async () => {
      throw new RangeError("too far");
    };
    expect(await trying(failing)).toMatchObject({ code: 1, err: "RangeError: too far\n" });
    const { code, err } = await trying(failing, ["--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(err)).toEqual({ error: { name: "RangeError", message: "too far", exit: "failed" } });
    const wrong = await relay(["failed", "--json", "--since", "x"]);
    expect(JSON.parse(wrong.err)).toMatchObject({ error: { name: "CommanderError", exit: "usage" } });
    const incomplete = await relay(["rotate", "--json"]);
    expect(JSON.parse(incomplete.err).error.message).toContain("Expected webhook-secret or coder-token.");
  });

  test("asks before it changes something: --yes agrees, and without a terminal nothing happens", async () => {
    const confirming =
      (isAgreed: boolean) =>
      async ({ terminal }: Session) => {
        await terminal.confirm("This deletes it.", isAgreed);
        terminal.result({ done: true }, "done");
      };
    expect(await trying(confirming(true))).toMatchObject({
      code: 0,
      out: "done\n",
      err: "This deletes it.\n",
    });
    expect(await trying(confirming(false))).toMatchObject({ code: 5, out: "" });
    expect(await trying(confirming(false), [], "y\n")).toMatchObject({ code: 0, out: "done\n" });
    const no = await trying(confirming(false), [], "\n");
    expect(no).toMatchObject({ code: 5, out: "" });
    expect(no.err).toContain("Nothing was changed.");
  });

  test("reports work that takes longer than two seconds", async () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const terminal = new Terminal(streams, { json: false, env: {} });
    const written: string[] = [];
    streams.stderr.on("data", (chunk) => written.push(`${chunk}`));
    await terminal.during("Quick work", Promise.resolve());
    // This work ends once it has been reported.
    await terminal.during("Slow work", once(streams.stderr, "data"));
    expect(written).toEqual(["Slow work …\n"]);
  });

  test("uses colours only on a terminal", async () => {
    const act = async ({ terminal }: Session) => terminal.result("red", terminal.style("red", "red"));
    expect((await trying(act)).out).toBe("red\n");
    expect((await trying(act, [], "")).out).toBe("\u001b[31mred\u001b[39m\n");
    expect((await trying(act, ["--json"], "")).out).toBe('"red"\n');
  });
});

test("a table is aligned and cut to the terminal's width, or turned into paragraphs", () => {
  const rows = [
    { name: "a", text: "one\ntwo" },
    { name: "longer", text: "x".repeat(40) },
  ];
  const columns: Column<(typeof rows)[0]>[] = [
    { title: "NAME", value: ({ name }) => name },
    { title: "NONE", value: () => undefined },
    { title: "TEXT", value: ({ text }) => text },
  ];
  const lines = (width: number) => table(rows, columns, width).split("\n");
  expect(lines(40)).toEqual([
    "NAME    NONE  TEXT",
    "a       –     one two",
    `longer  –     ${"x".repeat(25)}…`,
  ]);
  expect(lines(30)).toEqual([
    ...["NAME  a", "NONE  –", "TEXT  one two", ""],
    ...["NAME  longer", "NONE  –", `TEXT  ${"x".repeat(40)}`],
  ]);
  const address = columns.map((column) => ({ ...column, isWhole: true }));
  expect(table(rows, address, 40)).toContain("x".repeat(40));
});

describe("the deployment", () => {
  const cloudFormation = mockClient(CloudFormationClient);
  const lambda = mockClient(LambdaClient);
  beforeEach(() => {
    cloudFormation.reset();
    lambda.reset();
    process.env.LOCAL_STATE_DIR = "/nowhere";
  });

  test("is found in AWS by the stack's name, with the environment of its Lambdas", async () => {
    cloudFormation.on(DescribeStacksCommand, { StackName: "mine" }).resolves({
      Stacks: [
        {
          StackName: "mine",
          StackId: "arn:aws:cloudformation:eu-west-1:123456789012:stack/mine/0b1f",
          CreationTime: new Date(),
          StackStatus: "UPDATE_COMPLETE",
          Outputs: [{ OutputKey: "WebhookUrl", OutputValue: "https://example.com/webhooks/github" }],
        },
      ],
    });
    const names: (string | undefined)[] = [];
    lambda.on(GetFunctionConfigurationCommand).callsFake(({ FunctionName }) => {
      names.push(FunctionName);
      return { Environment: { Variables: { TABLE_NAME: "mine-table" } } };
    });
    const { code, json } = await relay(["trial", "--stack", "mine", "--region", "eu-west-1", "--json"], {
      commands: [found],
    });
    expect(code).toBe(0);
    expect(json()).toEqual({
      title: "the stack mine in eu-west-1",
      outputs: { WebhookUrl: "https://example.com/webhooks/github" },
      table: "mine-table",
    });
    expect(names.sort()).toEqual(["mine-send-inbox", "mine-sync-schedules", "mine-webhook"]);
  });

  test.each([
    ["ValidationError", "Stack with id other does not exist", /no stack other in this account and region/],
    ["CredentialsProviderError", "Could not load credentials from any providers", /no AWS credentials/],
    ["Error", "Region is missing", /Add --region/],
    [
      "Error",
      'Region not accepted: region="x y" is not a valid hostname component.',
      /AWS_REGION is not the name of an AWS region.*Correct it/,
    ],
    [
      "AccessDenied",
      "not authorized to perform: cloudformation:DescribeStacks",
      /AccessDenied: not authorized/,
    ],
  ])("can't be reached in AWS: %s", async (name, message, expected) => {
    cloudFormation.on(DescribeStacksCommand).rejects(Object.assign(new Error(message), { name }));
    const { code, err } = await relay(["trial", "--stack", "other"], { commands: [found] });
    expect(code).toBe(3);
    expect(err).toMatch(expected);
  });

  test.each([
    ["ROLLBACK_COMPLETE" as const, /The stack mine is incomplete \(ROLLBACK_COMPLETE\).*npm run deploy/],
    ["CREATE_COMPLETE" as const, /The stack mine is not a relay, or lacks a Lambda: Function not found/],
  ])("isn't usable in AWS if its stack is %s and has no Lambdas", async (StackStatus, expected) => {
    cloudFormation.on(DescribeStacksCommand).resolves({
      Stacks: [{ StackName: "mine", StackStatus, CreationTime: new Date() }],
    });
    const missing = Object.assign(new Error("Function not found"), { name: "ResourceNotFoundException" });
    lambda.on(GetFunctionConfigurationCommand).rejects(missing);
    const { code, err } = await relay(["trial", "--stack", "mine"], { commands: [found] });
    expect(code).toBe(3);
    expect(err).toMatch(expected);
  });

  test("isn't on this machine if its system was killed, even if another one uses the folder now", async () => {
    const folder = mkdtempSync(join(tmpdir(), "killed-"));
    const environment = { AWS_ENDPOINT_URL_SFN: "http://127.0.0.1:9" };
    writeFileSync(join(folder, "connection.json"), JSON.stringify({ outputs: {}, environment }));
    process.env.LOCAL_STATE_DIR = folder;
    const { code, err } = await relay(["trial", "--local"], { commands: [found] });
    expect(code).toBe(3);
    expect(err).toContain(
      `No local system is running in ${folder}: the system that connection.json describes has ended`,
    );
    expect(await isTaken(folder)).toBe(false);
    const server = new HttpServer();
    environment.AWS_ENDPOINT_URL_SFN = await server.listen();
    writeFileSync(join(folder, "connection.json"), JSON.stringify({ outputs: {}, environment }));
    expect(await isTaken(folder)).toBe(true);
    await server.close();
  });

  test("isn't on this machine without npm start", async () => {
    const { code, err } = await relay(["trial", "--local"], { commands: [found] });
    expect(code).toBe(3);
    expect(err).toMatch(/No local system is running in \/nowhere.*npm start/);
  });
});
