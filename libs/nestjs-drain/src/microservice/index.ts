export { DrainMicroserviceModule } from './drain-microservice.module.js';
