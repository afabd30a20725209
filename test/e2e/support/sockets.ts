import { connect } from 'node:net';

/** Sends the bytes as they are and returns all that comes back until the server closes or `withinMs` is over. */
export function rawRequest(url: string, bytes: string | Buffer, withinMs = 3000): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(withinMs, finish);
    socket.on('data', (chunk) => (text += chunk));
    socket.on('error', finish);
    socket.on('close', finish);
    socket.end(bytes);
  });
}
