/*
 * Copyright (C) ngx_agent authors
 *
 * One call in every dialect: what clients ask and what providers answer,
 * with the members that the real ones send.  An apostrophe stands for a
 * quotation mark, "@" for the text.
 */

#include <stdlib.h>
#include <string.h>

#include "calls.h"


static const char  calls_words[] = CALLS_SAYS " what the second paragraph of "
                                   "the report says about caches.\\n";


const calls_client_t  calls_clients[] = {
    { "chat", "chat/completions",
      "{'model':'bench-model','messages':["
      "{'role':'system','content':'You answer in one paragraph.'},"
      "{'role':'user','content':'@'}],"
      "'temperature':0.7,'max_tokens':256}" },
    { "messages", "messages",
      "{'model':'bench-model','max_tokens':256,"
      "'system':'You answer in one paragraph.','messages':["
      "{'role':'user','content':'@'}],'temperature':0.7}" },
    { "responses", "responses",
      "{'model':'bench-model','instructions':'You answer in one paragraph.',"
      "'input':[{'role':'user','content':'@'}],"
      "'temperature':0.7,'max_output_tokens':256}" },
    { NULL, NULL, NULL }
};


/* ---- OpenAI, chat completions ---- */


#define CALLS_OPENAI                                                          \
    "'created':1763600000,'model':'gpt-4.1-2025-04-14',"                      \
    "'service_tier':'default','system_fingerprint':'fp_b3f1157249',"

#define CALLS_OPENAI_USAGE                                                    \
    "'usage':{'prompt_tokens':200,'completion_tokens':150,"                   \
    "'total_tokens':350,"                                                     \
    "'prompt_tokens_details':{'cached_tokens':0,'audio_tokens':0},"           \
    "'completion_tokens_details':{'reasoning_tokens':0,'audio_tokens':0,"     \
    "'accepted_prediction_tokens':0,'rejected_prediction_tokens':0}}"

#define CALLS_OPENAI_CHUNK(delta, finish)                                     \
    { NULL, "{'id':'chatcmpl-CebNTUOyNWHHYsMbYrtTS3FdvzMEY',"                 \
            "'object':'chat.completion.chunk'," CALLS_OPENAI                  \
            "'choices':[{'index':0,'delta':{" delta "},'logprobs':null,"      \
            "'finish_reason':" finish "}],'usage':null}" }

#define CALLS_OPENAI_PROVIDER(name, quirks)                                   \
    { name, "openai", quirks, "gpt-4.1",                                      \
      "{'id':'chatcmpl-CebNTUOyNWHHYsMbYrtTS3FdvzMEY',"                       \
      "'object':'chat.completion'," CALLS_OPENAI "'choices':[{'index':0,"     \
      "'message':{'role':'assistant','content':'@','refusal':null,"           \
      "'annotations':[]},'logprobs':null,'finish_reason':'stop'}],"           \
      CALLS_OPENAI_USAGE "}",                                                 \
      { CALLS_OPENAI_CHUNK("'role':'assistant','content':'','refusal':null",  \
                           "null") },                                         \
      CALLS_OPENAI_CHUNK("'content':'@'", "null"),                            \
      { CALLS_OPENAI_CHUNK("", "'stop'"),                                     \
        { NULL, "{'id':'chatcmpl-CebNTUOyNWHHYsMbYrtTS3FdvzMEY',"             \
                "'object':'chat.completion.chunk'," CALLS_OPENAI              \
                "'choices':[]," CALLS_OPENAI_USAGE "}" },                     \
        { NULL, "[DONE]" } } }


/* ---- OpenAI, responses ---- */


#define CALLS_RESPONSE(status, output, usage)                                 \
    "{'id':'resp_0ccf5c8f0d7a4e0169','object':'response',"                    \
    "'created_at':1763600000,'status':'" status "','background':false,"       \
    "'error':null,'incomplete_details':null,"                                 \
    "'instructions':'You answer in one paragraph.',"                          \
    "'max_output_tokens':256,'max_tool_calls':null,"                          \
    "'model':'gpt-4.1-2025-04-14','output':[" output "],"                     \
    "'parallel_tool_calls':true,'previous_response_id':null,"                 \
    "'reasoning':{'effort':null,'summary':null},"                             \
    "'service_tier':'default','store':false,'temperature':0.7,"               \
    "'text':{'format':{'type':'text'},'verbosity':'medium'},"                 \
    "'tool_choice':'auto','tools':[],'top_logprobs':0,'top_p':1.0,"           \
    "'truncation':'disabled','usage':" usage ",'user':null,'metadata':{}}"

#define CALLS_RESPONSE_USAGE                                                  \
    "{'input_tokens':200,'input_tokens_details':{'cached_tokens':0},"         \
    "'output_tokens':150,'output_tokens_details':{'reasoning_tokens':0},"     \
    "'total_tokens':350}"

#define CALLS_RESPONSE_PART                                                   \
    "{'type':'output_text','annotations':[],'logprobs':[],'text':'@'}"

#define CALLS_RESPONSE_ITEM                                                   \
    "{'id':'msg_0ccf5c8f0d7a4e01','type':'message','status':'completed',"     \
    "'content':[" CALLS_RESPONSE_PART "],'role':'assistant'}"

#define CALLS_RESPONSE_AT                                                     \
    "'item_id':'msg_0ccf5c8f0d7a4e01','output_index':0,'content_index':0,"

#define CALLS_RESPONSE_EVENT(type, members)                                   \
    { type, "{'type':'" type "','sequence_number':7," members "}" }


/* ---- Gemini ---- */


