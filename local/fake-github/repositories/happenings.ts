import { laidOver, moved } from "../rest/examples.js";
import type { Json } from "../rest/rest.js";
import type { Deliveries, Told } from "../webhooks/deliveries.js";
import type { Repositories } from "./repositories.js";
import { nodeId, type Repository } from "./repository.js";

export interface TellOptions {
  /** If false, the delivery is created but not sent: the caller sends it later, twice, or never. Default: true. */
  deliver?: boolean;
}

export interface By extends TellOptions {
  /** The actor's login. */
  by: string;
}

/** Something that happened in a repository, which a webhook reports. */
export interface Happening {
  event: string;
  action?: string;
  repository: Repository;
  /** The actor's login. */
  by: string;
  /** The payload's other fields, from the state; `undefined` removes the example's field. */
  fields: Json;
}

/** Turns events into webhooks with real payload shapes. */
export class Happenings {
  constructor(
    readonly repositories: Repositories,
    readonly deliveries: Deliveries,
    readonly echo: boolean,
  ) {}

  /** Delivers the webhook and resolves when it has been answered. The payload shows the current state. */
  async tell<Subject extends object>(
    happening: Happening,
    subject: Subject,
    { deliver = true }: TellOptions = {},
  ): Promise<Told<Subject>> {
    const delivery = this.deliveries.make(happening.event, this.payload(happening));
    const told = Object.assign(delivery, subject);
    // An App gets no webhooks about repositories that it is not installed in.
    return deliver && happening.repository.installationId !== null ? this.deliveries.send(told) : told;
  }

  /** Sends the webhook about an action of the App itself. As on GitHub, the request is answered without waiting for it. */
  tellOfOwn(happening: Happening): void {
    if (!this.echo) return;
    this.deliveries.sendSoon(this.deliveries.make(happening.event, this.payload(happening)));
  }

  payload({ event, action, repository, by, fields }: Happening): Json {
    const { installationId, owner } = repository;
    const {
      organization: _,
      changes: __,
      ...payload
    } = moved([event, action], this.repositories.moves(repository));
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
