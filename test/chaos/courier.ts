import { setTimeout as sleep } from "node:timers/promises";
import { isHandledAction, isHandledEvent } from "../../lambdas/model/handled-events.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { Delivery } from "../../local/fake-github/webhooks/deliveries.js";
import type { Random } from "./random.js";
import type { Trace } from "./trace.js";

const isOk = ({ status }: Pick<Delivery, "status">) => status !== undefined && status >= 200 && status < 300;

/** The relay has only what it handles redelivered. */
const isHandled = ({ event, action }: Delivery) =>
  isHandledEvent(event) && isHandledAction(event, action ?? "");

/**
 * Brings GitHub's deliveries to the relay: some late, some twice. Most of those that fail are sent again until they are
 * accepted, as the operator of an App would. The others are lost, unless the relay has them redelivered. Some are never sent.
 */
export class Courier {
  readonly #underWay = new Set<Promise<void>>();
  readonly #failed: Delivery[] = [];
  /** A delivery that has failed only when it came once more is not lost. */
  readonly #accepted = new Set<Delivery>();
  #isCalm = false;

  constructor(
    private readonly gitHub: FakeGitHub,
    private readonly random: Random,
    private readonly trace: Trace,
    /** How many of the deliveries that fail are left to the relay, and how many GitHub never sends, from 0 to 1. */
    private readonly shares: { leaves: number; drops: number },
  ) {}

  /** The deliveries that the relay has not got. */
  get lost(): readonly Delivery[] {
    return this.#failed.filter((delivery) => !isOk(delivery) && !this.#accepted.has(delivery));
  }

  /** Takes deliveries that have been made with `deliver: false`. */
  take(...deliveries: Delivery[]): void {
    for (const delivery of deliveries) {
      if (isHandled(delivery) && this.random.happens(this.shares.drops)) {
        this.trace.note(`${delivery.event}.${delivery.action} ${delivery.guid} is never sent`);
        continue;
      }
      const delaysMs = [this.#delayMs(), ...(this.random.happens(0.15) ? [this.#delayMs() + 100] : [])];
      for (const delayMs of delaysMs) this.#track(this.#bring(delivery, delayMs));
    }
  }

  /** From now on, nothing is late. */
  calm(): void {
    this.#isCalm = true;
  }

  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #delayMs(): number {
    return this.random.happens(0.2) ? this.random.between(50, 600) : 0;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  async #bring(delivery: Delivery, delayMs: number): Promise<void> {
    const what = `${delivery.event}.${delivery.action} ${delivery.guid}`;
    if (!this.#isCalm && delayMs > 0) await sleep(delayMs);
    for (;;) {
      // Its status is that of its newest attempt, which may be another courier's.
      const { status, body } = { ...(await this.gitHub.send(delivery)) };
      this.trace.note(`${what} → ${status} ${body.slice(0, 120)}`);
      if (isOk({ status })) this.#accepted.add(delivery);
      if (isOk({ status })) return;
      if (status === 400 || status === 401) throw new Error(`${what} was refused: ${body}`);
      if (isHandled(delivery) && this.random.happens(this.shares.leaves)) {
        this.trace.note(`${what} is lost`);
        this.#failed.push(delivery);
        return;
      }
      await sleep(200);
    }
  }
}
