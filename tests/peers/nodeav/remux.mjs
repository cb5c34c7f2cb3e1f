// remux.mjs IN OUT FORMAT [IN_OPTIONS [OUT_OPTIONS]]: copies all packets of all tracks, with the FFmpeg 8.1 that is in node-av. IN and
// OUT are files or RTMP URLs, the options JSON objects of strings: {"listen":"1"} makes an RTMP URL a server for one connection.
// Environment: NODE_MODULES, the folder that node-av is installed in.

// node-av needs this function of Node 22; Node 20 and 18 lack it.
Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new Promise((a, b) => { resolve = a; reject = b; });
  return { promise, resolve, reject };
};

const { Demuxer, Muxer } = await import(`${process.env.NODE_MODULES}/node-av/dist/api/index.js`);
const [from, to, format, inOptions = '{}', outOptions = '{}'] = process.argv.slice(2);

const input = await Demuxer.open(from, { options: JSON.parse(inOptions) });
const output = await Muxer.open(to, { format, options: JSON.parse(outOptions) });
const tracks = new Map();
for (const stream of input.streams) {
  stream.codecpar.codecTag = 0; // the other container has tags of its own
  tracks.set(stream.index, output.addStream(stream));
}

const packets = {};
for await (const packet of input.packets()) {
  if (!packet) break;
  packets[packet.streamIndex] = (packets[packet.streamIndex] ?? 0) + 1;
  await output.writePacket(packet, tracks.get(packet.streamIndex));
  packet.free();
}
await output.close();
await input.close();
console.log(`remuxed ${JSON.stringify(packets)}`);
