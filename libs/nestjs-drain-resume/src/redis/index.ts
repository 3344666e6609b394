export { type RedisConnection } from './connection.js';
export { fromIoredis, type IoredisClient } from './ioredis.js';
export {
  fromNodeRedis,
  fromNodeRedisCluster,
  type NodeRedisClient,
  type NodeRedisCluster,
} from './node-redis.js';
export { type RedisStoreOptions } from './options.js';
export { RedisResumeStore } from './redis-store.js';
