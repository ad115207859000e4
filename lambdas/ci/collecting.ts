import { secondsFromNow, Table } from "../aws/table.js";

/** Longer than failures are waited for (an hour at most); a collector that fails is redriven, or replaced after this. */
const collectsForMs = 90 * 60_000;

interface Collection {
  collector?: string;
  until?: number;
  expiresAt?: number;
}

/**
 * One execution at a time collects the failures of a commit, so that they go to the agent as one message. The others end:
 * the collector reads from GitHub what they would have told. `collector` is the ARN of an execution, which its retries and
 * redrives have too.
 */
export class CommitCollection {
  readonly #table = new Table();
  readonly #key: { pk: string; sk: string };

  constructor(
    { repositoryId, pull, sha }: { repositoryId: number; pull: number; sha: string },
    private readonly collector: string,
  ) {
    this.#key = { pk: `ci#${repositoryId}#${pull}`, sk: sha };
  }

  /** Whether this execution is the one that collects. */
  async begin(): Promise<boolean> {
    const now = Date.now();
    const begun = await this.#table.update<Collection>(
      this.#key,
      { collector: this.collector, until: now + collectsForMs, expiresAt: secondsFromNow(86_400) },
      {
        condition: {
          expression: "attribute_not_exists(#collector) OR #collector = :me OR #until < :now",
          values: { me: this.collector, now },
        },
      },
    );
    return begun !== undefined;
  }

  /** From here on, the next failure of the commit has a collector of its own. Call it before the failures are read. */
  async end(): Promise<void> {
    const condition = { expression: "#collector = :me", values: { me: this.collector } };
    await this.#table.update<Collection>(
      this.#key,
      { collector: undefined, until: undefined },
      { condition },
    );
  }
}
