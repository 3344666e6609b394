import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { PageFiles } from './page-files.js';

/** Scripts and styles of the chat page. The page itself is what browsers get at `GET /`. */
@Controller('chat')
export class ChatController {
  constructor(private readonly files: PageFiles) {}

  @Get(':folder/:file')
  file(@Param('folder') folder: string, @Param('file') file: string): Response {
    const answer = this.files.answer(`${folder}/${file}`);
    if (!answer) throw new NotFoundException(`The chat page has no ${folder}/${file}.`);
    return answer;
  }
}
