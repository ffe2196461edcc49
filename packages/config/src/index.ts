export {
  buildAddressList,
  isInAddressList,
  normalizeAddress,
  selectClientAddress,
} from './client-address.ts';
export { sharedStoreFields } from './shared-store-fields.ts';
