// Run as `node call-a-lambda.mjs <bundle of a Lambda> <its input as JSON>`. Prints the peak memory. It samples the memory,
// because the system's peak value of a process includes its parent's memory at the start.
const [bundle, input] = process.argv.slice(2);
let peak = 0;
const look = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};
const looks = setInterval(look, 1);
const { handler } = await import(bundle);
const result = await handler(JSON.parse(input));
look();
clearInterval(looks);
console.log(JSON.stringify({ result, megabytes: peak / 1024 / 1024 }));
process.exit();
