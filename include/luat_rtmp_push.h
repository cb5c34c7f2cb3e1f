/*
 * luat_rtmp_push.h - publish live audio and video over RTMP, from C and from Lua.
 *
 * Names, numbers and calling sequence are those of LuatOS's component of the same name, so that code written for it
 * compiles against this header and runs on this library. What LuatOS does not have is marked "addition".
 *
 * A minimal publisher:
 *
 *     rtmp_ctx_t ctx;
 *     rtmp_init(&ctx);
 *     rtmp_set_url(&ctx, "rtmp://127.0.0.1/live/camera");
 *     rtmp_connect(&ctx);                      // returns at once; the state tells how it goes
 *     ...                                      // rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING
 *     rtmp_send_nalu(&ctx, access_unit, len, timestamp_ms);
 *     ...
 *     rtmp_deinit(&ctx);                       // says goodbye to the server, releases everything
 *
 * Errors: functions that return int return RTMP_OK or one of the negative RTMP_ERR_* codes; rtmp_get_call_error() has
 * the text. They never crash on a NULL, an uninitialised, a copied or a released context: they return
 * RTMP_ERR_INVALID_PARAM, and functions that return something else what is said there, or 0.
 *
 * Threads: every function may be called from any thread. Calls on one context are serialised by the library. None
 * blocks on the network, except that rtmp_disconnect() and rtmp_deinit() wait for the goodbye, 500 ms at most, and for a
 * callback that is running. From inside the context's own callback they do not wait; nor when two callbacks end each
 * other's contexts, for that would be for ever. A program that calls them must not hold a lock that its callback takes.
 * rtmp_set_source() and the option "tls_ca" read a file, and wait for its file system, 30 s at most. No other call does,
 * and none waits because another call does.
 *
 * Forks: in a child made by fork(), _Fork() or a system call of the program's own, every function fails at once, with
 * RTMP_ERR_FAILED where it returns a code, until the child has replaced itself by exec(); rtmp_set_user_data(),
 * rtmp_get_user_data(), rtmp_state_name() and rtmp_strerror() alone go on. (Linux before 4.14: in a child made by fork().) A
 * program that becomes a daemon forks before it loads the library.
 *
 * Lua: rtmp_deinit() and rtmp_disconnect(), `destroy` and `disconnect` there, end a stream, and so does the end of the Lua
 * state; the garbage collector does not. A context of Lua lives while it is connected, under way or waits to reconnect,
 * whatever still refers to it.
 *
 * Signals belong to the program. No thread of the library takes one, and no call changes the mask of the thread that makes it; a
 * program may block signals and take them by sigwait() or a signalfd. A handler needs SA_ONSTACK, because its signal may arrive
 * while its thread is inside a call, on a small stack. The library sets the flag for the handlers that are installed when it is
 * loaded and at each rtmp_init() and rtmp_connect(); a program that installs one later sets it itself. Where a thread has no
 * alternate stack, it has one of 32 kB after its first call. SIGURG is used by the library: a program that waits for it, or
 * blocks it, gets it for nothing. Callbacks run with nearly all signals blocked, and a thread or a process that is started in
 * one inherits that.
 *
 * Resources: loading the library takes two file descriptors and starts some threads. Later, what finds no descriptor is an error
 * like any other: RTMP_ERR_CONNECT_FAILED of a connection. What Go does not survive ends the process, with a text on stderr: no
 * two descriptors while the library is being loaded; a thread that cannot be created (RLIMIT_NPROC: some ten are needed, and
 * one more for each call that waits for a file); memory or address space that the system refuses (RLIMIT_AS: 1 GB, of which
 * little is used).
 *
 * Memory: the library keeps no pointer it is given, the context's own address and `user_data` excepted. Strings and
 * frames are copied, or used up, before a call returns.
 */
#ifndef LUAT_RTMP_PUSH_H
#define LUAT_RTMP_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTMP_VERSION "0.1.0"

/*
 * Constants of LuatOS's component, for code that names them. They say how that component works inside; this library has
 * no fixed buffers, and the options "timeout", "chunk_size" and "queue_bytes" of rtmp_set_option() set what it uses.
 */
