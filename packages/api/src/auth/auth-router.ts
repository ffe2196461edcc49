import { router } from '../base/procedures.ts';
import { signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { signOutEverywhere } from './sign-out-everywhere.ts';
import { useSetUpLink } from './use-set-up-link.ts';
import { whoAmI } from './who-am-i.ts';

/** CTL-2 */
export const authRouter = router({ signIn, signOut, signOutEverywhere, whoAmI, useSetUpLink });
