import { randomUUID } from "node:crypto";
import { type CoderApi, notFound } from "../api/coder-api.js";

export interface FakeOrganization {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
}

/** The organizations. The first one is the default: it has a name like any other, and is also found as `default`. */
export class Organizations {
  readonly #all: FakeOrganization[] = [];

  constructor() {
    this.named("coder");
  }

  get all(): readonly FakeOrganization[] {
    return this.#all;
  }

  /** The organization with this name or id, created if missing. */
  named(name: string): FakeOrganization {
    const found = this.find(name);
    if (found) return found;
    const organization = { id: randomUUID(), name, createdAt: new Date().toISOString() };
    this.#all.push(organization);
    return organization;
  }

  find(ref: string): FakeOrganization | undefined {
    const wanted = ref.toLowerCase();
    if (wanted === "default") return this.#all[0];
    return this.#all.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
  }

  routes(api: CoderApi): void {
    api.route("GET", "/api/v2/organizations/:organization", ({ params }) => {
      const found = this.find(params.organization ?? "");
      if (!found) throw notFound();
      return {
        status: 200,
        body: {
          id: found.id,
          name: found.name,
          display_name: found.name,
          description: "",
          icon: "",
          is_default: found === this.#all[0],
          created_at: found.createdAt,
          updated_at: found.createdAt,
        },
      };
    });
  }
}
