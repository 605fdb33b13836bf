/*
 * Copyright (C) ngx_agent authors
 *
 * A text cut into pieces, each about as long as what a provider sends at
 * once.  Where a piece ends means nothing to a client, but one that shows the
 * text as it comes must never be given half a character.
 */


#include "dialect/ag_replay_parts.h"


#define AG_REPLAY_PIECE_LEAST  (AG_REPLAY_PIECE / 2)    /* bytes; a word's end
                                                   before is not near */


static size_t ag_replay_piece_end(ag_str_t text);


ag_str_t
ag_replay_piece(ag_str_t *rest)
{
    size_t    len;
    ag_str_t  piece;

    len = (rest->len <= AG_REPLAY_PIECE) ? rest->len
                                         : ag_replay_piece_end(*rest);
    piece = ag_str(rest->data, len);

    if (len > 0) {
        *rest = ag_str(rest->data + len, rest->len - len);
    }

    return piece;
}


/* Of a text that is longer than a piece. */
static size_t
ag_replay_piece_end(ag_str_t text)
{
    size_t  at;

    for (at = AG_REPLAY_PIECE; at > AG_REPLAY_PIECE_LEAST; at--) {
        if (text.data[at] == ' ' || text.data[at] == '\n') {
            return at;
        }
    }

    /* bytes that are no text end where they are cut */

    for (at = AG_REPLAY_PIECE; at > AG_REPLAY_PIECE - 4; at--) {
        if ((text.data[at] & 0xc0) != 0x80) {
            return at;
        }
    }

    return AG_REPLAY_PIECE;
}
