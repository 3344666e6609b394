export { DrainGraphQLModule } from './drain-graphql.module.js';
export { type DrainGraphQLOptions } from './operations.js';
