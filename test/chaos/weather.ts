import { setTimeout as sleep } from "node:timers/promises";
import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { Fault } from "../../local/http/faults.js";
import type { Random } from "./random.js";
import type { Service } from "./relay.js";
import type { RelayProcess } from "./relay-process.js";
import type { Trace } from "./trace.js";

interface Places {
  gitHub: FakeGitHub;
  coder: FakeCoder;
  relay: RelayProcess;
}

/** AWS's answers to calls that it can't serve. */
const awsFaults: [Fault, ...Fault[]] = [
  { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } },
  { status: 500, body: { __type: "InternalServerError", message: "injected fault" } },
  { lose: "request" },
  { lose: "response" },
];

const httpFaults: [Fault, ...Fault[]] = [
  { status: 500 },
  { status: 502 },
  { status: 503 },
  { lose: "request" },
  { lose: "response" },
  { delayMs: 400 },
];

/** Longer than any lease, so that the killed process no longer holds one. */
const longDownMs = 200_000;

/** Random faults in everything that the relay depends on, and in its own machine. */
export class Weather {
  #isCalm = false;

  constructor(
    private readonly places: Places,
    private readonly random: Random,
    private readonly trace: Trace,
  ) {}

  /** Injects faults until it is calm. */
  async rage(): Promise<void> {
    while (!this.#isCalm) {
      await sleep(this.random.between(20, 150));
      if (!this.#isCalm) this.#strike();
    }
  }

  /** Kills the relay `count` times within `ms`. */
  async kill(count: number, ms: number): Promise<void> {
    for (let killed = 0; killed < count; killed++) {
      await sleep((ms / count) * (0.3 + this.random.next() * 0.7));
      const downMs = this.random.happens(0.8) ? longDownMs : 0;
      this.trace.note(`SIGKILL; the machine is down for ${downMs} ms`);
      await this.places.relay.kill(downMs);
      await sleep(this.random.between(0, 300));
      await this.places.relay.start();
      this.places.gitHub.webhookUrl = this.places.relay.webhookUrl;
      this.trace.note("the relay is up again");
    }
  }

  /**
   * Revokes GitHub's tokens. Not too often, because Octokit retries for seven seconds if a new token is refused, in the
   * belief that GitHub doesn't know it yet.
   */
  async revoke(): Promise<void> {
    while (!this.#isCalm) {
      this.trace.note("GitHub's tokens are revoked");
      this.places.gitHub.auth.expireTokens();
      for (let waited = 0; waited < 20 && !this.#isCalm; waited++) await sleep(1000);
    }
  }

  /** From now on, all is well. */
  calm(): void {
    this.#isCalm = true;
    this.places.gitHub.http.faults.clear();
    this.places.coder.http.faults.clear();
  }

  #strike(): void {
    const { gitHub, coder } = this.places;
    const http = { ...this.random.one(httpFaults), times: this.random.between(1, 3) };
    const faults: [string, () => void][] = [
      [`GitHub: ${JSON.stringify(http)}`, () => gitHub.http.fail(http)],
      [`Coder: ${JSON.stringify(http)}`, () => coder.http.fail(http)],
      ["GitHub's secondary rate limit", () => gitHub.limitRate({ times: 2 })],
      ["GitHub's rate limit without a time", () => gitHub.limitRate({ retryAfterSeconds: null })],
      ["GitHub's rate limit for queries", () => gitHub.limitQueries()],
      ["Coder's rate limit", () => coder.http.fail({ status: 429, headers: { "retry-after": "0" } })],
      ...(["stepFunctions", "dynamoDb", "dynamoDb", "secretsManager"] as const).map((service) =>
        this.#aws(service),
      ),
    ];
    const [what, strike] = faults[this.random.between(0, faults.length - 1)] ?? ["nothing", () => {}];
    this.trace.note(what);
    strike();
  }

  #aws(service: Service): [string, () => void] {
    const fault = this.random.one(awsFaults);
    return [`${service}: ${JSON.stringify(fault)}`, () => this.places.relay.fail(service, fault)];
  }
}