#define RTMP_DEFAULT_CHUNK_SIZE 128           /* bytes, what RTMP begins with */
#define RTMP_BUFFER_SIZE        (512 * 1024)  /* bytes */
#define RTMP_MAX_QUEUE_BYTES    (1024 * 1024) /* bytes */
#define RTMP_HANDSHAKE_SIZE     1536          /* bytes of C1, S1, C2 and S2 */
#define RTMP_CMD_TIMEOUT        5000          /* ms */

/* Return codes. */
#define RTMP_OK                    0
#define RTMP_ERR_FAILED           -1 /* not possible in this state, or refused by the server */
#define RTMP_ERR_INVALID_PARAM    -2 /* a wrong argument, option, URL, source or frame */
#define RTMP_ERR_NO_MEMORY        -3 /* of rtmp.create: no memory for the context */
#define RTMP_ERR_CONNECT_FAILED   -4 /* resolving, TCP or TLS failed; the server's certificate is not trusted */
#define RTMP_ERR_HANDSHAKE_FAILED -5 /* the peer does not speak RTMP version 3 */
#define RTMP_ERR_NETWORK          -6 /* the connection broke */
#define RTMP_ERR_TIMEOUT          -7 /* no answer, or no progress, within the option "timeout" */
#define RTMP_ERR_BUFFER_OVERFLOW  -8 /* larger than a limit of the library */

/* States, numbered as the Lua constants STATE_*. */
typedef enum {
    RTMP_STATE_IDLE          = 0, /* created, never connected */
    RTMP_STATE_CONNECTING    = 1, /* resolving, TCP */
    RTMP_STATE_HANDSHAKING   = 2,
    RTMP_STATE_CONNECTED     = 3, /* the server accepted `connect` */
    RTMP_STATE_PUBLISHING    = 4, /* the server accepted `publish`: media flows */
    RTMP_STATE_DISCONNECTING = 5, /* the end is wanted, or a source that does not loop is at its end */
    RTMP_STATE_DISCONNECTED  = 6,
    RTMP_STATE_ERROR         = 7  /* rtmp_get_error() says why; rtmp_connect() tries again */
} rtmp_state_t;

/* Types of RTMP messages, and of NAL units of H.264. No function here takes or returns one; they are LuatOS's names. */
typedef enum {
    RTMP_MSG_SET_CHUNK_SIZE   = 1,
    RTMP_MSG_ABORT            = 2,
    RTMP_MSG_BYTES_READ       = 3,  /* Acknowledgement */
    RTMP_MSG_CONTROL          = 4,  /* User Control */
    RTMP_MSG_SERVER_BW        = 5,  /* Window Acknowledgement Size */
    RTMP_MSG_CLIENT_BW        = 6,  /* Set Peer Bandwidth */
    RTMP_MSG_AUDIO            = 8,
    RTMP_MSG_VIDEO            = 9,
    RTMP_MSG_AMFDATAFILE      = 15, /* data in AMF3 */
    RTMP_MSG_EXTENDED_COMMAND = 17, /* a command in AMF3 */
    RTMP_MSG_COMMAND          = 20  /* a command in AMF0 */
} rtmp_msg_type_t;

typedef enum {
    NALU_TYPE_NON_IDR = 1,
    NALU_TYPE_IDR     = 5, /* key frame */
    NALU_TYPE_SEI     = 6,
    NALU_TYPE_SPS     = 7,
    NALU_TYPE_PPS     = 8,
    NALU_TYPE_AUD     = 9  /* access unit delimiter */
} nalu_type_t;

/*
 * A context. The caller allocates it, often inside a larger struct; rtmp_init() prepares it. It must stay at its
 * address until rtmp_deinit(). Callers may read and write `user_data` and `adapter_id`, nothing else.
 */
typedef struct rtmp_ctx {
    void    *user_data;   /* the caller's own; the library never looks at it */
    int32_t  adapter_id;  /* network adapter on a device; without meaning on a PC */
    uint8_t  reserved_1[16 - sizeof(void *) - sizeof(int32_t)];
    uint64_t handle;      /* the library's */
    uint64_t reserved[12];
} rtmp_ctx_t;

