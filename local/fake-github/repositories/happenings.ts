import { example, laidOver, moved } from "../rest/examples.js";
import type { Json } from "../rest/rest.js";
import type { Deliveries, Told } from "../webhooks/deliveries.js";
import type { Repositories } from "./repositories.js";
import { nodeId, type Repository } from "./repository.js";

export interface TellOptions {
  /** False only makes the delivery: the caller sends it later, twice, or never. Default: true. */
  deliver?: boolean;
}

export interface By extends TellOptions {
  /** Login of who does it. */
  by: string;
}

/** Something that happened in a repository and that a webhook reports. */
export interface Happening {
  event: string;
  action?: string;
  repository: Repository;
  /** Login of who did it. */
  by: string;
  /** What state decides about the payload's other fields; `undefined` takes an example's field out. */
  fields: Json;
}

/** Turns what happens into webhooks of the real shape. */
export class Happenings {
  constructor(
    readonly repositories: Repositories,
    readonly deliveries: Deliveries,
    readonly echo: boolean,
  ) {}

  /** Delivers the webhook and resolves when it was answered. The payload shows the state of this moment. */
  async tell<Subject extends object>(
    happening: Happening,
    subject: Subject,
    { deliver = true }: TellOptions = {},
  ): Promise<Told<Subject>> {
    const delivery = this.deliveries.make(happening.event, this.payload(happening));
    const told = Object.assign(delivery, subject);
    // An App hears nothing of a repository that it is not installed in.
    return deliver && happening.repository.installationId !== null ? this.deliveries.send(told) : told;
  }

  /** GitHub tells an App of what the App itself did, too, and does not wait with its answer for that. */
  tellOfOwn(happening: Happening): void {
    if (!this.echo) return;
    this.deliveries.sendSoon(this.deliveries.make(happening.event, this.payload(happening)));
  }

  payload({ event, action, repository, by, fields }: Happening): Json {
    const { installationId, owner } = repository;
    const payload = moved(example(event, action), this.repositories.moves(repository));
    delete payload.organization;
    delete payload.changes;
    const ours: Json = {
      ...(action === undefined ? {} : { action }),
      ...fields,
      repository: laidOver(this.repositories.json(repository), fields.repository ?? {}),
      ...(owner.type === "Organization" ? { organization: this.#organization(owner) } : {}),
      sender: this.repositories.userJson(this.repositories.user(by)),
      installation: {
        id: installationId,
        node_id: nodeId("IntegrationInstallation", installationId ?? 0),
      },
    };
    for (const [key, value] of Object.entries(ours)) {
      if (value === undefined) delete payload[key];
      else payload[key] = laidOver(payload[key], value);
    }
    return payload;
  }

  #organization({ login, id }: Repository["owner"]): Json {
    const url = `${this.repositories.apiUrl()}/orgs/${login}`;
    return {
      login,
      id,
      node_id: nodeId("Organization", id),
      url,
      repos_url: `${url}/repos`,
      events_url: `${url}/events`,
      hooks_url: `${url}/hooks`,
      issues_url: `${url}/issues`,
      members_url: `${url}/members{/member}`,
      public_members_url: `${url}/public_members{/member}`,
      avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
      description: "",
    };
  }
}

/** `exactOptionalPropertyTypes` does not let an absent option be passed on as `undefined`. */
export const tellOptions = (deliver: boolean | undefined): TellOptions =>
  deliver === undefined ? {} : { deliver };
