import { behaviourOfDatabase } from './behaviour.suite';
import { testServerUrl } from './testing/index';

behaviourOfDatabase('the server of this test run', testServerUrl);

const real = process.env['TEST_DATABASE_URL_REAL'];
if (real !== undefined) behaviourOfDatabase('an external server', () => real);