/* The size of rtmp_ctx_t is part of the contract: it stays what it is, and `reserved` makes room for growth. */
#if defined(__cplusplus) && __cplusplus >= 201103L
#define RTMP_STATIC_ASSERT(condition, name) static_assert(condition, #name)
#else
#define RTMP_STATIC_ASSERT(condition, name) typedef char name[(condition) ? 1 : -1]
#endif
RTMP_STATIC_ASSERT(offsetof(rtmp_ctx_t, user_data) == 0, rtmp_ctx_begins_with_user_data);
RTMP_STATIC_ASSERT(offsetof(rtmp_ctx_t, handle) == 16, rtmp_ctx_handle_is_at_16);
RTMP_STATIC_ASSERT(sizeof(rtmp_ctx_t) == 120, rtmp_ctx_has_120_bytes);

/* Statistics since rtmp_init(); they go on over reconnects. LuatOS's order and layout. */
typedef struct {
    uint64_t bytes_sent;           /* bytes written to the network, protocol included */
    uint32_t video_frames_sent;    /* pictures handed to the network */
    uint32_t audio_frames_sent;    /* audio frames handed to the network */
    uint32_t connection_time;      /* ms since the server accepted `connect`, also when the stream moved to another since; 0: no connection */
    uint32_t packets_sent;         /* RTMP messages */
    uint32_t last_video_timestamp; /* ms, as sent */
    uint32_t last_audio_timestamp; /* ms, as sent */
    uint32_t i_frames;             /* key frames */
    uint32_t p_frames;             /* all other pictures */
    uint64_t i_bytes;
    uint64_t p_bytes;
    uint64_t audio_bytes;
    uint32_t dropped_frames;       /* pictures dropped: before the first key frame, or because the queue was full; pushed frames of an outage */
    uint64_t dropped_bytes;
} rtmp_stats_t;

RTMP_STATIC_ASSERT(offsetof(rtmp_stats_t, video_frames_sent) == 8, rtmp_stats_video_frames_sent_is_at_8);
RTMP_STATIC_ASSERT(offsetof(rtmp_stats_t, p_frames) == 36, rtmp_stats_p_frames_is_at_36);
RTMP_STATIC_ASSERT(offsetof(rtmp_stats_t, i_bytes) == 40, rtmp_stats_i_bytes_is_at_40);
RTMP_STATIC_ASSERT(offsetof(rtmp_stats_t, dropped_frames) == 64, rtmp_stats_dropped_frames_is_at_64);
RTMP_STATIC_ASSERT(sizeof(rtmp_stats_t) == (sizeof(void *) == 8 ? 80 : sizeof(rtmp_stats_t)), rtmp_stats_has_80_bytes);

/* Addition: how the connection fares and what it carries. */
typedef struct {
    uint32_t queue_ms;        /* media time waiting to be sent */
    uint32_t queue_bytes;     /* bytes waiting to be sent */
    uint32_t send_kbps;       /* kbit/s written over the statistics window */
    uint32_t rtt_ms;          /* round-trip time as the kernel measures it, rounded up; see rtt_known */
    uint32_t reconnects;      /* connections re-established by the library itself, or taken over because the server asked for it */
    uint32_t width, height;   /* of the video; 0: unknown */
    char     video_codec[16]; /* of the first video track, a name such as "h264"; "" without video */
    char     audio_codec[16]; /* the same of audio, such as "aac"; the silent track is "aac" too */
    uint32_t rtt_known;       /* 1: rtt_ms was measured. 0: there is no connection, or this system cannot tell; rtt_ms is 0 */
    uint32_t reserved[15];
} rtmp_info_t;

/*
 * Called on each change of state, always from a thread of the library, as things happen and in their order, also when
 * nobody calls rtmp_poll(). It may call every function of this API, rtmp_deinit() included. error_code is RTMP_OK, or the RTMP_ERR_* of a change to RTMP_STATE_ERROR, whose text
 * rtmp_get_error() has. It should do little: the connection waits for it.
 */
typedef void (*rtmp_state_callback)(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int error_code);

/*
 * Addition: a target for the encoder: the network takes kbps kbit/s, and queue_ms of media wait. Called from a thread of
 * the library, at most once a second, when the target changes: it falls when more than 200 ms wait, and rises again in
 * steps of 10 % to what was sent before, when nothing has waited for 5 s. It is never below the option "bitrate_floor".
 */
typedef void (*rtmp_bitrate_callback)(rtmp_ctx_t *ctx, uint32_t kbps, uint32_t queue_ms);

