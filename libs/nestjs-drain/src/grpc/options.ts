export const GRPC_OPTIONS = Symbol.for('nestjs-drain.GrpcOptions');
