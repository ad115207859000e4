import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { lambdaEnvironment, parseSettings, type Settings, SettingsError } from "../../infra/settings.js";

const needed = { CODER_URL: "https://coder.example.com", AGENT_GITHUB_USERNAME: "coder-agent" };

function parse(
  environment: Record<string, string | undefined>,
  context: Record<string, unknown> = {},
): Settings {
  return parseSettings({ environment, context: (name) => context[name] });
}

/** The lines of the error that these settings cause. */
function faults(
  environment: Record<string, string | undefined>,
  context: Record<string, unknown> = {},
): string[] {
  try {
    parse(environment, context);
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split("\n");
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("need no more than the URL of Coder and the agent's login", () => {
    expect(parse(needed)).toEqual({
      ...needed,
      CODER_TASK_NAME_PREFIX: "gh",
      CODER_TEMPLATE_NAME: "task-template",
      CODER_ORGANIZATION: "default",
      LOG_FORMAT: "json",
      GITHUB_API_URL: "https://api.github.com",
      LOG_RETENTION_DAYS: 30,
    });
  });

  test("come from the CDK context too, and the environment wins", () => {
    const context = { ...needed, CODER_TEMPLATE_NAME: "from-context", LOG_RETENTION_DAYS: 90 };
    const settings = parse({ CODER_TEMPLATE_NAME: "from-environment" }, context);
    expect(settings.CODER_TEMPLATE_NAME).toBe("from-environment");
    expect(settings.LOG_RETENTION_DAYS).toBe(90);
  });

  test("that are blank count as not set", () => {
    const settings = parse({ ...needed, CODER_TEMPLATE_PRESET: "", CODER_ORGANIZATION: "  " });
    expect(settings.CODER_TEMPLATE_PRESET).toBeUndefined();
    expect(settings.CODER_ORGANIZATION).toBe("default");
  });

  test("lose blanks and trailing slashes", () => {
    const settings = parse({
      ...needed,
      CODER_URL: " https://coder.example.com/ ",
      GITHUB_API_URL: "https://github.example.com/api/v3/",
      CODER_USER_MAP: "octocat = octo , hubot=robot,",
      ALLOWED_BOTS: "renovate[bot], dependabot[bot]",
    });
    expect(settings).toMatchObject({
      CODER_URL: "https://coder.example.com",
      GITHUB_API_URL: "https://github.example.com/api/v3",
      CODER_USER_MAP: "octocat=octo,hubot=robot",
      ALLOWED_BOTS: "renovate[bot],dependabot[bot]",
    });
  });

  test.each(["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"])("accept %s", (url) => {
    expect(parse({ ...needed, CODER_URL: url }).CODER_URL).toBe(url);
  });

  test("that are missing are named all at once, one line each with an example", () => {
    expect(faults({})).toEqual([
      "CODER_URL is missing; expected the https URL of your Coder deployment, for example CODER_URL=https://coder.example.com",
      "AGENT_GITHUB_USERNAME is missing; expected the GitHub login of the agent, without @, for example AGENT_GITHUB_USERNAME=coder-agent",
    ]);
  });

  test.each([
    ["CODER_URL", "coder.example.com", "is not a URL"],
    ["CODER_URL", "http://coder.example.com", "starts with http://"],
    ["CODER_URL", "ftp://localhost", "starts with ftp://"],
    ["CODER_URL", "https://me:hush@coder.example.com", "holds a user name or password"],
    ["CODER_URL", "https://coder.example.com/?a=b", "has a query"],
    ["AGENT_GITHUB_USERNAME", "@coder-agent", "is no GitHub login"],
    ["AGENT_GITHUB_USERNAME", "a".repeat(40), "is no GitHub login"],
    ["CODER_TASK_NAME_PREFIX", "thirteenchars", "cannot start"],
    ["CODER_TASK_NAME_PREFIX", "gh-", "cannot start"],
    ["CODER_TEMPLATE_NAME", "my template", "is no Coder name"],
    ["CODER_TEMPLATE_NAME", "a".repeat(33), "is no Coder name"],
    ["CODER_ORGANIZATION", "a--b", "is no Coder name"],
    ["CODER_USER_MAP", "octocat", 'holds "octocat", which is no pair'],
    ["CODER_USER_MAP", "octocat=a,OctoCat=b", "names OctoCat twice"],
    ["ALLOWED_BOTS", "renovate[bot],not a login!", 'holds "notalogin!"'],
    ["LOG_FORMAT", "yaml", "is no log format"],
    ["GITHUB_API_URL", "api.github.com", "is not a URL"],
    ["FAILURE_EMAIL", "oncall", "is no email address"],
    ["LOG_RETENTION_DAYS", "31", "is a retention that CloudWatch Logs does not offer"],
    ["LOG_RETENTION_DAYS", "soon", "is not a number"],
  ])("refuse %s=%s", (name, value, wrong) => {
    const lines = faults({ ...needed, [name]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${name} .*; expected .+, for example ${name}=.+$`));
    expect(lines[0]).toContain(wrong);
    expect(lines[0]).not.toContain("hush");
  });

  test("refuse context of another type", () => {
    expect(faults({}, { ...needed, CODER_TEMPLATE_NAME: { name: "x" } })[0]).toContain("is not text");
  });

  test("reach the Lambdas under the same names, without what only the stack needs", () => {
    const settings = parse({
      ...needed,
      FAILURE_EMAIL: "oncall@example.com",
      CODER_USER_MAP: "octocat=octo",
    });
    expect(lambdaEnvironment(settings)).toEqual({
      ...needed,
      CODER_TASK_NAME_PREFIX: "gh",
      CODER_TEMPLATE_NAME: "task-template",
      CODER_ORGANIZATION: "default",
      CODER_USER_MAP: "octocat=octo",
      LOG_FORMAT: "json",
      GITHUB_API_URL: "https://api.github.com",
    });
  });

  test("that are wrong stop the CDK app with these lines alone, before anything is bundled", () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const env = { ...process.env, CODER_URL: "nowhere", AGENT_GITHUB_USERNAME: "" };
    const run = spawnSync(process.execPath, ["--import", "tsx", "infra/app.ts"], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    expect(run.status).toBe(1);
    expect(run.stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^CODER_URL is not a URL; /),
      expect.stringMatching(/^AGENT_GITHUB_USERNAME is missing; /),
    ]);
  });
});
