// Prints how many milliseconds the import of one module takes. Plain JavaScript: a loader in this process would
// take part in what is measured.
import { pathToFileURL } from "node:url";

const [, , file] = process.argv;
const { href } = pathToFileURL(file);
const start = performance.now();
await import(href);
process.stdout.write(String(performance.now() - start), () => process.exit());
