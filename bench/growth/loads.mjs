import { answerTime } from './resumable.mjs';

export const streams = 1e6;
/** A pod has one core, as Node has one thread, and 1 GiB. What is planned is half of it: a zone loss adds half again. */
const [podProcessor, podMemory] = [0.5e6, 512 * 2 ** 20];
/** A Redis has the core that it uses, and 16 GiB. What is planned is half of it, too. */
export const [serverProcessor, serverMemory] = [0.5e6, 8 * 2 ** 30];
/** Seconds that the drain takes to end all streams of a pod: by so much it begins before the deadline, at most. */
export const tellingTime = 1;

/** As the streams of `producer.mjs` write it. */
export const tokenBytes = ' token'.length;

/** Tokens a second of an answer. */
const pace = 20;
const answer = { rate: pace, duration: answerTime };
const loads = [
  // Such a stream stays open for hours: its opening and its end are lost among its events.
  { name: 'notifications, one in 10 s', rate: 0.1, duration: Infinity, isLogged: false },
  { ...answer, name: `answers, ${pace} tokens/s`, isLogged: false },
  { ...answer, name: `answers, ${pace} tokens/s, resumable`, isLogged: true },
  { ...answer, name: 'the same, tokens of 250 ms in one event', rate: 4, isLogged: true },
];

export const plansFor = (costs) => loads.map((load) => planFor(load, costs));

function planFor(load, costs) {
  const { name, rate, isLogged } = load;
  const perPod = largest((size) => Math.max(...Object.values(sharesOf(load, size, costs))));
  const [limit] = Object.entries(sharesOf(load, perPod, costs)).sort(([, a], [, b]) => b - a)[0];
  const bytes = (ttl) => bytesOf(load, ttl, costs);
  return {
    ...{ name, isLogged, limit, perPod, costs: costs.at(perPod) },
    ...{ pods: Math.ceil(streams / perPod), events: streams * rate, bytes },
    servers: (ttl) => ({
      processor: Math.ceil((streams * rate * costs.redis) / serverProcessor),
      memory: Math.ceil(bytes(ttl) / serverMemory),
    }),
  };
}

/** How much of what a pod has to give is taken by so many streams. */
function sharesOf({ rate, duration, isLogged }, size, costs) {
  const { event, opening, ending } = costs.at(size);
  const logging = isLogged ? costs.replica : 0;
  const each = rate * (event + logging) + (opening + ending) / duration;
  return {
    processor: (size * each) / podProcessor,
    memory: (size * costs.resident) / podMemory,
    telling: (size * ending) / (tellingTime * 1e6),
  };
}

/** The largest number of streams that takes no more than there is. */
function largest(shareOf) {
  let [enough, tooMany] = [1, streams];
  while (tooMany - enough > 1) {
    const middle = Math.floor((enough + tooMany) / 2);
    if (shareOf(middle) <= 1) enough = middle;
    else tooMany = middle;
  }
  return enough;
}

/** A stream keeps all its events while it lives, half of them on average, and for `ttl` seconds behind its end. */
function bytesOf({ rate, duration }, ttl, costs) {
  const eventBytes = costs.bytes + (pace / rate - 1) * tokenBytes;
  return streams * rate * (duration / 2 + ttl) * eventBytes;
}
