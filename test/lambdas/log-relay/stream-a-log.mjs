// Run as `node --expose-gc stream-a-log.mjs <bundle of excerpt.ts> <kind of log>`. Prints the growth of memory.
const [bundle, kind] = process.argv.slice(2);
const { excerptOf } = await import(bundle);

const chunk = Buffer.alloc(64 * 1024);
const fill = {
  line: () => chunk.fill("abcdefgh"),
  errors: (i) =>
    chunk.fill(
      `2026-03-04T05:06:07.1234567Z \u001b[31msrc/${i}.ts(1,2): error TS2304: Cannot find name 'x${i}'.\u001b[0m\n`,
    ),
  long: (i) => chunk.fill(`${"word ".repeat(5000)}${i}\n`),
  short: (i) => chunk.fill(`module ${i} and all its tests are compiled\n`),
}[kind];

let peak = 0;
function measure() {
  peak = Math.max(peak, process.memoryUsage().rss);
}

async function* log(chunks) {
  for (let i = 0; i < chunks; i++) {
    fill(i);
    yield chunk;
    if (i % 8 === 0) measure();
  }
}

// Measured after one run, because compilation is not part of a log's memory.
await excerptOf(log(16), 24 * 1024);
globalThis.gc();
const idle = process.memoryUsage();
peak = 0;
const text = await excerptOf(log(1024), 24 * 1024);
measure();
globalThis.gc();
const after = process.memoryUsage();
const megabytes = (bytes) => bytes / 1024 / 1024;
console.log(
  JSON.stringify({
    rss: megabytes(peak - idle.rss),
    heap: megabytes(after.heapUsed - idle.heapUsed),
    bytes: Buffer.byteLength(text),
  }),
);
