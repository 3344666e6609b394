import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import { resumingResponse } from 'nestjs-drain-client';
import { createRoot } from 'react-dom/client';

// The address keeps the chat's id, so that a reload comes back to its open answer.
location.hash ||= crypto.randomUUID();
const id = location.hash.slice(1);
const transport = new DefaultChatTransport({ api: '/api/chat', fetch: resumingResponse });

// The server ends the answer for every page that reads it; `stop()` of `useChat` would end this page's part only.
const stop = () => fetch(`/api/chat/${id}/stream`, { method: 'DELETE' });

function Chat() {
  const chat = useChat({ id, transport, resume: true });
  const isBusy = chat.status === 'submitted' || chat.status === 'streaming';
  const send = (form) => void chat.sendMessage({ text: form.get('text') });
  return (
    <main data-status={chat.status}>
      {chat.messages.map(({ id, role, parts }) => (
        <p key={id} className={role}>
          {parts.map((part) => (part.type === 'text' ? part.text : ''))}
        </p>
      ))}
      {chat.error && (
        <p role="alert">
          {chat.error.message} <button onClick={() => void chat.regenerate()}>Ask again</button>
        </p>
      )}
      <form action={send}>
        <input name="text" aria-label="Your message" required autoFocus />
        <button disabled={isBusy}>Send</button>
      </form>
      {isBusy && <button onClick={stop}>Stop</button>}
    </main>
  );
}

createRoot(document.body).render(<Chat />);
