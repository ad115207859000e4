import { commands } from "./commands/commands.js";
import { main } from "./program/main.js";

/** `npm run relay -- <command>`: docs/cli.md. */

// The SDK would warn about Node.js 20 among the results. Commands load it later.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

// Whoever reads the results, like head, may have enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2), commands, process);
