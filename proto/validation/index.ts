// What checks hints and tokens, apart from core: its libraries take a tenth of a second to load, which a function's cold start does not need.
export { hintNames, parseHints } from './hints.js';
export { importPublicKey, signToken, verifyJobToken, verifyLinkToken } from './token.js';
