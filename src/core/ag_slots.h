/*
 * Copyright (C) ngx_agent authors
 *
 * How shared memory is divided among entries of any size: into classes, four
 * for each doubling, so that above the smallest class an entry takes at most
 * a quarter more than it asked for.  A class takes runs of whole pages, so
 * long that hardly anything is left at their ends.
 *
 * Decides sizes only; who owns the memory, and what lies in it, is the
 * caller's.
 */


#ifndef _AG_SLOTS_H_INCLUDED_
#define _AG_SLOTS_H_INCLUDED_


#include "core/ag_base.h"


#define AG_SLOTS_CLASSES   44
#define AG_SLOTS_SIZE_MIN  96               /* bytes, of the first class */
#define AG_SLOTS_SIZE_MAX  (160 * 1024)     /* of the last: an exact log of
                                               16384 requests is 128 KiB and
                                               its head */
#define AG_SLOTS_BUCKETS_MIN  256


/* The class of that many bytes; AG_SLOTS_CLASSES: there is none so large. */
unsigned ag_slots_class(size_t size);

/* Bytes of an item of the class; a multiple of 16. */
size_t ag_slots_size(unsigned class);

/* Bytes of a run of the class: whole pages.  "page" is at least 4096. */
size_t ag_slots_run(unsigned class, size_t page);

/* Buckets of a hash table in a zone of that many bytes, a power of two: about
 * one for 512 bytes. */
size_t ag_slots_buckets(size_t zone);

/* Bytes of a zone that classes leave to others. */
size_t ag_slots_reserve(size_t zone);


#endif /* _AG_SLOTS_H_INCLUDED_ */