/*
 * Addition: asked for a fresh URL, because a token may have run out, before each attempt to reconnect; see the option
 * "reconnect". Called from a thread of the library, in RTMP_STATE_ERROR. It calls rtmp_set_url() if there is another, and
 * returns RTMP_OK; or it returns RTMP_URL_LATER, and rtmp_set_url() or rtmp_keep_url() follows from elsewhere within
 * 10 s, after which the attempt goes on with the URL that is set.
 */
typedef int (*rtmp_url_callback)(rtmp_ctx_t *ctx);
#define RTMP_URL_LATER 1

/* ---- life of a context ---- */

/*
 * Prepares a context: any number may live at once. Sets all of *ctx but user_data and adapter_id, whatever it held.
 * RTMP_ERR_FAILED for a living context, which goes on. One that was overwritten while it lived is ended first.
 */
int rtmp_init(rtmp_ctx_t *ctx);

/*
 * Releases everything. A live connection is ended cleanly: what waits is sent and the server is told, within 500 ms. No
 * callback comes for it, and none but the caller's own is running or comes later once it has returned; *ctx is the
 * caller's again. Safe twice, also at once from several threads. RTMP_OK for what is not alive, RTMP_ERR_INVALID_PARAM for
 * NULL.
 *
 * Calls that follow each other wait for goodbyes half a second together, not each: when servers take nothing, or do so
 * slowly, the library goes on with what is left by itself, and the end of the process waits for it, 100 ms more at most. The same
 * holds for `destroy` in Lua, and for the contexts of a Lua state that is closed, which are all told at once.
 */
int rtmp_deinit(rtmp_ctx_t *ctx);

/*
 * rtmp://[user:password@]host[:port]/app/stream, or rtmps:// for RTMP over TLS; in IDLE, DISCONNECTED and ERROR. The part after
 * the last '/' before a query, query included, is the stream key; it is taken verbatim, the application too. A path of one segment
 * is the application, with an empty stream (rtmp://host/cam). If such a segment has a query with a '/' after which no '=' comes, the
 * last '/' splits (rtmp://host/live2?backup=1/KEY: "live2?backup=1" and "KEY"). User, password and host are percent-encoded where
 * they need to be; user and password are for servers that ask for them (authmod=adobe or llnw).
 * The port is 1935, with rtmps 443, if none is given. Password, stream key and tokens appear in no text of the library.
 */
int rtmp_set_url(rtmp_ctx_t *ctx, const char *url);

