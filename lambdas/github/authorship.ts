import type { Octokit } from "@octokit/rest";
import { findAccount } from "./accounts.js";
import { findApp } from "./as-app.js";

/** The author of an issue or a comment. */
export interface Authored {
  /** Absent in answers of older GitHub Enterprise Servers. */
  performed_via_github_app?: { id: number | bigint } | null | undefined;
  user?: { id: number | bigint; type?: string } | null | undefined;
}

/** Distinguishes what the App has created from copies: others can copy its text, and its markers with it. */
export class Authorship {
  #botId: Promise<number | undefined> | undefined;

  constructor(
    private readonly octokit: Octokit,
    private readonly appId: string,
  ) {}

  /** By the ids of the App and of its bot's user, for names can be taken by others. */
  async isOurs({ performed_via_github_app: app, user }: Authored): Promise<boolean> {
    if (user?.type !== "Bot") return false;
    return app ? String(app.id) === this.appId : Number(user.id) === (await this.#bot());
  }

  #bot(): Promise<number | undefined> {
    this.#botId ??= this.#findBot();
    return this.#botId;
  }

  async #findBot(): Promise<number | undefined> {
    const { slug } = await findApp();
    return (await findAccount(this.octokit, `${slug}[bot]`))?.id;
  }
}
