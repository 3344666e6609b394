/**
 * A pod's name where there is little room: of `chat-shell-7d9c6b5f4-x2x9q` the version and the pod, which is what
 * changes in a rollout.
 */
export function shortName(pod) {
  if (pod.length <= 16) return pod;
  const parts = pod.split('-').slice(-2).join('-');
  return parts.length <= 20 ? parts : `…${pod.slice(-16)}`;
}
