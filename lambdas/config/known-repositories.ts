import { type Key, secondsFromNow, Table } from "../aws/table.js";
import type { Repository } from "../model/event.js";

const keptForSeconds = 24 * 3600;

interface KnownRepository {
  repository: Repository;
  /** Set once it no longer has schedules: DynamoDB's time to live, in seconds since the epoch. */
  expiresAt?: number;
}

const table = new Table();

/**
 * The repositories of an installation that have schedules or are about to get some. We need this list because GitHub no
 * longer lists the repositories of a deleted or suspended installation.
 */
export class KnownRepositories {
  /** `pk = config#installation#<id>` */
  readonly #partition: string;

  constructor(installation: number) {
    this.#partition = `config#installation#${installation}`;
  }

  /** Call this before asking GitHub whether the repository gets schedules. */
  async remember(repository: Repository): Promise<void> {
    await table.update<KnownRepository>(this.#key(repository.id), { repository, expiresAt: undefined });
  }

  /** Only the holder of the lease of the repository's schedules may call this. */
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
