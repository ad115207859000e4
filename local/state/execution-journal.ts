import { createHash } from "node:crypto";
import type { HistoryEvent, Journal, StoredExecution } from "../engine/index.js";
import type { Store } from "./store.js";

/** A value as the store holds it, with times as text. */
type Stored<T> = { [Key in keyof T]: T[Key] extends Date ? string : T[Key] };

/** Executions with the same definition share one stored copy of it. */
type Header = Stored<Pick<StoredExecution, "arn" | "name" | "input" | "startDate">> & {
  machine: { arn: string; created: string; definitionHash: string };
  end?: { event: Stored<HistoryEvent>; stateTransitions: number; redriveDates: string[] };
};

const executions = "execution ";
const definitions = "definition ";
const eventKey = (arn: string, id: number) => `event ${arn} ${id}`;

/** Keeps executions and their events in a store. */
export class ExecutionJournal implements Journal {
  readonly #store: Store;
  /** The hashes of the definitions that are stored. */
  readonly #known = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** All executions that are on the disk. */
  async load(): Promise<StoredExecution[]> {
    const texts = new Map(await this.#store.entries(definitions));
    for (const hash of texts.keys()) this.#known.add(hash);
    const headers = await this.#store.entries(executions);
    return headers.map(([, value]) => {
      const { machine, startDate, end, ...rest } = value as Header;
      const definition = String(texts.get(machine.definitionHash));
      return {
        ...rest,
        startDate: new Date(startDate),
        machine: { arn: machine.arn, definition, created: new Date(machine.created) },
        ...(end && {
          end: {
            event: eventFrom(end.event),
            stateTransitions: end.stateTransitions,
            redriveDates: end.redriveDates.map((date) => new Date(date)),
          },
        }),
      };
    });
  }

  note({ machine: { arn, definition, created }, ...rest }: StoredExecution): void {
    const definitionHash = createHash("sha256").update(definition).digest("hex");
    if (!this.#known.has(definitionHash)) this.#store.put(`${definitions}${definitionHash}`, definition);
    this.#known.add(definitionHash);
    this.#store.put(`${executions}${rest.arn}`, { ...rest, machine: { arn, created, definitionHash } });
  }

  add(executionArn: string, event: HistoryEvent): void {
    this.#store.put(eventKey(executionArn, event.id), event);
  }

  stored(): Promise<void> {
    return this.#store.stored();
  }

  events(executionArn: string): HistoryEvent[] {
    const events: HistoryEvent[] = [];
    for (;;) {
      const value = this.#store.get(eventKey(executionArn, events.length + 1));
      if (value === undefined) return events;
      events.push(eventFrom(value as Stored<HistoryEvent>));
    }
  }

  forget(executionArn: string): void {
    for (const { id } of this.events(executionArn)) this.#store.delete(eventKey(executionArn, id));
    this.#store.delete(`${executions}${executionArn}`);
  }
}

function eventFrom(stored: Stored<HistoryEvent>): HistoryEvent {
  return { ...stored, timestamp: new Date(stored.timestamp) };
}
