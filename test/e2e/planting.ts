import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Deployment } from "./deployments.js";
import type { World } from "./support.js";

/** The ways in which people and agents can imitate the relay through Coder's API, under their own names. */
export class Planter {
  constructor(
    private readonly world: World,
    private readonly deployment: Pick<Deployment, "coder" | "page">,
  ) {}

  static urlOf({ repo, number }: Issue): string {
    return `https://github.com/${repo.owner}/${repo.name}/issues/${number}`;
  }

  /** The labels by which the relay searches an issue's chats. */
  static labelsOf({ repo, number }: Issue): Record<string, string> {
    return {
      "relay-target": `${repo.owner}/${repo.name}#${number}`,
      "relay-repository-id": String(repo.id),
      "relay-issue": String(number),
      "relay-name": `gh-${repo.name}-${number}`,
    };
  }

  /** An agent with the name of the issue's future agent and this prompt; a chat also has the issue's labels. */
  async agent(issue: Issue, username: string, words: string, labels = {}): Promise<FakeTask | FakeChat> {
    const { id } =
      this.deployment.page === "agents"
        ? await this.#request(username, "POST", this.#chats, {
            organization_id: await this.#organization(),
            content: [{ type: "text", text: words }],
            labels: { ...Planter.labelsOf(issue), ...labels },
          })
        : await this.#request(username, "POST", `/api/v2/tasks/${username}`, {
            template_version_id: await this.#version(),
            name: `gh-${issue.repo.name}-${issue.number}`,
            input: words,
          });
    const planted = this.world.agents().find((agent) => agent.id === id);
    if (!planted) throw new Error(`there is no agent ${id}`);
    return planted;
  }

  /** The id of a workspace of the template that the relay uses. */
  async workspace(username: string, name: string): Promise<string> {
    const body = { name, template_version_id: await this.#version() };
    return (await this.#request(username, "POST", `/api/v2/users/${username}/workspaces`, body)).id;
  }

  get #chats(): string {
    return this.deployment.coder.version === "2.35" ? "/api/experimental/chats" : "/api/v2/chats";
  }

  async #organization(): Promise<string> {
    return (await this.#request("relay-bot", "GET", "/api/v2/organizations/default")).id;
  }

  async #version(): Promise<string> {
    const path = "/api/v2/organizations/default/templates/task-template";
    return String((await this.#request("relay-bot", "GET", path)).active_version_id);
  }

  async #request(username: string, method: string, path: string, body?: unknown) {
    const answer = await this.#send(await this.#tokenOf(username), method, path, body);
    return answer as { id: string; active_version_id?: string };
  }

  async #tokenOf(username: string): Promise<string> {
    const { token } = this.world.coder;
    if (username === "relay-bot") return token;
    const keys = `/api/v2/users/${username}/keys/tokens`;
    const minted = await this.#send(token, "POST", keys, { token_name: `own-${Math.random()}` });
    return (minted as { key: string }).key;
  }

  async #send(token: string, method: string, path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.world.coder.url}${path}`, {
      method,
      headers: { "Coder-Session-Token": token, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
