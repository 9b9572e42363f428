/* A library that decodes nothing; with REFUSE, one that has no licence. */
#ifdef REFUSE
int kiosk_wlt_init(void) { return 1; }
int kiosk_wlt_decode(const unsigned char *wlt, unsigned char *rgb) { return 0; }
#else
int something_else(void) { return 0; }
#endif
