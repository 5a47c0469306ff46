#include "decide_rows.h"

#include <string.h>

#include "unit.h"

static size_t
find_dot(const struct ts_secret *token, int which)
{
    size_t at = 0;

    while (token->data[at] != '.' || --which > 0)
        at++;
    return at;
}

static void
swap_character(struct ts_secret *token, size_t at)
{
    token->data[at] = token->data[at] == 'A' ? 'B' : 'A';
}

static void
alter_header(struct ts_secret *token)
{
    /* The last character of `"typ":"JWT"` or of the brace after it: still JSON in most cases, and
     * never what was signed. */
    swap_character(token, find_dot(token, 1) - 8);
}

static void
alter_payload(struct ts_secret *token)
{
    swap_character(token, find_dot(token, 1) + 12);
}

static void
alter_signature(struct ts_secret *token)
{
    swap_character(token, find_dot(token, 2) + 12);
}

static void
set(struct ts_secret *token, const char *text, size_t len)
{
    assert_int_equal(ts_secret_set(token, text, len), 0);
}

static void
append(struct ts_secret *token, const char *text)
{
    assert_int_equal(ts_secret_append_string(token, text), 0);
}

static void
make_empty(struct ts_secret *token)
{
    ts_secret_clear(token);
}

static void
make_newline(struct ts_secret *token)
{
    set(token, "\n", 1);
}

static void
make_binary(struct ts_secret *token)
{
    set(token, "\x01\x00\xff\xfe.\x80.\n\x7f", 9);
}

static void
make_junk_password(struct ts_secret *token)
{
    set(token, "\b\n\r\177INCORRECT", 13);
}

static void
make_megabyte(struct ts_secret *token)
{
    ts_secret_clear(token);
    while (token->len < (size_t)1024 * 1024)
        append(token, "eyJhbGciOiJSUzI1");
}

static void
fill_to(struct ts_secret *token, size_t len)
{
    while (token->len < len)
        append(token, "A");
}

static void
fill_to_cap(struct ts_secret *token)
{
    fill_to(token, TS_TOKEN_MAX);
    append(token, "\n");
}

static void
fill_over_cap(struct ts_secret *token)
{
    fill_to(token, TS_TOKEN_MAX + 1);
}

static void
add_newline(struct ts_secret *token)
{
    append(token, "\n");
}

static void
add_two_newlines(struct ts_secret *token)
{
    append(token, "\n\n");
}

static void
add_crlf(struct ts_secret *token)
{
    append(token, "\r\n");
}

static void
add_nul(struct ts_secret *token)
{
    assert_int_equal(ts_secret_append(token, "", 1), 0);
}

static void
add_padding(struct ts_secret *token)
{
    append(token, "==");
}

static void
add_part(struct ts_secret *token)
{
    append(token, ".AAAA");
}

static void
put_bearer_before(struct ts_secret *token)
{
    TS_CLEANUP(ts_secret_release) struct ts_secret copy = TS_SECRET_INIT(TS_TOKEN_MAX);

    append(&copy, "Bearer ");
    assert_int_equal(ts_secret_append(&copy, token->data, token->len), 0);
    set(token, copy.data, copy.len);
}

static void
make_plain_base64(struct ts_secret *token)
{
    size_t changed = 0;

    for (size_t i = 0; i < token->len; i++) {
        if (token->data[i] != '-' && token->data[i] != '_')
            continue;
        token->data[i] = token->data[i] == '-' ? '+' : '/';
        changed++;
    }
    assert_true(changed > 0);
}

/* The signature has 342 characters, of which the last has four unused bits. */
static void
set_unused_bits(struct ts_secret *token)
{
    char *last = &token->data[token->len - 1];

    assert_non_null(strchr("AQgw", *last));
    *last = (char)(*last + 1);
}

static void
drop_payload(struct ts_secret *token)
{
    size_t first = find_dot(token, 1), second = find_dot(token, 2);

    memmove(token->data + first + 1, token->data + second, token->len - second);
    ts_secret_truncate(token, token->len - (second - first - 1));
}

