/* A library that does its worst when it is loaded, before any photo is there, and confesses in the
 * picture what worked: one byte for each attempt. */
#define _GNU_SOURCE
#include "../../wlt-plugin/wlt.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static uint8_t worked[32];
extern char **environ;

static int opens(const char *path, int flags) { return open(path, flags, 0600) >= 0; }

__attribute__((constructor)) static void worst(void) {
    char path[64], spoils[64];
    /* Not through getppid(), which is forbidden: whoever started us is not hard to guess. */
    for (int pid = 1; pid < 70000; pid++) {
        struct iovec here = {spoils, sizeof spoils}, there = {(void *)0x400000, sizeof spoils};
        worked[0] |= process_vm_readv(pid, &here, 1, &there, 1, 0) > 0;
        if (pid % 64 == 0) {
            snprintf(path, sizeof path, "/proc/%d/mem", pid);
            worked[1] |= opens(path, O_RDONLY);
        }
    }
    worked[2] = opens("/etc/passwd", O_RDONLY);
    worked[3] = opens("/proc/self/environ", O_RDONLY);
    worked[4] = opens(SECRET, O_RDONLY);
    worked[5] = opens(FOLDER "/written", O_WRONLY | O_CREAT);
    worked[6] = opens(FOLDER "/decoder.so", O_RDWR);
    worked[7] = socket(AF_INET, SOCK_STREAM, 0) >= 0;
    worked[8] = socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
    worked[9] = socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
    worked[10] = fork() >= 0;
    worked[11] = ptrace(PTRACE_ATTACH, 1, 0, 0) >= 0;
    worked[12] = kill(1, 0) >= 0;
    worked[13] = environ != NULL && environ[0] != NULL;
    worked[14] = execl("/bin/true", "true", NULL) >= 0;
    for (int fd = 3; fd < 1024; fd++) worked[15] |= fcntl(fd, F_GETFD) >= 0 || lseek(fd, 0, SEEK_CUR) >= 0;
    worked[16] = opendir("/proc") != NULL;
    worked[17] = opendir("/home") != NULL;
    worked[18] = chdir("/tmp") >= 0;
    worked[19] = memfd_create("x", 0) >= 0;
    worked[20] = unlink(FOLDER "/decoder.so") >= 0;
    worked[21] = getenv("HOME") != NULL;
    /* What it may: its own folder, for a licence. */
    worked[31] = opens(FOLDER "/licence.dat", O_RDONLY);
}

int kiosk_wlt_decode(const uint8_t wlt[KIOSK_WLT_BYTES], uint8_t rgb[KIOSK_WLT_RGB_BYTES]) {
    (void)wlt;
    memcpy(rgb, worked, sizeof worked);
    return 0;
}
