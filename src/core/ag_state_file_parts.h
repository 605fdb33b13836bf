/*
 * Copyright (C) ngx_agent authors
 *
 * What the files of ag_state_file share: the form of a record.
 *
 * All numbers are little-endian.  First stand the length of the body and the
 * CRC-32C of the body, four bytes each.  A body is the window's id (16), its
 * kind (4) and capacity (4), its length (8), "epoch" (8) and "behind" (8);
 * then come its entries, the oldest first:
 *
 *   LOG         the age of an admission (8)
 *   RING        the age of a sub-window's last moment, or 0 if that is not
 *               over, and its amount (8 each)
 *   DAY, MONTH  the Unix time where the period began, and the amount
 */


#ifndef _AG_STATE_FILE_PARTS_H_INCLUDED_
#define _AG_STATE_FILE_PARTS_H_INCLUDED_


#include "core/ag_state_file.h"


#define AG_STATE_FILE_MARK  8       /* bytes before the body */
#define AG_STATE_FILE_BODY  48      /* bytes of it before the entries */


/* One thing that a window remembers. */
typedef struct {
    uint64_t  age;                  /* us; DAY, MONTH: Unix time */
    uint64_t  amount;
} ag_state_file_entry_t;


uint32_t ag_state_file_crc(ag_str_t bytes);

/* How many entries a window of that kind and capacity may have, and the bytes
 * of one; 0 of a kind that is not kept. */
uint32_t ag_state_file_entries(uint32_t kind, uint32_t capacity);
size_t ag_state_file_entry_size(uint32_t kind);

/* The entry of that number, from 0 on; 0 if nothing there counts. */
int ag_state_file_entry(const ag_window_t *window, uint32_t number,
    const ag_now_t *now, ag_state_file_entry_t *entry);

/*
 * Fills a window from the body of a record, which has AG_STATE_FILE_BODY
 * bytes at least.  AG_OK; AG_INVALID: no window looks like that; AG_LIMIT:
 * larger than "size".
 */
int ag_state_file_window(ag_str_t body, ag_window_t *window, size_t size,
    const ag_now_t *now, uint64_t elapsed_us);


static inline uint32_t
ag_state_file_get32(const ag_char_t *p)
{
    return p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
           | (uint32_t) p[3] << 24;
}


static inline void
ag_state_file_set32(ag_char_t *p, uint32_t number)
{
    p[0] = (ag_char_t) number;
    p[1] = (ag_char_t) (number >> 8);
    p[2] = (ag_char_t) (number >> 16);
    p[3] = (ag_char_t) (number >> 24);
}


static inline void
ag_state_file_set64(ag_char_t *p, uint64_t number)
{
    ag_state_file_set32(p, (uint32_t) number);
    ag_state_file_set32(p + 4, (uint32_t) (number >> 32));
}


#endif /* _AG_STATE_FILE_PARTS_H_INCLUDED_ */
