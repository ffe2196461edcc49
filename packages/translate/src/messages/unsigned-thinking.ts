/**
 * The signature of thinking that no Anthropic model made: clients want one, and the gateway can tell these blocks by
 * it when a history comes back. Anthropic would refuse it (SEL-7).
 */
export const UNSIGNED_THINKING = 'tollgate-unsigned';
