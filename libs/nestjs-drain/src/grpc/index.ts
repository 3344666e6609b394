export { DrainGrpcModule, type DrainGrpcOptions } from './drain-grpc.module.js';
