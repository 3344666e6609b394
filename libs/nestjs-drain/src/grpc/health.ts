import type { Server, ServiceDefinition } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Drain } from '../core/drain.js';

type ServingStatus = Parameters<HealthImplementation['setStatus']>[1];

/** Alive as long as it answers: a draining pod must not be restarted by its liveness probe. */
const LIVENESS = 'liveness';

/** The standard health service of one server, whose answers follow the drain. */
export class Health {
  readonly #implementation = new HealthImplementation({ [LIVENESS]: 'SERVING' });
  /** The empty name is the server as a whole. */
  readonly #services = new Set(['']);
  #announced: ServingStatus | undefined;

  constructor(private readonly drain: Drain) {
    drain.events.subscribe((event) => {
      if (event.type === 'phaseChanged') this.#update();
    });
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server);
    const addService = server.addService.bind(server);
    server.addService = (definition, implementation) => {
      addService(definition, implementation);
      this.#services.add(nameOf(definition));
      this.#announce();
    };
    this.#announce();
  }

  /** Watchers are told once of each change. */
  #update(): void {
    if (this.#status !== this.#announced) this.#announce();
  }

  #announce(): void {
    this.#announced = this.#status;
    for (const service of this.#services) this.#implementation.setStatus(service, this.#announced);
  }

  get #status(): ServingStatus {
    return this.drain.isShuttingDown ? 'NOT_SERVING' : 'SERVING';
  }
}

function nameOf(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}
