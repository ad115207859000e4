// Run as `node call-a-lambda.mjs <bundle of a Lambda> <its input as JSON>`. Prints the most memory that was seen.
// By looks, for what the system counts as the most of a process begins with what its parent had.
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
