import { probe, recentAttempts } from "../operations/deliveries.js";
import { readHook } from "../operations/hook.js";
import { type Check, fault, faultsOr, ok, unknown } from "./finding.js";

const onAppsPage = "on the App's page, under Webhook";

export const hook: Check = {
  name: "Webhook",
  async run({ outputs, isLocal }) {
    const { url, content_type: type, secret, insecure_ssl: insecure } = await readHook();
    const expected = outputs.WebhookUrl ?? "";
    // The local system is behind a tunnel with its own URL.
    const isRight = url === expected || (isLocal && new URL(expected).pathname === pathOf(url));
    const faults = [
      isRight ? undefined : fault(`GitHub sends to ${url || "nowhere"}`, `Set ${expected} ${onAppsPage}.`),
      type === "json"
        ? undefined
        : fault(`its content type is ${type}`, `Set application/json ${onAppsPage}.`),
      secret ? undefined : fault("it has no secret", "Run npm run relay -- rotate webhook-secret."),
      insecure === "0"
        ? undefined
        : fault("GitHub doesn't verify certificates", `Enable SSL verification ${onAppsPage}.`),
    ];
    return faultsOr(
      faults.filter((one) => one !== undefined),
      `GitHub sends to ${url}`,
    );
  },
};

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : "";
}

export const signature: Check = {
  name: "Signature",
  async run() {
    const answer = await probe();
    if (!answer) return [unknown("GitHub lists no delivery that could be sent again without effect")];
    const { outcome, event } = answer;
    if (outcome === "accepted") return [ok(`a signed delivery (${event}) arrived and was accepted`)];
    if (outcome === "refused") {
      return [
        fault(
          "the relay rejects GitHub's signature: the secret at GitHub is neither the current nor the previous one",
          "Run npm run relay -- rotate webhook-secret.",
        ),
      ];
    }
    return [
      fault(
        "a delivery doesn't arrive, or the relay fails on it",
        "Check the webhook's URL and the logs of the Lambda webhook.",
      ),
    ];
  },
};

/** Up to this share of failed deliveries, λ redeliver takes care of them. */
const tolerated = 0.05;

export const deliveries: Check = {
  name: "Deliveries",
  async run() {
    const dayAgo = Date.now() - 24 * 3_600_000;
    const recent = (await recentAttempts()).filter(({ at }) => at >= dayAgo);
    const all = new Set(recent.map(({ guid }) => guid));
    const accepted = new Set(recent.filter(({ outcome }) => outcome === "accepted").map(({ guid }) => guid));
    if (all.size === 0) return [unknown("GitHub has sent nothing for a day")];
    const failed = [...all].filter((guid) => !accepted.has(guid));
    const message = `of the last ${all.size} deliveries of a day, ${failed.length} were never accepted`;
    if (failed.length / all.size <= tolerated) return [ok(message)];
    return [
      fault(
        message,
        `See their answers on the App's page under Advanced. Fix the cause, then replay them, for example npm run relay -- replay ${failed[0]}.`,
      ),
    ];
  },
};
