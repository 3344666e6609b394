export { DrainGrpcModule } from './drain-grpc.module.js';
export { type DrainGrpcOptions } from './call-servers.js';
