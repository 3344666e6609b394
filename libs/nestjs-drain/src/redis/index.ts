export { type RedisConnection } from './connection.js';
export { fromIoredis, type IoredisClient } from './ioredis.js';
export {
  fromNodeRedis,
  fromNodeRedisCluster,
  type NodeRedisClient,
  type NodeRedisCluster,
} from './node-redis.js';
export { RedisResumeStore, type RedisStoreOptions } from './redis-store.js';
