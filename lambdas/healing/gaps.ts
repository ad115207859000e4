import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { dispatch } from "../webhook/dispatch.js";
import { previewFlow } from "../webhook/flows.js";
import { deliveryOf, type MissedDelivery } from "./missed-delivery.js";
import type { SweepStore } from "./sweep-state.js";

/** Something that the relay has missed, and the execution that makes up for it. */
export interface Gap {
  gap: string;
  execution: string;
}

/** Starts the flows of missed deliveries as the ingress would have done. In a dry run, only lists them. */
export class Gaps {
  readonly found: Gap[] = [];
  /** A flow could not be started. */
  hasFailed = false;

  constructor(
    private readonly state: SweepStore,
    readonly isDryRun: boolean,
  ) {}

  /** Skips facts for which a flow was started before; if it failed, an operator can redrive it. */
  async close({ type, payload, fact, gap }: MissedDelivery, appId: number | undefined): Promise<void> {
    if (await this.state.isDone(fact)) return;
    const delivery = { type, delivery: deliveryOf(fact), payload, appId };
    const outcome = await (this.isDryRun ? dispatch(delivery, previewFlow) : dispatch(delivery));
    if (outcome.kind === "accepted") this.found.push({ gap, execution: outcome.execution });
    if (outcome.kind === "accepted" && !this.isDryRun) measure("ClosedGaps", 1);
    if (outcome.kind === "accepted" || outcome.kind === "duplicate") await this.state.noteDone(fact);
    if (outcome.kind === "failed" || outcome.kind === "rejected") this.hasFailed = true;
    log.info(this.isDryRun ? "A gap" : "A gap is closed", { gap, ...outcome });
  }
}