static void
drop_header(struct ts_secret *token)
{
    size_t first = find_dot(token, 1);

    memmove(token->data, token->data + first, token->len - first);
    ts_secret_truncate(token, token->len - first);
}

static void
cut_in_header(struct ts_secret *token)
{
    ts_secret_truncate(token, 20);
}

static void
cut_after_header(struct ts_secret *token)
{
    ts_secret_truncate(token, find_dot(token, 1));
}

static void
cut_before_signature(struct ts_secret *token)
{
    ts_secret_truncate(token, find_dot(token, 2));
}

static void
cut_after_last_dot(struct ts_secret *token)
{
    ts_secret_truncate(token, find_dot(token, 2) + 1);
}

static void
cut_one_character(struct ts_secret *token)
{
    ts_secret_truncate(token, token->len - 1);
}

static void
cut_two_characters(struct ts_secret *token)
{
    ts_secret_truncate(token, token->len - 2);
}

static void
cut_with_newline(struct ts_secret *token)
{
    ts_secret_truncate(token, 511);
    append(token, "\n");
}

#define ID_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

const struct decide_row decide_forms[] = {
    {"good", TS_REASON_OK},
    {"good_with_newline", TS_REASON_OK, .spoil = add_newline},
    {"good_without_typ", TS_REASON_OK, "{\"alg\":\"RS256\",\"id\":\"laptop\"}"},
    {"two_newlines", TS_REASON_TOKEN_MALFORMED, .spoil = add_two_newlines},
    {"carriage_return", TS_REASON_TOKEN_MALFORMED, .spoil = add_crlf},
    {"nul_behind", TS_REASON_TOKEN_MALFORMED, .spoil = add_nul},

    {"empty", TS_REASON_TOKEN_EMPTY, .spoil = make_empty},
    {"only_newline", TS_REASON_TOKEN_EMPTY, .spoil = make_newline},
    {"binary", TS_REASON_TOKEN_MALFORMED, .spoil = make_binary},
    {"sshd_junk_password", TS_REASON_TOKEN_MALFORMED, .spoil = make_junk_password},
    {"megabyte", TS_REASON_TOKEN_TOO_LONG, .spoil = make_megabyte},
    {"one_over_the_cap", TS_REASON_TOKEN_TOO_LONG, .spoil = fill_over_cap},
    {"just_the_cap", TS_REASON_TOKEN_MALFORMED, .spoil = fill_to_cap},

    {"padded", TS_REASON_TOKEN_MALFORMED, .spoil = add_padding},
    {"plain_base64", TS_REASON_TOKEN_MALFORMED, .spoil = make_plain_base64},
    {"unused_bits_set", TS_REASON_TOKEN_MALFORMED, .spoil = set_unused_bits},
    {"four_parts", TS_REASON_TOKEN_MALFORMED, .spoil = add_part},
    {"no_payload", TS_REASON_TOKEN_MALFORMED, .spoil = drop_payload},
    {"no_header", TS_REASON_TOKEN_MALFORMED, .spoil = drop_header},
    {"bearer", TS_REASON_TOKEN_MALFORMED, .spoil = put_bearer_before},

    {"cut_in_header", TS_REASON_TOKEN_CUT, .spoil = cut_in_header},
    {"cut_after_header", TS_REASON_TOKEN_CUT, .spoil = cut_after_header},
    {"cut_before_signature", TS_REASON_TOKEN_CUT, .spoil = cut_before_signature},
    {"cut_after_last_dot", TS_REASON_TOKEN_CUT, .spoil = cut_after_last_dot},
    {"cut_one_character", TS_REASON_TOKEN_CUT, .spoil = cut_one_character},
    {"cut_two_characters", TS_REASON_TOKEN_CUT, .spoil = cut_two_characters},
    {"cut_with_newline", TS_REASON_TOKEN_CUT, .spoil = cut_with_newline},
    {"cut_and_of_unknown_key", TS_REASON_TOKEN_CUT, HEADER("stranger"),
     .spoil = cut_two_characters},

    {"cut_but_not_like_a_token", TS_REASON_SIGNATURE, "{ \"alg\":\"RS256\",\"id\":\"laptop\"}",
     .spoil = cut_two_characters},

    {"forged_by_other_key", TS_REASON_SIGNATURE, .other_key = true},
    {"forged_rs512", TS_REASON_SIGNATURE, .how = SIGN_RS512},
    {"forged_ps256", TS_REASON_SIGNATURE, .how = SIGN_PS256},
    {"altered_payload", TS_REASON_SIGNATURE, .spoil = alter_payload},
    {"altered_signature", TS_REASON_SIGNATURE, .spoil = alter_signature},
    {"altered_header", TS_REASON_HEADER, .spoil = alter_header},
    {"other_header_of_same_meaning", TS_REASON_SIGNATURE, HEADER("laptop"), .other_key = true},
    {"signature_of_hmac", TS_REASON_TOKEN_CUT, .how = SIGN_HS256},

    {"alg_none", TS_REASON_TOKEN_MALFORMED, "{\"alg\":\"none\",\"id\":\"laptop\"}",
     .how = SIGN_NOTHING},
    {"alg_none_signed", TS_REASON_HEADER, "{\"alg\":\"none\",\"id\":\"laptop\"}"},
    {"alg_hs256", TS_REASON_HEADER, "{\"alg\":\"HS256\",\"id\":\"laptop\"}", .how = SIGN_HS256},
    {"alg_rs512", TS_REASON_HEADER, "{\"alg\":\"RS512\",\"id\":\"laptop\"}", .how = SIGN_RS512},
    {"alg_ps256", TS_REASON_HEADER, "{\"alg\":\"PS256\",\"id\":\"laptop\"}", .how = SIGN_PS256},
    {"alg_lower_case", TS_REASON_HEADER, "{\"alg\":\"rs256\",\"id\":\"laptop\"}"},
    {"alg_twice", TS_REASON_HEADER, "{\"alg\":\"none\",\"alg\":\"RS256\",\"id\":\"laptop\"}"},
    {"alg_list", TS_REASON_HEADER, "{\"alg\":[\"RS256\"],\"id\":\"laptop\"}"},
    {"alg_missing", TS_REASON_HEADER, "{\"id\":\"laptop\"}"},
    {"crit", TS_REASON_HEADER, "{\"alg\":\"RS256\",\"id\":\"laptop\",\"crit\":[\"exp\"]}"},
    {"crit_null", TS_REASON_HEADER, "{\"alg\":\"RS256\",\"id\":\"laptop\",\"crit\":null}"},
    {"typ_other", TS_REASON_HEADER, "{\"alg\":\"RS256\",\"id\":\"laptop\",\"typ\":\"JWE\"}"},
    {"kid_only", TS_REASON_HEADER, "{\"alg\":\"RS256\",\"kid\":\"laptop\"}"},
    {"id_missing", TS_REASON_HEADER, "{\"alg\":\"RS256\"}"},
    {"id_empty", TS_REASON_HEADER, HEADER("")},
    {"id_number", TS_REASON_HEADER, "{\"alg\":\"RS256\",\"id\":7}"},
    {"id_slash", TS_REASON_HEADER, HEADER("keys/laptop")},
    {"id_dots", TS_REASON_HEADER, HEADER("..")},
    {"id_newline", TS_REASON_HEADER, HEADER("laptop\\n")},
    {"id_nul", TS_REASON_HEADER, HEADER("laptop\\u0000")},
    {"id_65_characters", TS_REASON_HEADER, HEADER(ID_64 "0")},
    {"id_64_characters", TS_REASON_UNKNOWN_KEY, HEADER(ID_64)},
    {"id_twice", TS_REASON_HEADER, "{\"alg\":\"RS256\",\"id\":\"bobs\",\"id\":\"laptop\"}"},
    {"id_other_case", TS_REASON_UNKNOWN_KEY, HEADER("LAPTOP")},
    {"id_prefix", TS_REASON_UNKNOWN_KEY, HEADER("lap")},
    {"header_array", TS_REASON_HEADER, "[\"RS256\"]"},
    {"header_not_json", TS_REASON_HEADER, "alg=RS256"},
    {"header_trailing_text", TS_REASON_HEADER, HEADER("laptop") "x"},
};

const size_t decide_forms_len = TS_ARRAY_LEN(decide_forms);
