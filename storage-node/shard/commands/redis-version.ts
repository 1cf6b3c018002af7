/** The Redis version whose behaviour clients may expect. */
export const redisVersion = '7.2.0';
