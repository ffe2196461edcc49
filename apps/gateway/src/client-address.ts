/** The control plane finds its clients' addresses by the same rules. */
export { buildAddressList, isInAddressList, normalizeAddress, selectClientAddress } from '@tollgate/config';
