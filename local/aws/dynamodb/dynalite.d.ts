/** dynalite has no types; these cover the part that is used here. */
declare module "dynalite" {
  import type { Server } from "node:http";

  interface DynaliteOptions {
    /** Milliseconds that a new table stays in `CREATING`. Default: 500. */
    createTableMs?: number;
    /** The folder of its LevelDB. Default: the tables are in memory. */
    path?: string;
  }

  /** A DynamoDB that is not listening yet. Closing it also closes its store. */
  function dynalite(options?: DynaliteOptions): Server;
  export = dynalite;
}
