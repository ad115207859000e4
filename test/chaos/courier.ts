import { setTimeout as sleep } from "node:timers/promises";
import { isHandledAction, isHandledEvent } from "../../lambdas/model/handled-events.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { Delivery } from "../../local/fake-github/webhooks/deliveries.js";
import type { Random } from "./random.js";
import type { Trace } from "./trace.js";

const isOk = ({ status }: Pick<Delivery, "status">) => status !== undefined && status >= 200 && status < 300;

/** The relay requests the redelivery only of events that it handles. */
const isHandled = ({ event, action }: Delivery) =>
  isHandledEvent(event) && isHandledAction(event, action ?? "");

/**
 * Delivers GitHub's webhooks to the relay, some late, some twice, and some never. Most failed deliveries are sent again
 * until they are accepted, as the operator of an App would do. The others are lost unless the relay has them redelivered.
 */
export class Courier {
  readonly #underWay = new Set<Promise<void>>();
  readonly #failed: Delivery[] = [];
  /** The accepted deliveries. One of these isn't lost if only a repetition of it has failed. */
  readonly #accepted = new Set<Delivery>();
  #isCalm = false;

  constructor(
    private readonly gitHub: FakeGitHub,
    private readonly random: Random,
    private readonly trace: Trace,
    /** The share of failed deliveries that are left to the relay, and the share that GitHub never sends, from 0 to 1. */
    private readonly shares: { leaves: number; drops: number },
  ) {}

  /** The deliveries that the relay has not received. */
  get lost(): readonly Delivery[] {
    return this.#failed.filter((delivery) => !isOk(delivery) && !this.#accepted.has(delivery));
  }

  /** Takes deliveries that were created with `deliver: false`. */
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
      // Copied, because the delivery's status is that of its newest attempt, and another attempt may run at the same time.
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
