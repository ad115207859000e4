/** The package's exports for your own CDK app (docs/deploy.md, examples/own-app). */
export { type Bundle, type BundleOptions, bundleLambdas } from "./bundling/bundle.js";
export { type FlowName, flowNames } from "./definition/action-spec.js";
export type { ActionName } from "./definition/actions.js";
export { SettingsError } from "./definition/settings.js";
export type { RelayNetwork } from "./stack/outbound.js";
export { CoderTaskRelay, type CoderTaskRelayProps } from "./stack/relay.js";
export type { RelaySettings } from "./stack/relay-settings.js";
