import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { onServiceAdded } from '../compat/grpc.js';
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
    drain.events.on('phaseChanged', () => this.#update());
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server);
    onServiceAdded(server, (name) => {
      this.#services.add(name);
      this.#announce();
    });
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
