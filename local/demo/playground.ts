import { randomBytes } from "node:crypto";
import type { FakeCoder } from "../fake-coder/fake-coder.js";
import type { FakeGitHub } from "../fake-github/fake-github.js";
import { HttpServer } from "../http/http-server.js";

/**
 * For trying the system by hand: users of the fake GitHub and the fake Coder, and HTTP paths that act on their behalf. The
 * paths start with a secret, because mona's comments may reach an agent of a real Coder.
 */
export class Playground {
  readonly #http = new HttpServer();
  readonly #path = `/${randomBytes(16).toString("hex")}`;

  constructor(
    private readonly gitHub: FakeGitHub,
    coder: FakeCoder | undefined,
  ) {
    const mona = gitHub.addUser({ login: "mona" });
    gitHub.addRepository({ owner: "octo", name: "app", permissions: { mona: "write" } });
    coder?.addUser({ username: "mona", githubId: mona.id });
    coder?.addTemplate({ name: "task-template" });

    this.#http.route("POST", `${this.#path}/issues`, async () => {
      const { issue } = await gitHub.openIssue({ repo: "octo/app", by: "mona", title: "Something to do" });
      const { status, body } = await gitHub.assign(issue, { by: "mona", assignee: gitHub.agentLogin });
      return { status: 200, body: { issue: issue.number, delivery: { status, body } } };
    });
    this.#http.route("POST", `${this.#path}/issues/:number/comments`, async ({ params, body }) => {
      const text = typeof body === "string" ? body : "Please add a test.";
      const { status } = await gitHub.comment(this.#issue(params), { by: "mona", body: text });
      return { status: 200, body: { delivery: { status } } };
    });
    this.#http.route("POST", `${this.#path}/issues/:number/close`, async ({ params }) => {
      const { status, body } = await gitHub.closeIssue(this.#issue(params), { by: "mona" });
      return { status: 200, body: { delivery: { status, body } } };
    });
    this.#http.route("GET", `${this.#path}/issues/:number`, ({ params }) => {
      const comments = gitHub
        .commentsOn(this.#issue(params))
        .map(({ user, body }) => ({ by: user.login, body }));
      return { status: 200, body: { comments } };
    });
  }

  #issue({ number }: Record<string, string>) {
    return { repo: "octo/app", number: Number(number) };
  }

  /** Returns the commands to try, one per line. */
  async listen(): Promise<string[]> {
    const url = `${await this.#http.listen()}${this.#path}`;
    return [
      `curl -X POST ${url}/issues           # mona opens an issue and assigns it to ${this.gitHub.agentLogin}`,
      `curl ${url}/issues/1                 # the comments on it`,
      `curl ${url}/issues/1/comments -d "Please add a test."   # mona comments on it`,
      `curl -X POST ${url}/issues/1/close   # mona closes it`,
    ];
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
