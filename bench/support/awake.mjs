/**
 * Keeps the client's processor busy until the work is done. A client that sleeps between two answers lets the server pay
 * for waking it, on this machine as much as the kernel takes for the answer itself, and the slower the server, the more
 * often. A client on another machine costs it nothing.
 */
export async function awake(work) {
  let isDone = false;
  const stay = () => void (isDone || setImmediate(stay));
  stay();
  try {
    return await work;
  } finally {
    isDone = true;
  }
}
