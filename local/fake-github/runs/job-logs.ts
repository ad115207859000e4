import { randomUUID } from "node:crypto";
import type { HttpReply } from "../../http/http-server.js";
import { GitHubError, notFound, param, type Rest } from "../rest/rest.js";

/** A job's log: its text, or a function that generates it in pieces if it is too big for memory. */
export type Log = string | (() => AsyncIterable<string | Buffer>);

/** The download URLs of logs. https://docs.github.com/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run */
export class JobLogs {
  /** How long a URL works: one minute, according to GitHub. */
  lifeMs = 60_000;
  readonly #given = new Map<string, { log: Log; until: number }>();

  /** `undefined` means that there never was a log, `null` that it was deleted. */
  redirect(log: Log | null | undefined, base: string): HttpReply {
    if (log === undefined) throw notFound();
    if (log === null) throw new GitHubError(410, "Gone");
    const key = randomUUID();
    this.#given.set(key, { log, until: Date.now() + this.lifeMs });
    return { status: 302, headers: { location: `${base}/_logs/${key}` } };
  }

  routes(rest: Rest): void {
    rest.get("/_logs/:key", (request) => {
      const given = this.#given.get(param(request, "key"));
      // The blob store's answer if the URL's signature has expired.
      if (!given || given.until <= Date.now()) return { status: 403, body: "AuthenticationFailed" };
      const body = typeof given.log === "string" ? given.log : given.log();
      return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body };
    });
  }
}
