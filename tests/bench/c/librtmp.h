/* How the bench uses librtmp. */
#ifndef BENCH_LIBRTMP_H
#define BENCH_LIBRTMP_H

#include "bench.h"

#include <signal.h>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

/* Connects, and says how long chunks are: 128, which is what the library begins with, needs no words. */
static inline RTMP *connect_librtmp(char *url, int chunk)
{
    static char    size[RTMP_MAX_HEADER_SIZE + 4];
    RTMP          *r = RTMP_Alloc();
    RTMPPacket     p = {0};

    signal(SIGPIPE, SIG_IGN);
    RTMP_Init(r);
    RTMP_LogSetLevel(RTMP_LOGCRIT);
    if (!RTMP_SetupURL(r, url))
        die("librtmp: the URL");
    RTMP_EnableWrite(r);
    if (!RTMP_Connect(r, NULL) || !RTMP_ConnectStream(r, 0))
        die("librtmp: cannot connect");
    if (chunk == 128)
        return r;
    p.m_nChannel = 2;
    p.m_packetType = RTMP_PACKET_TYPE_CHUNK_SIZE;
    p.m_headerType = RTMP_PACKET_SIZE_LARGE;
    p.m_body = size + RTMP_MAX_HEADER_SIZE;
    p.m_nBodySize = 4;
    AMF_EncodeInt32(p.m_body, p.m_body + 4, chunk);
    if (!RTMP_SendPacket(r, &p, FALSE))
        die("librtmp: the chunk size");
    r->m_outChunkSize = chunk;
    return r;
}

/* Sends a message whose body has RTMP_MAX_HEADER_SIZE bytes of room in front. */
static inline void send_body(RTMP *r, uint32_t kind, uint32_t timestamp, char *body, uint32_t size)
{
    RTMPPacket p = {0};

    p.m_nChannel = kind == VIDEO ? 6 : 4;
    p.m_packetType = (uint8_t)kind;
    p.m_headerType = RTMP_PACKET_SIZE_MEDIUM;
    p.m_nTimeStamp = timestamp;
    p.m_nInfoField2 = r->m_stream_id;
    p.m_body = body;
    p.m_nBodySize = size;
    if (!RTMP_SendPacket(r, &p, FALSE))
        die("librtmp: the connection broke");
}

#endif
