import { Command } from 'commander';
import { checkCommand } from './check/command.js';
import { version } from './check/version.js';
import { rehearseCommand } from './rehearse/command.js';

const unusableExit = 2;

const program = new Command('nestjs-drain')
  .description('See a rolling update before you trust it: rehearse it, and check the manifests.')
  .version(version, '--version', 'print the version')
  .addCommand(rehearseCommand())
  .addCommand(checkCommand())
  // Exit code 1 says that something would be lost; a mistyped command says nothing about that.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : unusableExit));

try {
  await program.parseAsync();
} catch (error) {
  console.error(error);
  console.error('This is a fault of nestjs-drain itself: please report it with the lines above.');
  process.exit(unusableExit);
}
