// Prints how many milliseconds the import of one module takes. Plain JavaScript, because a loader in this process would
// be part of the measurement.
import { pathToFileURL } from "node:url";

const [, , file] = process.argv;
const { href } = pathToFileURL(file);
const start = performance.now();
await import(href);
process.stdout.write(String(performance.now() - start), () => process.exit());
