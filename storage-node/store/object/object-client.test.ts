import { startFileStore, startS3Store } from '../testing/object-stores.js';
import { describeObjectClient } from './object-client-contract.js';

describeObjectClient('a folder', startFileStore);
describeObjectClient('an S3 server', startS3Store);
