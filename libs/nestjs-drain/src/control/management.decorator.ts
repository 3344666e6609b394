import { SetMetadata } from '@nestjs/common';
import { MANAGEMENT } from '../core/tokens.js';

/**
 * Moves a controller of your own, such as a health check or a metrics route, to the management port.
 * Without `control.port` it changes nothing.
 */
export const Management = (): ClassDecorator => SetMetadata(MANAGEMENT, true);
