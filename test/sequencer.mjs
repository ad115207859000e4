import { sep } from "node:path";
import Sequencer from "@jest/test-sequencer";

/** The folders whose files take longest, the longest first. */
const slowest = ["chaos", "e2e", "local"].map((folder) => `${sep}test${sep}${folder}${sep}`);

const rank = ({ path }) => {
  const index = slowest.findIndex((folder) => path.includes(folder));
  return index === -1 ? slowest.length : index;
};

/**
 * Starts slow files first, so that no worker is left with one at the end. Jest sorts files by how long they took last time.
 * If it has run none of them before, as in CI, it sorts them by size, but files that start systems or processes are short.
 */
export default class SlowestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const areKnown = sorted.some((test) => this.time(test) !== undefined);
    return areKnown ? sorted : sorted.sort((a, b) => rank(a) - rank(b));
  }
}