/*
 * Addition: an option by name; numbers in decimal, booleans "true" or "false". Takes effect at the next rtmp_connect().
 *   timeout      ms for each of: resolving + TCP + TLS, handshake, a command's reply, a write without progress (5000)
 *   queue_ms     media time that may wait, ms (2000); past it whole groups of pictures are dropped, the oldest first. Before it, past
 *                700 ms or 35 % of it, whichever is less, pictures that no other refers to. What is sent can always be decoded
 *   queue_bytes  bytes that may wait (4194304); past it both are dropped, in the same order
 *   bitrate_floor   kbit/s, the least that rtmp_set_bitrate_callback()'s function is told (50)
 *   chunk_size   outgoing chunk size, 128 to 2147483647 (60000)
 *   app, stream  replace these parts of the URL; may be empty texts
 *   flash_ver, tc_url   override what `connect` says
 *   hevc         "enhanced": HEVC as Enhanced RTMP has it, hvc1; "legacy": as codec id 12, for servers that know only that
 *   enhanced     when `connect` declares Enhanced RTMP. "auto": when the media that is known by then needs it: a source with
 *                HEVC, AV1, VP8, VP9, Opus, FLAC or AC-3, or what has been pushed before. Some servers (go2rtc) cannot read the
 *                fields. Opus, FLAC, AC-3 or a second track that is first pushed later is refused: "on" (or "declared") declares
 *                it always, as ReconnectRequest needs it too. "v2": always, and the server takes all of version 2 without saying
 *                so (MediaMTX, node-media-server). "off": never. A `connect` with the fields that gets silence or a closed
 *                connection is tried once more without them
 *   audio_optional   "true": where the server does not take the audio's codec, the video goes alone; the log says so. "false":
 *                that is an error, of a source before RTMP_STATE_PUBLISHING
 *   bind         a local IP address, or the name of a network interface, to connect from, also after reconnecting and redirects. It is
 *                looked up by rtmp_connect(), not before. On Linux an interface is used whatever the routes say. Of a host's
 *                addresses those of the other family are left out. Host names are resolved as the system does it
 *   redirect     where a server's request to reconnect (ReconnectRequest of Enhanced RTMP) may lead: "any" host, the "same" host as
 *                the URL, at any port, or "off": such requests are not followed ("any"). The stream key goes along. User and password
 *                go to another host only over rtmps with a verified certificate, and a connection by rtmps never becomes one by rtmp
 *   silent_audio "true": a silent AAC track beside video without audio: from the first picture on if the source has no audio,
 *                else after a second of pushed video without any. It ends when audio comes. Its frames count as audio_frames_sent
 *   reconnect    "true": a connection that fails, at first or later, is followed by another attempt: RTMP_STATE_ERROR with the
 *                reason, then RTMP_STATE_CONNECTING again and so on, until rtmp_disconnect(). rtmp_connect() does not wait for
 *                the next attempt. The stream goes on with its headers and a key frame, with timestamps from 0; a file from the
 *                last key frame before the place it had reached. A frame pushed between two connections is dropped, counted in
 *                dropped_frames, and no error. ("false")
 *   reconnect_min_ms, reconnect_max_ms   the wait between two attempts: doubled from the shortest (1000) to the longest (60000),
 *                up to half of it left to chance; from the shortest again after a minute of publishing
 *   reconnect_attempts   most attempts in a row that fail, after the first (0: without end). A name that is in use is tried
 *                for 75 s at least, because servers hold that of a dropped connection for a minute. A URL that was refused
 *                for itself (a bad key or application) and never accepted is tried again only if there may be another: with
 *                rtmp_set_url_callback(). Broken sources are not tried again.
 *   name         what lines of the log call the context, cut after 200 bytes (the URL without its secrets)
 *   tls_ca       for rtmps://: a PEM file with the certificates of the authorities to trust, read and checked at once (those of
 *                the system)
 *   tls_server_name   the name that the server's certificate has to be for (the host of the URL)
 *   tls_insecure "true": verify nothing, and log a warning ("false")
 */
int rtmp_set_option(rtmp_ctx_t *ctx, const char *name, const char *value);

/*
 * Addition: where the pictures come from while nothing is pushed: "clip" (built in), "none", or a file, with "?loop=1" to
 * repeat it and "?fps=N" for raw H.264 and HEVC. Its content decides what it is:
 *   FLV, also with Enhanced RTMP's codecs; MP4 and MOV, also fragmented; Matroska and WebM;
 *   MPEG-TS; IVF; Ogg with Opus or FLAC;
 *   raw H.264 and HEVC (Annex B); WAV with G.711; AAC in ADTS form; MP3; AC-3; E-AC-3
 * The file is opened and checked at once, and takes over at a key frame when media flows already. "clip" holds until the first call. At the end of a file comes
 * RTMP_STATE_DISCONNECTING and, when the server has got everything, RTMP_STATE_DISCONNECTED, a second later at the latest; or
 * RTMP_STATE_ERROR, whose text says what is missing, and which is not followed by another attempt.
 *
 * "rtp://ADDRESS:PORT?codec=..." and a file that ends in .sdp are received here by RTP: their ports are bound at once, and what comes is
 * sent as it comes, from the next key frame on.
 */
int rtmp_set_source(rtmp_ctx_t *ctx, const char *spec);

/*
 * Addition: extra fields of onMetaData. They are kept for all later connections, and win over the fields the library
 * knows from the media. rtmp_metadata_send() sends them to the server when publishing; otherwise they go out with the
 * first media. rtmp_metadata_clear() forgets them.
 */
int rtmp_metadata_number(rtmp_ctx_t *ctx, const char *name, double value);
int rtmp_metadata_string(rtmp_ctx_t *ctx, const char *name, const char *value);
int rtmp_metadata_boolean(rtmp_ctx_t *ctx, const char *name, int value);
int rtmp_metadata_clear(rtmp_ctx_t *ctx);
int rtmp_metadata_send(rtmp_ctx_t *ctx);

/*
 * The context's user_data field, which may also be read and written directly, before rtmp_init() too. The context need
 * not be alive. NULL for a NULL context.
 */
int rtmp_set_user_data(rtmp_ctx_t *ctx, void *user_data);
void *rtmp_get_user_data(rtmp_ctx_t *ctx);

