import { secondsFromNow, Table } from "../aws/table.js";

/** Longer than its holder pauses, retries included; a holder that fails is redriven, or replaced after this. */
const heldForMs = 40 * 60_000;

interface TurnItem {
  /** The ARN of an execution, which its retries and redrives have too. */
  holder?: string;
  until?: number;
  /** Another execution has come meanwhile, and has left its part to the holder. */
  joined?: boolean;
  expiresAt?: number;
}

/**
 * One execution at a time does a piece of work for all: the others end, and it does their part too. `of` names the work: a
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

  /** Whether the work is this execution's. If it isn't, the holder does it once more. */
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
      // Otherwise it has just been given back.
      if (await this.#table.update<TurnItem>(this.#key, { joined: true }, { condition })) return false;
    }
  }

  /** Gives the work back; `false`, and the work goes on, if another execution has left its part to this one. */
  async end(): Promise<boolean> {
    const isMine = { expression: "#holder = :me", values: { me: this.holder } };
    const ended = await this.#table.update<TurnItem>(
      this.#key,
      { holder: undefined, until: undefined },
      { condition: { ...isMine, expression: `${isMine.expression} AND attribute_not_exists(#joined)` } },
    );
    if (ended) return true;
    const goesOn = await this.#table.update<TurnItem>(
      this.#key,
      { joined: undefined },
      { condition: isMine },
    );
    return goesOn === undefined;
  }
}
