/* An echo server on uWebSockets, in C, on the shared library in the Python package socketify.
 *
 * No Python runs. The library waits with libuv instead of epoll, which costs a little more per wake-up.
 * usage: uwebsockets LIBRARY off|default|fast */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* The used part of the library's interface. */
typedef struct app app;
typedef struct socket socket_t;
typedef struct listener listener;
typedef struct { int port; const char *host; int options; } address;
typedef struct { const char *texts[6]; int prefer_low_memory; } tls_options;
typedef struct {
    int compression;
    unsigned int max_payload_length;
    unsigned short idle_timeout;
    unsigned int max_backpressure;
    bool close_on_backpressure_limit, reset_idle_timeout_on_send, send_pings_automatically;
    unsigned short max_lifetime;
    void (*upgrade)(void), (*open)(void);
    void (*message)(socket_t *, const char *, size_t, int opcode, void *);
    void (*drain)(void), (*ping)(void), (*pong)(void), (*close)(void), (*subscription)(void);
} behavior;

static int (*send_message)(int tls, socket_t *, const char *, size_t, int opcode, bool compress, bool fin);
static int (*local_port)(int tls, listener *);
static bool compress;

static void echo(socket_t *socket, const char *message, size_t length, int opcode, void *data)
{
    (void)data;
    send_message(0, socket, message, length, opcode, compress, true);
}

static void listening(listener *socket, address where, void *data)
{
    (void)where, (void)data;
    if (!socket) {
        fprintf(stderr, "cannot listen\n");
        exit(1);
    }
    printf("listening on 127.0.0.1:%d\n", local_port(0, socket));
    fflush(stdout);
}

static void *library;

static void *find(const char *name)
{
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return symbol;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: uwebsockets LIBRARY off|default|fast\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    cpu_set_t core;
    CPU_ZERO(&core);
    CPU_SET(0, &core);
    sched_setaffinity(0, sizeof core, &core);

    library = dlopen(arguments[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    app *(*create)(int, tls_options) = find("uws_create_app");
    void (*websocket)(int, app *, const char *, behavior, void *) = find("uws_ws");
    void (*listen)(int, app *, address, void (*)(listener *, address, void *), void *) =
        find("uws_app_listen_with_config");
    void (*run)(int, app *) = find("uws_app_run");
    send_message = find("uws_ws_send_with_options");
    local_port = find("us_socket_local_port");

    /* "default" keeps the context, with a window of 32 KiB per connection; "fast" shares a compressor and resets the context. */
    behavior echoing = { .max_payload_length = 64u << 20, .message = echo };
    if (!strcmp(arguments[2], "default"))
        echoing.compression = 15 << 8 | 15 << 4 | 8;
    else if (!strcmp(arguments[2], "fast"))
        echoing.compression = 1 << 8 | 1;
    compress = echoing.compression != 0;

    app *server = create(0, (tls_options){ 0 });
    websocket(0, server, "/*", echoing, NULL);
    listen(0, server, (address){ .port = 0, .host = "127.0.0.1" }, listening, NULL);
    run(0, server);
    return 0;
}