/* The function that is told of changes of state; NULL: none. It does not wait for one that is running. */
int rtmp_set_state_callback(rtmp_ctx_t *ctx, rtmp_state_callback callback);

/* Addition: the function that is told how much the network takes; NULL: none. */
int rtmp_set_bitrate_callback(rtmp_ctx_t *ctx, rtmp_bitrate_callback callback);

/* Addition: the function that is asked for a fresh URL; NULL: none. */
int rtmp_set_url_callback(rtmp_ctx_t *ctx, rtmp_url_callback callback);

/* Addition: there is no fresh URL; see rtmp_url_callback. */
int rtmp_keep_url(rtmp_ctx_t *ctx);

/*
 * The context that LuatOS's camera 0 belongs to; code that is written for LuatOS sends the frames of the camera to it.
 * rtmp_init() makes it point to its context, so that it is the one that was initialised last; rtmp_deinit() of that
 * context makes it NULL. A program may set it, NULL included. Contexts of the Lua module are never in it.
 *
 * In a host that has LuatOS's luat_camera_* functions, the context that it points to when its state becomes
 * RTMP_STATE_PUBLISHING gets luat_camera_capture(0, 80, "rtmp") and luat_camera_start(0), after its state callback, and
 * luat_camera_stop(0) when that state ends, or in rtmp_deinit().
 */
extern rtmp_ctx_t *g_rtmp_ctx;

/* ---- log ---- */

typedef enum {
    RTMP_LOG_DEBUG = 1, /* the dialogue with the server, decisions about the queue and about sources */
    RTMP_LOG_INFO  = 2, /* connecting, connected, publishing, ended */
    RTMP_LOG_WARN  = 3, /* what somebody should look at: a connection that is lost, why, when it is tried again; that it is back */
    RTMP_LOG_ERROR = 4
} rtmp_log_level_t;

/*
 * Addition: takes a line of the log. text is "NAME: what happened key=value ...", without a line end, at most 4096 bytes; NAME is
 * that of the context, the option "name". text is valid during the call only. Called from a thread of the library, one call at a
 * time, never from inside a function of this header. While it runs, no other line is delivered: up to 256 wait, and what comes on
 * top is lost and counted in a later line. It may call every function of this header.
 */
typedef void (*rtmp_log_callback)(rtmp_log_level_t level, const char *text, void *user_data);

/*
 * Addition: the function that takes the log's place, for all contexts of the process; NULL: lines go to the standard error again.
 * The environment variable RTMP_LOG says, when the library is loaded, from which level on there are lines: debug, info, warn (if it
 * is not set), error, off. With RTMP_LOG_FORMAT=json lines on the standard error are JSON. In both places a context has at most 20
 * lines a minute of one kind, and then one that counts the rest.
 *
 * When it has returned, the function that was set before is not running and is not called any more; from inside that function it
 * does not wait. user_data is handed to each call. RTMP_OK, and RTMP_ERR_FAILED in a child made by fork().
 */
int rtmp_set_log_callback(rtmp_log_callback callback, void *user_data);

/* ---- connection ---- */

/* Starts an attempt and returns. In IDLE, DISCONNECTED and ERROR, else RTMP_ERR_FAILED. Later failures arrive as RTMP_STATE_ERROR. */
int rtmp_connect(rtmp_ctx_t *ctx);

/*
 * Ends the connection: what waits is sent and the server is told, for 500 ms at most. No callback for that connection is
 * running or comes later once it has returned, but for the caller's own. Always RTMP_OK on a living context.
 */
int rtmp_disconnect(rtmp_ctx_t *ctx);

/* Addition: feed the context's source as soon as the state is PUBLISHING, in real time / stop feeding; the connection stays. */
int rtmp_start(rtmp_ctx_t *ctx);
int rtmp_stop(rtmp_ctx_t *ctx);

/* LuatOS's component needs this call every 10-50 ms; this library does not. Returns RTMP_OK. */
int rtmp_poll(rtmp_ctx_t *ctx);

/* RTMP_STATE_IDLE for a context that is not alive. */
rtmp_state_t rtmp_get_state(rtmp_ctx_t *ctx);

/*
 * Addition, for event loops: 1 while callbacks may still come by themselves, because a connection is up or under way or a
 * callback is running; else 0, and what callbacks have posted elsewhere is all there.
 */
