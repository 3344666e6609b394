import { Command } from 'commander';
import { checkCommand } from './check/command.js';
import { rehearseCommand } from './rehearse/command.js';

await new Command('nestjs-drain')
  .description('See a rolling update before you trust it: rehearse it, and check the manifests.')
  .addCommand(rehearseCommand())
  .addCommand(checkCommand())
  .parseAsync();
