export * from './accounts.ts';
export * from './admin.ts';
export * from './groups.ts';
export * from './keys.ts';
export * from './ledger.ts';
export * from './rpm-overrides.ts';
export * from './usage.ts';
export * from './users.ts';