int rtmp_is_busy(rtmp_ctx_t *ctx);

/* ---- media ---- */

/*
 * All functions of this part: timestamp is the decode time in ms, modulo 2^32, from any origin; each connection starts at 0 by
 * itself. The frame is used up before the call returns. The first frame pushed switches the context's source off for good.
 * Of each video track, pictures are dropped and counted until its first key frame. Errors:
 *   RTMP_ERR_INVALID_PARAM     NULL, a length of 0, or what is no frame of the codec; the text says what was seen. The stream goes on
 *   RTMP_ERR_FAILED            not publishing; or the server does not take the codec or the track: the text names what to send
 *                              instead, and the connection ends in RTMP_STATE_ERROR with the same text
 *   RTMP_ERR_BUFFER_OVERFLOW   larger than one message can be, some 16 MB
 *
 * Codecs, and what a frame of each is:
 *   "h264" "hevc"          one access unit in Annex B form: 3- and 4-byte start codes, any number of NAL units, parameter sets included.
 *                          Two fields of one frame belong together or come one by one. Access unit delimiters, SEI, filler and ends of
 *                          sequence that come without a frame go out with the next one; several frames at once are
 *                          RTMP_ERR_INVALID_PARAM, and the text says how many
 *   "av1"                  one temporal unit in the low-overhead format (OBUs with sizes)
 *   "vp9" "vp8"            one frame
 *   "aac"                  one raw frame, or any number of ADTS frames; a raw frame needs an AudioSpecificConfig as its configuration
 *   "opus"                 one packet; configuration: an OpusHead; without it mono or stereo, as the first packet says
 *   "flac"                 one frame; configuration, needed: "fLaC" and STREAMINFO, or STREAMINFO alone
 *   "mp3" "ac3" "eac3"     one frame; no configuration
 *   "pcma" "pcmu"          G.711, 8000 Hz, any number of samples; configuration: one byte, the number of channels; without it mono
 *
 * H.264, AAC, MP3 and G.711 go to every server. HEVC, AV1 and VP9 (Enhanced RTMP v1) go to every server but those that say which
 * others they take. VP8, the other audio codecs and further tracks (v2) go to servers that say that they take them; see the
 * option "enhanced", without which `connect` may not have asked.
 */

/*
 * One access unit of H.264; or of HEVC, AV1, VP9 or VP8 where the first one is recognised as such. The same as rtmp_send_video()
 * with 0 and NULL.
 */
int rtmp_send_nalu(rtmp_ctx_t *ctx, const uint8_t *nalu_data, uint32_t nalu_len, uint32_t timestamp);

/*
 * An access unit of H.264 or HEVC in several buffers: each holds one NAL unit without a start code, or any number of them
 * with start codes.
 */
int rtmp_send_nalu_multi(rtmp_ctx_t *ctx, const uint8_t **nalus, const uint32_t *lengths, uint32_t count, uint32_t timestamp);

/*
 * Addition: one access unit with a composition time: presentation time minus decode time in ms, -8388608 to 8388607; 0 but for
 * "h264" and "hevc". codec: a name of the list above; NULL: that of the frames before, and recognised from the first one.
 * Another codec than before begins with a key frame.
 */
int rtmp_send_video(rtmp_ctx_t *ctx, const uint8_t *access_unit, uint32_t len, uint32_t timestamp, int32_t composition_time,
                    const char *codec);

/*
 * One whole FLV audio tag body: for AAC, AF 00 and an AudioSpecificConfig (the sequence header) or AF 01 and a raw frame; the
 * same of any codec of the list above in its FLV form (MP3 2x, G.711 7x and 8x) or with a FourCC, as Enhanced RTMP has it.
 */
int rtmp_send_audio(rtmp_ctx_t *ctx, const uint8_t *audio_data, uint32_t audio_len, uint32_t timestamp);

/*
 * Addition: AAC. config: the AudioSpecificConfig, with the first raw frame and whenever it changes; NULL, 0 otherwise, and
 * for ADTS.
 */
int rtmp_send_aac(rtmp_ctx_t *ctx, const uint8_t *frame, uint32_t len, uint32_t timestamp, const uint8_t *config,
                  uint32_t config_len);

