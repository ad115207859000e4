import { secondsFromNow, Table } from "../aws/table.js";

/** Longer than its holder pauses, including retries. A holder that fails is redriven, or replaced after this time. */
const heldForMs = 40 * 60_000;

interface TurnItem {
  /** The ARN of an execution. Its retries and redrives have the same. */
  holder?: string;
  until?: number;
  /** Another execution has joined in the meantime, and left its part to the holder. */
  joined?: boolean;
  expiresAt?: number;
}

/**
 * One execution at a time does a piece of work for all: the others end, and it also does their part. `of` names the work: a
 * commit of a pull request, or a base branch.
 */
export class SharedTurn {
  readonly #table = new Table();
  readonly #key: { pk: string; sk: string };

  constructor(
    repositoryId: number,
    of: string,
    private readonly holder: string,
  ) {
    this.#key = { pk: `ci#${repositoryId}`, sk: of };
  }

  /** Returns whether this execution holds the work. If not, the holder will do the work once more. */
  async begin(): Promise<boolean> {
    const { holder } = this;
    for (;;) {
      const now = Date.now();
      const begun = await this.#table.update<TurnItem>(
        this.#key,
        { holder, until: now + heldForMs, expiresAt: secondsFromNow(86_400) },
        {
          condition: {
            expression: "attribute_not_exists(#holder) OR #holder = :me OR #until < :now",
            values: { me: holder, now },
          },
        },
      );
      if (begun) return true;
      const condition = { expression: "attribute_exists(#holder)" };
      // If this fails, the work has just been given back.
      if (await this.#table.update<TurnItem>(this.#key, { joined: true }, { condition })) return false;
    }
  }

  /** Gives the work back. Returns `false`, and keeps the work, if another execution has left its part to this one. */
  async end(): Promise<boolean> {
    const isMine = { expression: "#holder = :me", values: { me: this.holder } };
    const ended = await this.#table.update<TurnItem>(
      this.#key,
      { holder: undefined, until: undefined },
      { condition: { ...isMine, expression: `${isMine.expression} AND attribute_not_exists(#joined)` } },
    );
    if (ended) return true;
    const kept = await this.#table.update<TurnItem>(this.#key, { joined: undefined }, { condition: isMine });
    return kept === undefined;
  }

  /** Gives the work back if it is this execution's, and nothing is left to do: not for those that have joined, either. */
  async release(): Promise<void> {
    await this.#table.update<TurnItem>(
      this.#key,
      { holder: undefined, until: undefined, joined: undefined },
      { condition: { expression: "#holder = :me", values: { me: this.holder } } },
    );
  }
}
