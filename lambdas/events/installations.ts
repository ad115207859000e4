import type { Classification } from "./classify.js";
import { namedRepositories, type RepositoriesAdded, type Repository } from "./event.js";
import {
  type InstalledRepository,
  installationRepositoriesSchema,
  installationSchema,
  parsePayload,
} from "./payloads.js";

/**
 * The App as a whole was installed, removed, suspended or let in again. Payloads of suspensions name no repository,
 * and an organization can have more of them than an execution's input can hold: all are meant, and found later.
 */
export function classifyInstallation(action: string, payload: unknown, delivery: string): Classification {
  const isThere = action === "created" || action === "unsuspend";
  return {
    event: {
      ...installationFields(payload, delivery),
      type: isThere ? "repositories_added" : "repositories_removed",
      repositories: null,
    },
  };
}

/** Repositories were added to what the App may use, or taken away from it. */
export function classifyInstallationRepositories(
  action: string,
  payload: unknown,
  delivery: string,
): Classification {
  const { repositories_added: added, repositories_removed: removed } = parsePayload(
    installationRepositoriesSchema,
    payload,
  );
  const named = action === "added" ? added : removed;
  if (named.length === 0) return { skipped: `no repository was ${action}` };
  const fields = installationFields(payload, delivery);
  const repositories = named.length > namedRepositories ? null : named.map(withOwner(fields.account));
  const type = action === "added" ? "repositories_added" : "repositories_removed";
  return { event: { ...fields, type, repositories } };
}

type InstallationFields = Pick<RepositoriesAdded, "delivery" | "installation" | "account" | "sender">;

function installationFields(payload: unknown, delivery: string): InstallationFields {
  const { installation, sender } = parsePayload(installationSchema, payload);
  const { id, account } = installation;
  return {
    delivery,
    installation: id,
    account: "login" in account ? account.login : account.slug,
    sender: { id: sender.id, login: sender.login, type: sender.type },
  };
}

function withOwner(owner: string): (repository: InstalledRepository) => Repository {
  return ({ id, name, private: isPrivate }) => ({ id, owner, name, private: isPrivate });
}
