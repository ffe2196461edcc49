export { sharedStoreFields } from './shared-store-fields.ts';
