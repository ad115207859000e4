import { askAsApp } from "../../lambdas/github/app-request.js";
import { appCredentials } from "../../lambdas/github/credentials.js";
import { isRefusal } from "../../lambdas/model/errors.js";
import {
  accountOf,
  allInstallations,
  findApp,
  type Installation,
  isServedInstallation,
  lackingIn,
  permissionsPage,
} from "../operations/registered-app.js";
import { agent } from "./agent.js";
import { type Check, type CheckGroup, fault, faultsOr, ok, type Result, unknown } from "./finding.js";
import { deliveries, hook, signature } from "./hook.js";
import { jobs } from "./schedules.js";

/** How much the clocks may differ. GitHub rejects a JWT that is dated a minute ahead. */
const skewMs = 30_000;

const credentials: Check = {
  name: "GitHub App",
  async run() {
    const { appId } = await appCredentials();
    try {
      const app = await findApp();
      if (app) return [ok(`${app.slug} (id ${appId}) of ${app.owner?.login ?? "nobody"}`)];
      return [fault(`GitHub has no App with the id ${appId}`, wrongPair)];
    } catch (error) {
      if (!isRefusal(error, 401)) throw error;
      return [
        fault(`GitHub rejects the App's id ${appId} with this private key: ${error.reason}`, wrongPair),
      ];
    }
  },
};

const wrongPair =
  "Put the id and a private key of the same App into the secret (docs/deploy.md), and check GITHUB_API_URL.";

const clock: Check = {
  name: "Clock",
  async run() {
    const response = await askAsApp({ method: "GET", path: "/app" });
    await response?.body?.cancel();
    const theirs = Date.parse(response?.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return [unknown("GitHub's answer has no time")];
    const ms = Date.now() - theirs;
    if (Math.abs(ms) <= skewMs) return [ok("this machine's clock and GitHub's agree")];
    const way = ms > 0 ? "ahead of" : "behind";
    return [
      fault(
        `this machine's clock is ${Math.round(Math.abs(ms) / 1000)} s ${way} GitHub's`,
        "Synchronize this machine's clock (NTP), or that of the Enterprise Server.",
      ),
    ];
  },
};

const permissions: Check = {
  name: "Permissions",
  async run() {
    const app = await findApp();
    const lacking = app ? lackingIn(app) : [];
    const page = app && permissionsPage(app);
    const remedy = `Add them at ${page}. Then each account has to accept them.`;
    return faultsOr(
      lacking.map((what) => fault(`the App doesn't ask for ${what}`, remedy)),
      "the App asks for all permissions and events",
    );
  },
};

const installations: Check = {
  name: "Installations",
  async run({ environment }) {
    const app = await findApp();
    const all = await allInstallations();
    if (all.length === 0) {
      return [fault("the App is installed nowhere", `Install it: ${app?.html_url}/installations/new`)];
    }
    const faults = all.flatMap(faultsOfInstallation);
    const logins = all.map(({ account }) => account?.login.toLowerCase());
    const absent = (environment.ALLOWED_ACCOUNTS ?? "")
      .split(",")
      .filter((login) => login !== "" && !logins.includes(login.toLowerCase()));
    const missing = absent.map((login) =>
      fault(
        `ALLOWED_ACCOUNTS names ${login}, where the App isn't installed`,
        `Install it there (${app?.html_url}/installations/new), or remove the name.`,
      ),
    );
    return faultsOr(
      [...faults, ...missing, ...(await faultsIfNoneIsServed(all))],
      `${all.length}, and each has accepted everything that the App asks for`,
    );
  },
};

/** Strangers can install a public App, so an account that isn't served is not a fault by itself. */
async function faultsIfNoneIsServed(all: readonly Installation[]): Promise<Result[]> {
  if ((await Promise.all(all.map(isServedInstallation))).includes(true)) return [];
  const names = all.map(accountOf);
  return [
    fault(
      `the relay serves no account where the App is installed: it skips deliveries from ${names.join(", ")}`,
      `Name the accounts to serve in ALLOWED_ACCOUNTS, for example ALLOWED_ACCOUNTS=${names[0]}, and deploy again (docs/security.md, Which accounts are served).`,
    ),
  ];
}

function faultsOfInstallation(installation: Installation): Result[] {
  const { html_url: page, suspended_at: suspendedAt } = installation;
  const name = accountOf(installation);
  if (suspendedAt) return [fault(`${name} has suspended the App`, `An owner can unsuspend it: ${page}`)];
  return lackingIn(installation).map((what) =>
    fault(`${name} hasn't accepted ${what}`, `An owner has to accept the new permissions: ${page}`),
  );
}

export const gitHubChecks: CheckGroup = {
  gate: credentials,
  checks: [clock, permissions, installations, hook, signature, deliveries, agent, jobs],
};
