/*
 * Copyright (C) ngx_agent authors
 *
 * The frame of a state file: its head and its records.  What is not whole is
 * not believed, and nothing behind it: half a file is what a machine leaves
 * that lost its power.  Refuses to know files, locks and whose windows these
 * are.
 */


#include "core/ag_state_file_parts.h"


#define AG_STATE_FILE_MAGIC   "ngx_agent state 1 "
#define AG_STATE_FILE_DIGITS  20    /* of UINT64_MAX */


static int ag_state_file_write_entries(ag_buf_t *out,
    const ag_window_t *window, const ag_now_t *now);
static int ag_state_file_record(ag_str_t *text, ag_str_t *body);


int
ag_state_file_keeps(const ag_window_t *window, const ag_now_t *now)
{
    switch (window->kind) {

    case AG_WINDOW_LOG:
    case AG_WINDOW_RING:

        /* a shorter one is over before the machine is back */

        if (window->window < AG_STATE_FILE_KEEP_US) {
            return 0;
        }

        break;

    case AG_WINDOW_DAY:
    case AG_WINDOW_MONTH:
        break;

    default:
        return 0;
    }

    return !ag_window_idle(window, now);
}


int
ag_state_file_head(ag_buf_t *out, uint64_t wall_us)
{
    int     rc;
    size_t  before;

    before = out->len;

    rc = ag_buf_add_string(out, AG_STATE_FILE_MAGIC);

    if (rc == AG_OK) {
        rc = ag_buf_add_number(out, wall_us);
    }

    if (rc == AG_OK) {
        rc = ag_buf_add(out, "\n", 1);
    }

    if (rc != AG_OK) {
        out->len = before;
    }

    return rc;
}


int
ag_state_file_write(ag_buf_t *out, const uint64_t id[2],
    const ag_window_t *window, const ag_now_t *now)
{
    int         rc;
    size_t      before, len;
    ag_char_t  *p, fixed[AG_STATE_FILE_MARK + AG_STATE_FILE_BODY];

    if (ag_state_file_entry_size(window->kind) == 0) {
        return AG_INVALID;
    }

    p = fixed + AG_STATE_FILE_MARK;

    memset(fixed, 0, AG_STATE_FILE_MARK);
    ag_state_file_set64(p, id[0]);
    ag_state_file_set64(p + 8, id[1]);
    ag_state_file_set32(p + 16, window->kind);
    ag_state_file_set32(p + 20, window->capacity);
    ag_state_file_set64(p + 24, window->window);
    ag_state_file_set64(p + 32, window->epoch);
    ag_state_file_set64(p + 40, window->behind);

    before = out->len;
    rc = ag_buf_add(out, fixed, sizeof(fixed));

    if (rc == AG_OK) {
        rc = ag_state_file_write_entries(out, window, now);
    }

    if (rc == AG_OK && out->len - before > AG_STATE_FILE_RECORD_MAX) {
        rc = AG_LIMIT;
    }

    if (rc != AG_OK) {
        out->len = before;
        return rc;
    }

    /* the entries are counted by having written them */

    p = out->data + before;
    len = out->len - before - AG_STATE_FILE_MARK;

    ag_state_file_set32(p, (uint32_t) len);
    ag_state_file_set32(p + 4,
                        ag_state_file_crc(ag_str(p + AG_STATE_FILE_MARK, len)));

    return AG_OK;
}


int
ag_state_file_read_head(ag_str_t *text, uint64_t *wall_us)
{
    size_t    i, magic;
    uint64_t  n, digit;

    magic = sizeof(AG_STATE_FILE_MAGIC) - 1;

    if (text->len < magic
        || memcmp(text->data, AG_STATE_FILE_MAGIC, magic) != 0)
    {
        return AG_INVALID;
    }

    n = 0;

    for (i = magic; i < text->len && text->data[i] != '\n'; i++) {

        digit = (uint64_t) text->data[i] - '0';

        if (digit > 9 || n > (UINT64_MAX - digit) / 10) {
            return AG_INVALID;
        }

        n = n * 10 + digit;
    }

    if (i == text->len || i == magic || i > magic + AG_STATE_FILE_DIGITS) {
        return AG_INVALID;
    }

    *text = ag_str(text->data + i + 1, text->len - i - 1);
    *wall_us = n;

    return AG_OK;
}


int
ag_state_file_read(ag_str_t *text, uint64_t id[2], ag_window_t *window,
    size_t size, const ag_now_t *now, uint64_t elapsed_us)
{
    int       rc;
    ag_str_t  body;

    /* what is whole and yet no window was written by somebody else */

    do {
        if (ag_state_file_record(text, &body) != AG_OK) {
            return AG_NONE;
        }

        id[0] = ag_word(body.data);
        id[1] = ag_word(body.data + 8);

        rc = ag_state_file_window(body, window, size, now, elapsed_us);

    } while (rc == AG_INVALID);

    return rc;
}


static int
ag_state_file_write_entries(ag_buf_t *out, const ag_window_t *window,
    const ag_now_t *now)
{
    int                    rc;
    size_t                 size;
    uint32_t               i, count;
    ag_char_t              bytes[16];
    ag_state_file_entry_t  entry;

    rc = AG_OK;
    size = ag_state_file_entry_size(window->kind);
    count = ag_state_file_entries(window->kind, window->capacity);

    for (i = 0; i < count && rc == AG_OK; i++) {

        if (!ag_state_file_entry(window, i, now, &entry)) {
            continue;
        }

        ag_state_file_set64(bytes, entry.age);
        ag_state_file_set64(bytes + 8, entry.amount);

        rc = ag_buf_add(out, bytes, size);
    }

    return rc;
}


/*
 * Cuts the first record off, if it is whole.  A length that cannot be leads
 * nowhere, so there is no going on behind it.  Zeroes, as file systems leave
 * them behind a crash, have the right CRC and fail by their length.
 */
static int
ag_state_file_record(ag_str_t *text, ag_str_t *body)
{
    size_t  len;

    if (text->len < AG_STATE_FILE_MARK + AG_STATE_FILE_BODY) {
        return AG_INVALID;
    }

    len = ag_state_file_get32(text->data);

    if (len < AG_STATE_FILE_BODY
        || len > AG_STATE_FILE_RECORD_MAX - AG_STATE_FILE_MARK
        || len > text->len - AG_STATE_FILE_MARK)
    {
        return AG_INVALID;
    }

    *body = ag_str(text->data + AG_STATE_FILE_MARK, len);

    if (ag_state_file_crc(*body) != ag_state_file_get32(text->data + 4)) {
        return AG_INVALID;
    }

    *text = ag_str(body->data + len, text->len - AG_STATE_FILE_MARK - len);

    return AG_OK;
}
