// Run as `node --expose-gc read-a-log.mjs <bundle of excerpt.ts> <kind of log> <megabytes>`. Prints how long reading
// takes, how much CPU time it uses, and how much memory grows. Plain JavaScript, because a loader in this process would
// be part of the measurement.
const [bundle, kind, size] = process.argv.slice(2);
const { excerptOf } = await import(bundle);

const chunk = Buffer.alloc(64 * 1024);
const line = {
  short: (i) => `module ${i} and all its tests are compiled\n`,
  stamped: (i) => `2026-03-04T05:06:07.1234567Z module ${i} and all its tests are compiled\n`,
  errors: (i) => `2026-03-04T05:06:07.1234567Z src/${i}.ts(1,2): error TS2304: Cannot find name 'x${i}'.\n`,
  varied: (i) =>
    `2026-03-04T05:06:07.1234567Z ok ${i} - rejects error ${i}\n2026-03-04T05:06:07.1234567Z Downloading lib${i}.jar\n`,
}[kind];

let peak = 0;
async function* log(megabytes) {
  for (let i = 0; i < megabytes * 16; i++) {
    chunk.fill(line(i));
    yield chunk;
    if (i % 8 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
}

await excerptOf(log(4), 48 * 1024);
globalThis.gc();
const idle = process.memoryUsage.rss();
peak = idle;
const start = performance.now();
const cpu = process.cpuUsage();
await excerptOf(log(Number(size)), 48 * 1024);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, grownMB: (peak - idle) / 1024 / 1024 }),
);
