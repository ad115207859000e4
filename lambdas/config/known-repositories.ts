import { type Key, secondsFromNow, Table } from "../aws/table.js";
import type { Repository } from "../model/event.js";

const keptForSeconds = 24 * 3600;

interface KnownRepository {
  repository: Repository;
  /** Set when it no longer has schedules: DynamoDB's time to live, in seconds since the epoch. */
  expiresAt?: number;
}

const table = new Table();

/**
 * The repositories of an installation that have schedules, or are about to get some. After an installation is deleted
 * or suspended, GitHub no longer lists its repositories.
 */
export class KnownRepositories {
  /** `pk = config#installation#<id>` */
  readonly #partition: string;

  constructor(installation: number) {
    this.#partition = `config#installation#${installation}`;
  }

  /** Must be called before GitHub is asked whether the repository gets schedules. */
  async remember(repository: Repository): Promise<void> {
    await table.update<KnownRepository>(this.#key(repository.id), { repository, expiresAt: undefined });
  }

  /** Needs the lease of the repository's schedules. */
  async forget(repositoryId: number): Promise<void> {
    await table.update<KnownRepository>(
      this.#key(repositoryId),
      { expiresAt: secondsFromNow(keptForSeconds) },
      { condition: { expression: "attribute_exists(pk)" } },
    );
  }

  async list(): Promise<Repository[]> {
    const items = await table.query<KnownRepository>(this.#partition, "repository#");
    return items.filter(({ expiresAt }) => expiresAt === undefined).map(({ repository }) => repository);
  }

  #key(repositoryId: number): Key {
    return { pk: this.#partition, sk: `repository#${repositoryId}` };
  }
}
