import type { Octokit } from "@octokit/core";

/** An issue or a comment, as far as it tells who has made it. */
export interface Authored {
  /** Absent in answers of older GitHub Enterprise Servers. */
  performed_via_github_app?: { id: number | bigint } | null | undefined;
  user?: { id: number | bigint; type?: string } | null | undefined;
}

/** Tells what the App has made from what others have: they can copy its text, and its markers with it. */
export class Authorship {
  #botId: Promise<number> | undefined;

  constructor(
    private readonly octokit: Octokit,
    private readonly appId: string,
  ) {}

  /** By the ids of the App and of its bot's user, for names can be taken by others. */
  async isOurs({ performed_via_github_app: app, user }: Authored): Promise<boolean> {
    if (user?.type !== "Bot") return false;
    return app ? String(app.id) === this.appId : Number(user.id) === (await this.#bot());
  }

  #bot(): Promise<number> {
    this.#botId ??= this.#findBot();
    return this.#botId;
  }

  /** Octokit asks the first as the App itself. */
  async #findBot(): Promise<number> {
    const { data: app } = await this.octokit.request("GET /app");
    const username = `${app?.slug}[bot]`;
    return Number((await this.octokit.request("GET /users/{username}", { username })).data.id);
  }
}
