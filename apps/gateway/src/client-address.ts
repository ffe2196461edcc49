/** The control plane finds its clients' addresses by the same rules. */
export { buildAddressList, isInAddressList, selectClientAddress } from '@tollgate/config';
