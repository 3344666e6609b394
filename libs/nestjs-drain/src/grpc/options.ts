export const GRPC_OPTIONS = Symbol.for('nestjs-drain.GrpcOptions');

export interface DrainGrpcOptions {
  /**
   * Whether the standard health service, `grpc.health.v1.Health`, is served: NOT_SERVING from the
   * first moment of the shutdown for the server and each of its services, and always SERVING for the
   * service name `liveness`. `false` if you serve one of your own. Default true.
   */
  health?: boolean;
}
