import { commands } from "./commands/commands.js";
import { main } from "./program/main.js";

/** `npm run relay -- <command>`: docs/cli.md. */

// The SDK would warn about Node.js 20 among the results. Commands load it later.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

process.exitCode = await main(process.argv.slice(2), commands, process);
