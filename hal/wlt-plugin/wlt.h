/* The interface between the kiosk and a licensed decoder of card photos (WLT).
 *
 * An integrator wraps the decoder in a shared library with these functions, compiled for the
 * kiosk's processor, and names its file in the kiosk's settings:
 *
 *     [card_reader]
 *     wlt_plugin = "/opt/wlt/libwlt.so"
 *
 * Give the library a folder of its own: it can read that folder, the system's libraries, and
 * nothing else.
 *
 * For each photo the kiosk starts a new process (`kiosk-wlt`), which
 *   1. gives up everything but reading the system's libraries and the library's folder,
 *   2. loads the library and calls kiosk_wlt_init(), if there is one: licence files and tables in
 *      the folder are to be read here, into memory,
 *   3. gives up files altogether: from here on the process can use memory, and nothing else,
 *   4. receives the photo, calls kiosk_wlt_decode() once, hands over the picture and ends.
 *
 * No step can use the network, write files, start threads or processes, or see the kiosk. Whoever
 * tries in step 4 is ended at once; before, the call fails with EPERM or EACCES. There are 512 MiB
 * of memory, 5 s of processor time and, all in all, 3 s. The environment is empty, standard error
 * goes nowhere. Standard output belongs to the kiosk: a decoder that prints to it is ended.
 */
#ifndef KIOSK_WLT_H
#define KIOSK_WLT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIOSK_WLT_BYTES 1024              /* the photo field of a card, magic "WLf" */
#define KIOSK_WLT_WIDTH 102               /* pixels */
#define KIOSK_WLT_HEIGHT 126
#define KIOSK_WLT_RGB_BYTES (KIOSK_WLT_WIDTH * KIOSK_WLT_HEIGHT * 3)

/* Optional. Returns 0 when the decoder can be used; anything else is reported as "refused". */
int kiosk_wlt_init(void);

/* Decodes one photo: rows from top to bottom, pixels from left to right, R, G, B. Returns 0, or
 * a number from 1 to 255 that is logged for the technician. */
int kiosk_wlt_decode(const uint8_t wlt[KIOSK_WLT_BYTES], uint8_t rgb[KIOSK_WLT_RGB_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
