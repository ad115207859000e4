import type { Deployment } from "../deployment/deployment.js";
import { CommandError, wordsOf } from "../frame/exit.js";
import { matching } from "../frame/matching.js";
import { durationOption } from "../frame/time.js";
import { relayCommand } from "../program/command.js";
import type { Session, Target } from "../program/session.js";
import { readKeyFile } from "../setup/key-file.js";

/** The actions of setup outside this process. */
export interface Outside {
  openBrowser: (url: string) => void;
  deploy: (settings: Readonly<Record<string, string>>, options: { isAgreed: boolean }) => Promise<void>;
}

const outside: Outside = {
  openBrowser: (url) => void import("../setup/browser.js").then(({ openBrowser }) => openBrowser(url)),
  deploy: async (settings, options) => (await import("../setup/cdk.js")).deployWithCdk(settings, options),
};

/** Node.js 20.12 is the oldest version that the relay runs on. */
const oldestNode = [20, 12] as const;

/** Letters, digits and hyphens, and an underscore in the logins of enterprise managed users. */
const login = /^[a-z\d][a-z\d_-]{0,38}$/i;

interface SetupOptions extends Target {
  org?: string | undefined;
  name: string;
  appId?: string | undefined;
  keyFile?: string | undefined;
  open: boolean;
  wait: number;
  yes?: true | undefined;
}

export const setup = (session: Session, { openBrowser, deploy }: Outside = outside) =>
  relayCommand("setup", {
    summary: "Set the relay up: stack, Coder token, GitHub App, installation",
    details:
      "Finds out what exists and continues from there, so you can stop it and run it again at any time. Before it creates something, it says what and asks.",
    examples: [
      "setup",
      "setup --org octo-org --stack team-b-relay",
      "setup --app-id 12345 --key-file app.private-key.pem",
      "setup --local",
    ],
  })
    .option(
      "--org <login>",
      "the organization that will own the GitHub App; default: your own account",
      matching(login, "the login of an organization, such as octo-org"),
    )
    .option("--name <name>", "the name of a new GitHub App", "coder-task-relay")
    .option("--app-id <id>", "take over this GitHub App, with --key-file")
    .option("--key-file <file>", "the App's private key file, as downloaded from GitHub")
    .option("--no-open", "only print addresses, don't open a browser")
    .addOption(durationOption("--wait <time>", "how long to wait for you on GitHub's pages", "15m"))
    .option("--yes", "don't ask")
    .action(async (options) => {
      checkNode();
      checkOptions(options);
      const existing = existingApp(options);
      const agree = (plan: string) => session.terminal.confirm(plan, options.yes);
      const run = { session, options, existing, agree, openBrowser: options.open ? openBrowser : () => {} };
      const { repository, pages } = await setUpAll(run, deploy).catch(withWayOn);
      const tryIt = `${pages}/${repository}/issues/new`;
      const agent = process.env.AGENT_GITHUB_USERNAME;
      session.terminal.result(
        { repository, agent, tryIt },
        `The relay is ready. Open an issue and assign ${agent}:\n  ${tryIt}`,
      );
    });

interface Run {
  session: Session;
  options: SetupOptions;
  existing: ReturnType<typeof existingApp>;
  agree: (plan: string) => Promise<void>;
  openBrowser: (url: string) => void;
}

async function setUpAll(run: Run, deploy: Outside["deploy"]) {
  return setUpGitHub(run, await setUpDeployment(run, deploy));
}

/** Every error that ends setup has to say what to do. Setup's own errors already do. */
function withWayOn(error: unknown): never {
  if (error instanceof CommandError) throw error;
  const wayOn = "Fix that, and run setup again: it continues where it stopped.";
  throw new CommandError("failed", `${wordsOf(error)} ${wayOn}`);
}

/** The stack or the local system, with a Coder token that works. */
async function setUpDeployment(
  { session, options, agree }: Run,
  deploy: Outside["deploy"],
): Promise<Deployment> {
  const { terminal } = session;
  let token: string | undefined;
  if (!options.local) {
    if (options.region !== undefined) process.env.AWS_REGION = options.region;
    const { deployStack, hasStack } = await import("../setup/stack.js");
    if (!(await hasStack(options.stack))) {
      const isAgreed = options.yes === true;
      const run = (settings: Readonly<Record<string, string>>) => deploy(settings, { isAgreed });
      token = await deployStack(terminal, { name: options.stack, deploy: run, agree });
    }
  }
  const deployment = await session.enter(options);
  terminal.note(`✓ ${deployment.title}`);
  const { checkCoder, keepToken, storedToken } = await import("../setup/setup-coder.js");
  token ??= (await checkCoder(terminal, process.env.CODER_URL ?? "", await storedToken(deployment))).token;
  await keepToken(deployment, token);
  return deployment;
}

/** The App, its webhook, its installation and the agent, proven by a ping. */
async function setUpGitHub({ session, options, existing, agree, openBrowser }: Run, deployment: Deployment) {
  const { terminal } = session;
  const { gitHubPages } = await import("../../lambdas/runtime/environment.js");
  const { setUpApp } = await import("../setup/setup-app.js");
  const { setUpInstallation } = await import("../setup/setup-installation.js");
  const { GITHUB_API_URL: api = "https://api.github.com", AGENT_GITHUB_USERNAME: agent = "" } = process.env;
  const pages = gitHubPages();
  const app = await setUpApp(terminal, deployment, {
    api,
    pages,
    organization: options.org,
    name: options.name,
    existing,
    agree,
    openBrowser,
    waitMs: options.wait,
  });
  const isEnterpriseServer = api.endsWith("/api/v3");
  const repository = await setUpInstallation(terminal, app, {
    pages,
    isEnterpriseServer,
    agent,
    openBrowser,
    waitMs: options.wait,
  });
  await proveWebhook(session, deployment);
  return { repository, pages };
}

async function proveWebhook({ terminal }: Session, deployment: Deployment): Promise<void> {
  const { alignHook } = await import("../setup/setup-app.js");
  const { ping } = await import("../setup/ping.js");
  const deliveries = await import("../operations/deliveries.js");
  await ping(terminal, { deliveries, alignSecrets: () => alignHook(deployment) });
}

function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new CommandError(
    "failed",
    `Node.js ${process.versions.node} is too old; install ${oldestNode.join(".")} or later.`,
  );
}

/** The App to take over. The key is read before anything is deployed. */
function existingApp({ appId, keyFile }: SetupOptions): { appId: string; privateKey: string } | undefined {
  return appId !== undefined && keyFile !== undefined
    ? { appId, privateKey: readKeyFile(keyFile) }
    : undefined;
}

function checkOptions({ appId, keyFile, name }: SetupOptions): void {
  const refuse = (message: string) => new CommandError("usage", message);
  if ((appId === undefined) !== (keyFile === undefined))
    throw refuse("--app-id and --key-file belong together: give both, or neither to create a new App.");
  if (appId !== undefined && !/^\d+$/.test(appId)) throw refuse("--app-id is a number, for example 12345.");
  if (name.trim() === "" || name.length > 34)
    throw refuse("--name has at most 34 characters and isn't blank, for example coder-task-relay.");
}
