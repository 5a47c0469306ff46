#include "common/worker/keydetails.h"
#include "common/base/cleanup.h"
#include "common/json/json.h"
#include "common/base/text.h"

#include <string.h>

/* Numbers this large are milliseconds: as seconds they are in the year 5138. */
#define MILLISECONDS_FROM INT64_C(100000000000)

#define DAY INT64_C(86400)

static const char *const name_spellings[] = {"name", NULL};
static const char *const expiry_spellings[] = {"expiry",     "expires",         "expiry_date",
                                               "expires_at", "expiration_date", NULL};
static const char *const rotation_spellings[] = {"rotation_frequency", "rotation",
                                                 "rotation_period", NULL};
static const char *const created_spellings[] = {"created_at", "created", NULL};

/* The first spelling that is there as text or number, as text; cleaned. "" where there is none. */
static void
read_text(struct ts_json *download, const char *const *spellings, char *ret, size_t size)
{
    ret[0] = '\0';
    for (; *spellings != NULL && ret[0] == '\0'; spellings++) {
        struct ts_json *member = ts_json_member(download, *spellings);

        if (ts_json_is(member, TS_JSON_STRING) || ts_json_is(member, TS_JSON_INTEGER))
            ts_text_clean(ret, size, ts_json_text(member), ts_json_text_len(member));
    }
}

/* Unix time of a moment or the end of a day; 0 where it is neither. */
static int64_t
time_of(const char *text, bool *ret_is_day)
{
    int64_t when = 0;

    *ret_is_day = false;
    if (ts_text_integer(text, 1, INT64_C(999999999999999), &when))
        return when >= MILLISECONDS_FROM ? when / 1000 : when;
    if (ts_text_date_end(text, &when)) {
        *ret_is_day = true;
        return when;
    }
    return 0;
}

static int64_t
days_of_word(const char *word)
{
    static const struct {
        const char *word;
        int64_t days;
    } rows[] = {
        {"daily", 1},         {"weekly", 7},         {"biweekly", 14},  {"monthly", 30},
        {"quarterly", 90},    {"yearly", 365},       {"annually", 365}, {"annual", 365},
        {"half-yearly", 182}, {"semiannually", 182},
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (ts_text_equal_nocase(word, rows[i].word))
            return rows[i].days;
    return 0;
}

static int64_t
days_of_unit(const char *unit)
{
    static const struct {
        const char *unit;
        int64_t days;
    } rows[] = {
        {"", 1},     {"d", 1},      {"day", 1},     {"days", 1},   {"w", 7},
        {"week", 7}, {"weeks", 7},  {"m", 30},      {"month", 30}, {"months", 30},
        {"y", 365},  {"year", 365}, {"years", 365},
    };

    for (size_t i = 0; i < TS_ARRAY_LEN(rows); i++)
        if (ts_text_equal_nocase(unit, rows[i].unit))
            return rows[i].days;
    return 0;
}

/* `90`, `90d`, `3 months`, `P90D` (ISO 8601), `monthly`; 0 where it is none of these. */
static int64_t
rotation_days(const char *text)
{
    char number[20];
    int64_t count = 0;

    if (days_of_word(text) > 0)
        return days_of_word(text);
    if (text[0] == 'P')
        text++;
    size_t digits = strspn(text, "0123456789");
    if (digits >= sizeof(number))
        return 0;
    memcpy(number, text, digits);
    number[digits] = '\0';
    text += digits;
    text += strspn(text, " ");
    return ts_text_integer(number, 1, TS_ROTATION_DAYS_MAX / 365, &count)
               ? count * days_of_unit(text)
               : 0;
}

void
ts_key_details_read(struct ts_json *download, struct ts_key_info *ret)
{
    char created[64];
    bool is_day = false;

    read_text(download, name_spellings, ret->name, sizeof(ret->name));
    read_text(download, expiry_spellings, ret->expiry, sizeof(ret->expiry));
    read_text(download, rotation_spellings, ret->rotation_frequency,
              sizeof(ret->rotation_frequency));
    read_text(download, created_spellings, created, sizeof(created));
    ret->expires = time_of(ret->expiry, &is_day);
    ret->rotation_days = rotation_days(ret->rotation_frequency);
    ret->created = time_of(created, &is_day);
    /* A key made some time on a day counts from that day's beginning. */
    if (is_day)
        ret->created -= DAY - 1;
}
