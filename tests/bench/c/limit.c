/*
 * The limit: one write for each frame, of bytes that were prepared beforehand, chunk headers and all. Nothing that has to find out
 * what to write, or may not wait for the network, can be faster. The first record holds what stands before `publish`. With
 * a further argument "stamp" each picture ends with the time when it was sent, in hexadecimal ns.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDSHAKE = 1536 };

static int dial(const char *url)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char        *port = strrchr(url, ':');
    const int          fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    to.sin_port = htons((uint16_t)atoi(port + 1));
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void send_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(fd, data, size);
        if (n <= 0)
            die("the connection broke");
        data += n;
        size -= (size_t)n;
    }
}

static void shake_hands(int fd)
{
    static uint8_t packet[1 + 2 * HANDSHAKE] = {3};
    size_t         have = 0;

    send_all(fd, packet, 1 + HANDSHAKE);
    while (have < sizeof packet) {
        const ssize_t n = read(fd, packet + have, sizeof packet - have);
        if (n <= 0)
            die("no handshake");
        have += (size_t)n;
    }
    send_all(fd, packet + 1, HANDSHAKE);
}

static size_t put_text(uint8_t *at, const char *text)
{
    const size_t n = strlen(text);
    at[0] = 2; /* a string of AMF0 */
    at[1] = (uint8_t)(n >> 8);
    at[2] = (uint8_t)n;
    memcpy(at + 3, text, n);
    return n + 3;
}

/* Sends `publish` for the URL's last part, on message stream 1, and waits for the answer. */
static void publish(int fd, const char *url)
{
    static const char transaction[] = "\0\x40\x10\0\0\0\0\0\0\x05"; /* the number 4, and null */
    static const char wanted[] = "NetStream.Publish.Start";
    static char       got[65536];
    uint8_t           command[1024] = {3, 0, 0, 0, 0, 0, 0, 20, 1};
    size_t            have = 0, n = 12;

    n += put_text(command + n, "publish");
    memcpy(command + n, transaction, 10);
    n += 10;
    n += put_text(command + n, strrchr(url, '/') + 1);
    n += put_text(command + n, "live");
    command[5] = (uint8_t)((n - 12) >> 8);
    command[6] = (uint8_t)(n - 12);
    send_all(fd, command, n);
    while (memmem(got, have, wanted, sizeof wanted - 1) == NULL) {
        const ssize_t n = read(fd, got + have, sizeof got - have);
        if (n <= 0)
            die("not accepted");
        have += (size_t)n;
    }
}

/* Sends a picture whose last bytes are the time. */
static void send_stamped(int fd, const struct record *c)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (long long)now());
    memcpy((uint8_t *)c->data + c->size - 16, text, 16);
    send_all(fd, c->data, c->size);
}

int main(int argc, char **argv)
{
    const struct record *c;
    struct run           r;
    uint32_t             timestamp;
    int                  fd, stamp;

    stamp = argc > 5 && strcmp(argv[5], "stamp") == 0;
    if (argc < 5)
        die("usage: limit URL MEDIA PICTURES FPS [stamp]");
    r = begin_run(argv);
    fd = dial(argv[1]);
    shake_hands(fd);
    c = next_record(&r, &timestamp);
    send_all(fd, c->data, c->size);
    publish(fd, argv[1]);
    c = next_record(&r, &timestamp);
    send_all(fd, c->data, c->size); /* the sequence headers */
    start_clock(&r);
    while ((c = next_record(&r, &timestamp)) != NULL)
        if (!r.dry && stamp)
            send_stamped(fd, c);
        else if (!r.dry)
            send_all(fd, c->data, c->size);
    print_usage(r.before, r.pictures);
    close(fd);
    return 0;
}
