import { Helper } from '../children/helper.js';
import { type Endpoints } from '../pods/endpoints.js';
import { type BalancerOrder, type BalancerWord } from './balancer-process.js';
import { type Balancer, type Traffic } from './balancer.js';

/** The embedded balancer in a process of its own, told of every change of the endpoints. */
export class OwnBalancer implements Balancer {
  private constructor(
    readonly port: number,
    private readonly helper: Helper<BalancerOrder, BalancerWord>,
  ) {}

  /** `begin` is the rehearsal's 0 by the machine's monotonic clock. */
  static async open(endpoints: Endpoints, begin: number): Promise<OwnBalancer> {
    const helper = new Helper<BalancerOrder, BalancerWord>('../balancer/balancer-process.js');
    try {
      const port = await helper.ask({ open: begin }, (word) => word.port);
      endpoints.follow((routable) => helper.tell({ routable }));
      return new OwnBalancer(port, helper);
    } catch (error) {
      await helper.close();
      throw error;
    }
  }

  async traffic(): Promise<Traffic> {
    const end = await this.helper.ask({ close: true }, (word) => word.end);
    return { ...end, podNamed: () => undefined };
  }

  close(): Promise<void> {
    return this.helper.close();
  }
}
