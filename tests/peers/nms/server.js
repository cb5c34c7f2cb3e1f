// node-media-server for the end-to-end tests: records every stream into RUN/record/APP/STREAM/TIME.flv.
// Environment: RUN, a folder of the test's own; RTMP, RTMPS and HTTP, ports; CERT and KEY, files of the RTMPS port, without which there is none.
const NodeMediaServer = require('node-media-server');

const { RUN, RTMP, RTMPS, HTTP, CERT, KEY } = process.env;
const host = '127.0.0.1';

const server = new NodeMediaServer({
  bind: host,
  rtmp: { port: Number(RTMP) },
  rtmps: CERT ? { port: Number(RTMPS), cert: CERT, key: KEY } : undefined,
  http: { port: Number(HTTP) },
  auth: { play: false, publish: false, secret: '' },
  store: { path: `${RUN}/data` },
  record: { auto: true, path: `${RUN}/record` },
});

server.on('postPublish', (session) => {
  // A recording ends with its publisher, not 30 s later in case the publisher comes back.
  session.broadcast.publishGraceMs = 0;

  // The server's one way to refuse a stream: Publish.Start, then the connection is closed.
  if (session.streamName.startsWith('deny')) session.close();
});

server.on('doneRecord', (session) => {
  session.fileStream.on('close', () => console.log(`recorded ${session.streamPath} ${session.filePath}`));
});

server.run();
