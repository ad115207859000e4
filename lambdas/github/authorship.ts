import type { Octokit } from "@octokit/rest";
import { findAccount } from "./accounts.js";
import { findApp } from "./as-app.js";

/** The author of an issue or a comment. */
export interface Authored {
  /** Absent in answers of older GitHub Enterprise Servers. */
  performed_via_github_app?: { id: number | bigint } | null | undefined;
  user?: { id: number | bigint; type?: string } | null | undefined;
}

/** Tells the App's own issues and comments from copies, because others can copy its text and the markers in it. */
export class Authorship {
  #botId: Promise<number | undefined> | undefined;

  constructor(
    private readonly octokit: Octokit,
    private readonly appId: string,
  ) {}

  /** Compares the ids of the App and of its bot's user, because others can take over names. */
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
