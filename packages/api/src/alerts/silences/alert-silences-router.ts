import { router } from '../../base/procedures.ts';
import { createSilence } from './create-silence.ts';
import { endSilence } from './end-silence.ts';
import { listSilences } from './list-silences.ts';

export const alertSilencesRouter = router({ list: listSilences, create: createSilence, end: endSilence });
