import type { By } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, nodeId, type Repository, type RepositoryRef } from "../repositories/repository.js";
import { asObject, moved } from "../rest/examples.js";
import type { Json } from "../rest/rest.js";
import type { Deliveries, Delivery } from "../webhooks/deliveries.js";
import type { AppAuth } from "./app-auth.js";

/** The App's installations and their repositories. Webhooks about them have no `repository`. */
export class Installations {
  constructor(
    readonly auth: AppAuth,
    readonly repositories: Repositories,
    readonly deliveries: Deliveries,
  ) {}

  /** Installs the App again on repositories of one owner. The new installation has a new id. */
  install(refs: RepositoryRef[], options: By): Promise<Delivery> {
    const repositories = refs.map((ref) => this.repositories.get(ref));
    const id = this.repositories.nextId();
    for (const repository of repositories) repository.installationId = id;
    return this.#tell("installation", "created", id, repositories, options);
  }

  /** Removes the App from all repositories of an installation. */
  uninstall(id: number, options: By): Promise<Delivery> {
    const repositories = this.repositories.ofInstallation(id);
    for (const repository of repositories) repository.installationId = null;
    this.auth.revokeTokens(id);
    return this.#tell("installation", "deleted", id, repositories, options);
  }

  suspend(id: number, options: By): Promise<Delivery> {
    this.auth.suspended.set(id, this.repositories.timestamp());
    return this.#tell("installation", "suspend", id, this.repositories.ofInstallation(id), options);
  }

  unsuspend(id: number, options: By): Promise<Delivery> {
    this.auth.suspended.delete(id);
    return this.#tell("installation", "unsuspend", id, this.repositories.ofInstallation(id), options);
  }

  add(id: number, refs: RepositoryRef[], options: By): Promise<Delivery> {
    const repositories = refs.map((ref) => this.repositories.get(ref));
    for (const repository of repositories) repository.installationId = id;
    return this.#tell("installation_repositories", "added", id, repositories, options);
  }

  remove(id: number, refs: RepositoryRef[], options: By): Promise<Delivery> {
    const repositories = refs.map((ref) => this.repositories.get(ref));
    for (const repository of repositories) repository.installationId = null;
    return this.#tell("installation_repositories", "removed", id, repositories, options);
  }

  #tell(
    event: "installation" | "installation_repositories",
    action: string,
    id: number,
    repositories: Repository[],
    { by, deliver }: By,
  ): Promise<Delivery> {
    const theirs = moved([event, action], () => []);
    const account = repositories[0]?.owner;
    const named = repositories.map(briefJson);
    const payload: Json = {
      ...theirs,
      installation: {
        ...asObject(theirs.installation),
        id,
        app_id: Number(this.auth.appId),
        app_slug: this.auth.appSlug,
        suspended_at: this.auth.suspended.get(id) ?? null,
        ...(account && {
          account: this.repositories.userJson(account),
          target_id: account.id,
          target_type: account.type,
        }),
      },
      // The webhook about a suspension names no repository.
      ...("repositories" in theirs && { repositories: named }),
      ...("repositories_added" in theirs && {
        repositories_added: action === "added" ? named : [],
        repositories_removed: action === "removed" ? named : [],
      }),
      sender: this.repositories.userJson(this.repositories.user(by)),
    };
    const delivery = this.deliveries.make(event, payload);
    return deliver === false ? Promise.resolve(delivery) : this.deliveries.send(delivery);
  }
}

function briefJson(repository: Repository): Json {
  const { id, name } = repository;
  return {
    id,
    node_id: nodeId("Repository", id),
    name,
    full_name: fullName(repository),
    private: repository.private,
  };
}
