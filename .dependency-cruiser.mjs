/**
 * The layers of the Lambdas, the highest first: each room, and the rooms that it may import from. An arrow that is not
 * in this table is an error, and so is a circle. The picture in docs/architecture.md is drawn from it.
 */
const clients = ["github", "coder", "aws"];
const ground = ["runtime", "model", "text"];
export const layers = {
  actions: [
    "webhook",
    "tasks",
    "inbox",
    "status",
    "config",
    "schedules",
    "log-relay",
    "accounts",
    ...clients,
    ...ground,
  ],
  webhook: ["config", "accounts", "github", "aws", ...ground],
  tasks: ["inbox", "status", "config", "accounts", ...clients, ...ground],
  inbox: ["status", "accounts", ...clients, ...ground],
  status: ["github", "aws", ...ground],
  config: ["schedules", "accounts", "github", "aws", ...ground],
  schedules: ["aws", ...ground],
  "log-relay": ["github", ...ground],
  accounts: ["github", "aws", ...ground],
  github: ["aws", ...ground],
  coder: ["aws", ...ground],
  aws: ground,
  runtime: ["model", "text"],
  model: ["text"],
  text: [],
};

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([room, below]) => ({
      name: `${room}-knows-only-what-is-below`,
      severity: "error",
      from: { path: `^lambdas/${room}/` },
      to: { path: "^lambdas/", pathNot: `^lambdas/(${[room, ...below].join("|")})/` },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    parser: "swc",
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"] },
  },
};
