import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "./random.js";
import { repo, type Stage } from "./stage.js";

/** The repository's config file, which people change now and then. */
export class ConfigFile {
  /** The names of the jobs in its newest version. */
  readonly jobs: readonly string[];

  private constructor(jobs: readonly string[]) {
    this.jobs = jobs;
  }

  /** Pushes a few versions within `ms`. The last one counts. */
  static async live(stage: Stage, random: Random, ms: number): Promise<ConfigFile> {
    const versions = random.between(1, 4);
    let jobs: string[] = [];
    for (let version = 1; version <= versions; version++) {
      await sleep((ms / versions) * random.next());
      jobs = Array.from({ length: random.between(0, 3) }, (_, index) => `job-${version}-${index}`);
      await push(stage, jobs);
    }
    return new ConfigFile(jobs);
  }
}

async function push({ gitHub, courier, trace }: Stage, jobs: readonly string[]): Promise<void> {
  trace.note(`the config file gets the jobs ${jobs.join(", ") || "(none)"}`);
  // Due only once a year, so that none starts during a run.
  const tables = jobs.map(
    (name) =>
      `[[scheduled_jobs]]\nname = "${name}"\nbranch = "main"\nschedule = "0 3 1 1 *"\nprompt = "Sweep."\n`,
  );
  const files = { ".code-factory/config.toml": ["[sandbox]\n", ...tables].join("") };
  courier.take(await gitHub.push({ repo, by: "mona", files, deliver: false }));
}
