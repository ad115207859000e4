/**
 * The layers, the highest first: for each folder its rooms, and for each room the rooms that it may import from. Any other
 * import is an error, and so is a cycle. Files beside a folder's rooms may import from all of them, but no room may import
 * such a file. The picture in docs/architecture.md is drawn from this table.
 */
const clients = ["github", "coder", "aws"];
const ground = ["runtime", "model", "text"];
export const layers = {
  lambdas: {
    actions: [
      "attention",
      "webhook",
      "pulls",
      "tasks",
      "inbox",
      "status",
      "ci",
      "config",
      "healing",
      "github",
      ...ground,
    ],
    attention: ["pulls", "tasks", "inbox", "status", "ci", "accounts", ...clients, ...ground],
    healing: [
      "webhook",
      "tasks",
      "inbox",
      "status",
      "ci",
      "config",
      "schedules",
      "accounts",
      ...clients,
      ...ground,
    ],
    pulls: ["tasks", "inbox", "status", "accounts", "github", "coder", ...ground],
    webhook: ["config", "accounts", "aws", ...ground],
    tasks: ["inbox", "config", "accounts", ...clients, ...ground],
    inbox: ["status", "accounts", ...clients, ...ground],
    status: ["github", "aws", ...ground],
    ci: ["log-relay", "config", "accounts", "github", "aws", ...ground],
    config: ["schedules", "accounts", "github", "aws", ...ground],
    schedules: ["aws", ...ground],
    "log-relay": ground,
    accounts: ["github", "aws", ...ground],
    github: ["aws", ...ground],
    coder: ["aws", ...ground],
    aws: ground,
    runtime: ["model"],
    model: ["text"],
    text: [],
  },
  cli: {
    commands: ["setup", "doctor", "operations", "program", "deployment", "frame"],
    program: ["deployment", "frame"],
    setup: ["operations", "deployment", "frame"],
    doctor: ["operations", "deployment", "frame"],
    operations: ["deployment", "frame"],
    deployment: ["frame"],
    frame: [],
  },
  infra: {
    stack: ["definition"],
    bundling: ["definition"],
    definition: [],
  },
  local: {
    demo: ["system", "fake-github", "fake-coder", "engine", "http"],
    system: ["aws", "lambda-host", "fake-github", "fake-coder", "state", "engine"],
    aws: ["state", "engine", "http"],
    state: ["engine"],
    "fake-github": ["build", "http"],
    "fake-coder": ["http"],
    "lambda-host": ["build"],
    engine: [],
    build: [],
    http: [],
  },
  "local/aws": {
    "api-gateway": [],
    "step-functions": ["protocol"],
    scheduler: ["protocol"],
    lambda: ["protocol"],
    "secrets-manager": ["protocol"],
    dynamodb: ["protocol"],
    protocol: [],
  },
  "local/fake-github": {
    runs: ["contents", "pulls", "app", "issues", "repositories", "webhooks", "rest"],
    contents: ["pulls", "issues", "repositories", "webhooks", "rest"],
    pulls: ["app", "issues", "repositories", "webhooks", "rest"],
    app: ["issues", "repositories", "webhooks", "rest"],
    issues: ["repositories", "webhooks", "rest"],
    repositories: ["webhooks", "rest"],
    webhooks: ["rest"],
    rest: [],
  },
  "local/fake-coder": {
    tasks: ["workspaces", "users", "api"],
    chats: ["workspaces", "users", "api"],
    workspaces: ["users", "api"],
    users: ["api"],
    api: [],
  },
};

/** Imports between these folders that are errors. */
const between = [
  { name: "lambdas-know-nothing-else", from: "^lambdas/", to: "^(cli|infra|local|test|bench)/" },
  { name: "infra-knows-only-rules-of-the-lambdas", from: "^infra/", to: "^(cli|local|test|bench)/" },
  {
    name: "local-knows-no-stack",
    from: "^local/",
    to: "^(cli|infra/stack|test|bench)/|node_modules/aws-cdk-lib/",
  },
  {
    name: "cli-knows-no-stack-and-no-fake",
    from: "^cli/",
    to: "^(infra/(stack|bundling)|local|test|bench)/",
  },
  {
    name: "definition-and-bundling-know-no-cdk",
    from: "^infra/(definition|bundling)/",
    to: "node_modules/(aws-cdk-lib|constructs)/",
  },
];

const rulesOf = (folder, rooms) =>
  Object.entries(rooms).map(([room, below]) => ({
    name: `${folder}/${room}-knows-only-what-is-below`,
    severity: "error",
    from: { path: `^${folder}/${room}/` },
    to: { path: `^${folder}/`, pathNot: `^${folder}/(${[room, ...below].join("|")})/` },
  }));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(layers).flatMap(([folder, rooms]) => rulesOf(folder, rooms)),
    ...between.map(({ name, from, to }) => ({
      name,
      severity: "error",
      from: { path: from },
      to: { path: to },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    parser: "swc",
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"] },
  },
};
