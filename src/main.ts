import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { readConfiguration } from './configuration/configuration.js';
import { createApplication } from './http/adapter.js';
import { ServiceModule } from './service.module.js';
import { startFailure } from './start-failure.js';

async function main(): Promise<void> {
  const configuration = readConfiguration(process.env);
  const app = await createApplication(ServiceModule.of(configuration), configuration.httpAdapter);
  if (configuration.shutdown.handleSignals) {
    // All that a service has to do for the drain. The exit code of a drained process is 0.
    app.enableShutdownHooks([], { useProcessExit: true });
  }
  await app.listen(configuration.port, configuration.host);
  new Logger('Service').log(`Listening on ${await app.getUrl()}`);
}

main().catch((error: unknown) => {
  console.error(startFailure(error));
  process.exit(1);
});
