import { Controller, Module, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FileInterceptor, type NestExpressApplication } from '@nestjs/platform-express';
import { GracefulShutdownModule } from 'nestjs-drain';

@Controller('uploads')
class UploadsController {
  /** No decorator: an upload is a plain request, and the drain waits for it. */
  @Post()
  @UseInterceptors(FileInterceptor('file'))
  upload(@UploadedFile() file: Express.Multer.File): { name: string; bytes: number } {
    return { name: file.originalname, bytes: file.size };
  }
}

@Module({
  imports: [GracefulShutdownModule.forRoot({ timeout: 30 })],
  controllers: [UploadsController],
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
