/* A decoder for a coding of our own in the photo field of a simulated card: "WLf", a byte that says
 * what to do when the photo is decoded (where nothing is allowed), and 1,020 bytes which, repeated,
 * are the picture. SPOILS is a file that it must not make. */
#define _GNU_SOURCE
#include "../../wlt-plugin/wlt.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SPOILS
#define SPOILS "/tmp/spoils"
#endif

int kiosk_wlt_init(void) { return 0; }

static void greedy(void) {
    for (;;) {
        char *more = malloc(1 << 20);
        if (more == NULL) return;
        memset(more, 1, 1 << 20);
    }
}

int kiosk_wlt_decode(const uint8_t wlt[KIOSK_WLT_BYTES], uint8_t rgb[KIOSK_WLT_RGB_BYTES]) {
    static char spoils[64];
    struct iovec here = {spoils, sizeof spoils}, there = {(void *)0x400000, sizeof spoils};
    switch (wlt[3]) {
    case 0: break;
    case 'e': return 7;                                              /* an error of its own */
    case 'c': *(volatile int *)8 = 1; break;                         /* crashes */
    case 'a': abort();
    case 'x': _exit(0);                                              /* ends as if all were well */
    case 'h': for (;;) { }                                           /* hangs, busy */
    case 's': for (;;) pause();                                      /* hangs, asleep */
    case 'f': open("/etc/passwd", O_RDONLY); break;                   /* files */
    case 'w': open(SPOILS, O_WRONLY | O_CREAT, 0600); break;
    case 'n': socket(AF_INET, SOCK_STREAM, 0); break;                /* network */
    case 'u': socket(AF_UNIX, SOCK_STREAM, 0); break;
    case 'm': process_vm_readv(getppid(), &here, 1, &there, 1, 0); break;
    case 'v': process_vm_readv(1, &here, 1, &there, 1, 0); break;
    case 't': ptrace(PTRACE_ATTACH, 1, 0, 0); break;
    case 'p': fork(); break;                                         /* processes */
    case 'k': kill(1, 0); break;
    case 'j': mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
    case 'r': dup2(1, 9); break;
    case 'g': greedy(); break;                                       /* all memory it can get */
    case 'o': memset(rgb, 1, 1 << 30); break;                        /* beyond the picture */
    case 'l': while (write(1, rgb, 4096) > 0) { } break;             /* talks without end */
    case 'q': close(1); close(0); break;
    }
    for (int i = 0; i < KIOSK_WLT_RGB_BYTES; i++) rgb[i] = wlt[4 + i % 1020];
    return 0;
}
