import { Inject, Injectable } from '@nestjs/common';
import { ControlGuard } from './caller.guard.js';
import { CONTROL_ACCESS, type ControlAccess } from './options.js';

/** The same callers without the token, for a page that holds nothing and asks for it itself. */
@Injectable()
export class AllowedPeerGuard extends ControlGuard {
  constructor(@Inject(CONTROL_ACCESS) { allow }: ControlAccess) {
    super(allow ? { allow } : {});
  }
}