/*
 * Addition: what a frame is. Begin with RTMP_FRAME_INIT, which is what most frames are, and change what differs:
 *
 *     rtmp_frame_t f = RTMP_FRAME_INIT;
 *     f.timestamp = 40;
 *     f.codec = "opus";
 *     rtmp_send_audio_frame(&ctx, packet, len, &f);
 *
 * Later versions may have more fields at the end; `size` tells which the caller knows.
 */
typedef struct {
    uint32_t       size;             /* sizeof(rtmp_frame_t) */
    uint32_t       timestamp;        /* ms */
    int32_t        composition_time; /* video: as in rtmp_send_video(); audio: 0 */
    uint32_t       track;            /* 0 to 255. Others than 0 need a server that takes several tracks */
    const char    *codec;            /* NULL: that of the track's frames before. At the first frame, video is recognised, if it is
                                        h264, hevc, av1, vp9 or vp8, and audio is what its header says, else AAC */
    const uint8_t *config;           /* the decoder configuration: with the first frame, and whenever it changes; for video that whose
                                        parameter sets are not in the frames: an avcC, hvcC, av1C or vpcC record. Else NULL */
    uint32_t       config_len;
} rtmp_frame_t;

#define RTMP_FRAME_INIT {sizeof(rtmp_frame_t), 0, 0, 0, NULL, NULL, 0}

/* Addition: one frame of any codec and of any track. frame is not kept; NULL or with a wrong size: RTMP_ERR_INVALID_PARAM. */
int rtmp_send_video_frame(rtmp_ctx_t *ctx, const uint8_t *data, uint32_t len, const rtmp_frame_t *frame);
int rtmp_send_audio_frame(rtmp_ctx_t *ctx, const uint8_t *data, uint32_t len, const rtmp_frame_t *frame);

/* ---- information ---- */

/*
 * Addition: a state's name in lower case, such as "publishing", and what a code means in general; rtmp_get_error() and
 * rtmp_get_call_error() say what happened. "unknown" and "unknown code" for other numbers. The texts are constants, never
 * NULL. These two functions need no context and go on in a child made by fork().
 */
const char *rtmp_state_name(rtmp_state_t state);
const char *rtmp_strerror(int code);

int rtmp_get_stats(rtmp_ctx_t *ctx, rtmp_stats_t *stats);

/*
 * How often the statistics are logged while publishing (environment RTMP_LOG=info), in ms: 100 to 3600000; 0 means 1000;
 * 10000 at first. Takes effect at the next rtmp_connect().
 */
int rtmp_set_stats_interval(rtmp_ctx_t *ctx, uint32_t interval_ms);

/* Over how long send_kbps is measured, in ms, in whole seconds rounded up; 0 means 1000; 10000 at first; at most 60000. */
int rtmp_set_stats_window(rtmp_ctx_t *ctx, uint32_t window_ms);

/* Addition. */
int rtmp_get_info(rtmp_ctx_t *ctx, rtmp_info_t *info);

/*
 * Addition: why the connection failed last; kept until the next rtmp_connect(). *code (may be NULL) receives the
 * RTMP_ERR_* number, RTMP_OK when nothing failed. Inside a state callback: why that state came. The text goes into
 * text[size], always NUL-terminated when size > 0; text may be NULL.
 * Returns the length of the whole text, without the NUL: a return >= size means that it was cut.
 */
uint32_t rtmp_get_error(rtmp_ctx_t *ctx, int *code, char *text, uint32_t size);

/*
 * Addition: the same for the last call on this context that returned an error, from whatever thread; RTMP_ERR_INVALID_PARAM
 * for a context that is not alive.
 */
uint32_t rtmp_get_call_error(rtmp_ctx_t *ctx, int *code, char *text, uint32_t size);

/*
 * Addition: why nothing of the source, or no video or no audio of it, could be sent for 5 s, such as that no key frame comes; or
 * why the source failed. "" while all is well, and with a context that is not alive. A new source begins without an error. Return
 * and text as rtmp_get_error().
 */
uint32_t rtmp_get_source_error(rtmp_ctx_t *ctx, char *text, uint32_t size);

/* Addition: "publishing rtmp://host/app/..." for people; the stream key is masked. Return and text as rtmp_get_error(). */
uint32_t rtmp_describe(rtmp_ctx_t *ctx, char *text, uint32_t size);

#ifdef __cplusplus
}
#endif

#endif