#define CALLS_GEMINI(finish)                                                  \
    "{'candidates':[{'content':{'parts':[{'text':'@'}],'role':'model'},"      \
    finish "'index':0}],'usageMetadata':{'promptTokenCount':200,"             \
    "'candidatesTokenCount':150,'totalTokenCount':350,"                       \
    "'promptTokensDetails':[{'modality':'TEXT','tokenCount':200}]},"          \
    "'modelVersion':'gemini-2.5-flash','responseId':'a3QfaY_oGq2Dxs0P'}"


const calls_provider_t  calls_providers[] = {
    CALLS_OPENAI_PROVIDER("openai", "openai"),

    /* without an endpoint for responses */
    CALLS_OPENAI_PROVIDER("compatible", "compatible"),

    { "anthropic", "anthropic", "openai", "claude-haiku-4-5",
      "{'model':'claude-haiku-4-5-20251001','id':'msg_01JmDvP5yTqVJwYbGq',"
      "'type':'message','role':'assistant','content':[{'type':'text',"
      "'text':'@'}],'stop_reason':'end_turn','stop_sequence':null,"
      "'usage':{'input_tokens':200,'cache_creation_input_tokens':0,"
      "'cache_read_input_tokens':0,'cache_creation':"
      "{'ephemeral_5m_input_tokens':0,'ephemeral_1h_input_tokens':0},"
      "'output_tokens':150,'service_tier':'standard'}}",
      { { "message_start",
          "{'type':'message_start','message':{'model':"
          "'claude-haiku-4-5-20251001','id':'msg_01JmDvP5yTqVJwYbGq',"
          "'type':'message','role':'assistant','content':[],"
          "'stop_reason':null,'stop_sequence':null,'usage':{"
          "'input_tokens':200,'cache_creation_input_tokens':0,"
          "'cache_read_input_tokens':0,'output_tokens':1,"
          "'service_tier':'standard'}}}" },
        { "content_block_start",
          "{'type':'content_block_start','index':0,"
          "'content_block':{'type':'text','text':''}}" },
        { "ping", "{'type': 'ping'}" } },
      { "content_block_delta",
        "{'type':'content_block_delta','index':0,"
        "'delta':{'type':'text_delta','text':'@'}}" },
      { { "content_block_stop", "{'type':'content_block_stop','index':0}" },
        { "message_delta",
          "{'type':'message_delta','delta':{'stop_reason':'end_turn',"
          "'stop_sequence':null},'usage':{'input_tokens':200,"
          "'cache_creation_input_tokens':0,'cache_read_input_tokens':0,"
          "'output_tokens':150}}" },
        { "message_stop", "{'type':'message_stop'}" } } },

    { "responses", "responses", "openai", "gpt-4.1",
      CALLS_RESPONSE("completed", CALLS_RESPONSE_ITEM, CALLS_RESPONSE_USAGE),
      { CALLS_RESPONSE_EVENT("response.created", "'response':"
            CALLS_RESPONSE("in_progress", "", "null")),
        CALLS_RESPONSE_EVENT("response.in_progress", "'response':"
            CALLS_RESPONSE("in_progress", "", "null")),
        CALLS_RESPONSE_EVENT("response.output_item.added",
            "'output_index':0,'item':{'id':'msg_0ccf5c8f0d7a4e01',"
            "'type':'message','status':'in_progress','content':[],"
            "'role':'assistant'}"),
        CALLS_RESPONSE_EVENT("response.content_part.added", CALLS_RESPONSE_AT
            "'part':{'type':'output_text','annotations':[],'logprobs':[],"
            "'text':''}") },
      CALLS_RESPONSE_EVENT("response.output_text.delta", CALLS_RESPONSE_AT
          "'delta':'@','logprobs':[],'obfuscation':'vJ3nkE'"),
      { CALLS_RESPONSE_EVENT("response.output_text.done", CALLS_RESPONSE_AT
            "'text':'@','logprobs':[]"),
        CALLS_RESPONSE_EVENT("response.content_part.done", CALLS_RESPONSE_AT
            "'part':" CALLS_RESPONSE_PART),
        CALLS_RESPONSE_EVENT("response.output_item.done",
            "'output_index':0,'item':" CALLS_RESPONSE_ITEM),
        CALLS_RESPONSE_EVENT("response.completed", "'response':"
            CALLS_RESPONSE("completed", CALLS_RESPONSE_ITEM,
                           CALLS_RESPONSE_USAGE)) } },

    { "gemini", "gemini", "openai", "gemini-2.5-flash",
      CALLS_GEMINI("'finishReason':'STOP',"),
      { { NULL, NULL } },
      { NULL, CALLS_GEMINI("") },
      { { NULL, CALLS_GEMINI("'finishReason':'STOP',") } } },

    { NULL, NULL, NULL, NULL, NULL, { { NULL, NULL } }, { NULL, NULL },
      { { NULL, NULL } } }
};


char *
calls_text(const char *template, size_t size, size_t *len)
{
    char    *text, *p;
    size_t   i, room;

    room = (size > strlen(template)) ? size - (strlen(template) - 1)
                                     : sizeof(CALLS_CHUNK) - 1;
    text = malloc(strlen(template) + room + 1);

    if (text == NULL) {
        abort();
    }

    for (p = text; *template != '\0'; template++) {

        if (*template != '@') {
            *p++ = (*template == '\'') ? '"' : *template;
            continue;
        }

        if (size == 0) {
            memcpy(p, CALLS_CHUNK, room);
            p += room;
            continue;
        }

        for (i = 0; i + sizeof(calls_words) - 1 <= room;
             i += sizeof(calls_words) - 1)
        {
            memcpy(p + i, calls_words, sizeof(calls_words) - 1);
        }

        memset(p + i, '.', room - i);
        p += room;
    }

    *p = '\0';
    *len = (size_t) (p - text);

    return text;
}
