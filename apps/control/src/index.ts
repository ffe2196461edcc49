export { controlConfigSchema, parseControlConfig, type ControlConfig } from './control-config.ts';
export { ensureFirstAdminToken, type FirstTokenOptions } from './ensure-first-admin-token.ts';
export { startControl, type ControlOptions, type RunningControl } from './start-control.ts';
