#include "decide_rows.h"
#include "common/base/cleanup.h"

#include <string.h>

#define TEXT(literal) .payload = (literal), .payload_len = sizeof(literal) - 1

#define TIMES_16(text)                                                                             \
    text text text text text text text text text text text text text text text text
#define BRACKETS_256 TIMES_16("[[[[[[[[[[[[[[[[")
#define DEEP                                                                                       \
    BRACKETS_256 BRACKETS_256 BRACKETS_256 BRACKETS_256 BRACKETS_256 BRACKETS_256 BRACKETS_256     \
        BRACKETS_256

#define WITH(more)                                                                                 \
    "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":\"ThriveStack\"," more "}"

const struct decide_row decide_claims[] = {
    /* The policy's own answers, before anyone looks at a token. */
    {"no_section", TS_REASON_NO_SERVICE, .service = "ftp"},
    {"alias_of_no_section", TS_REASON_NO_SERVICE, .service = "su-l"},
    {"user_unknown", TS_REASON_UNKNOWN_USER, .user = "mallory"},
    {"user_like_a_group", TS_REASON_UNKNOWN_USER, .user = "@staff"},
    {"user_empty", TS_REASON_UNKNOWN_USER, .user = ""},
    {"root_not_named", TS_REASON_UNKNOWN_USER, .user = "root"},

    /* Times: tolerance 60 s, exact to the second. */
    {"at_exp", TS_REASON_OK, .now = NOW + 1800, .service = "login"},
    {"59_past_exp", TS_REASON_OK, .now = NOW + 1859, .service = "login"},
    {"60_past_exp", TS_REASON_EXPIRED, .now = NOW + 1860, .service = "login"},
    {"61_past_exp", TS_REASON_EXPIRED, .now = NOW + 1861, .service = "login"},
    {"expired_long_ago", TS_REASON_EXPIRED, .payload = CLAIMS(SCOPE, "1000000000", "1000003600")},
    {"iat_59_ahead", TS_REASON_OK, .payload = CLAIMS(SCOPE, "1800000059", EXP)},
    {"iat_60_ahead", TS_REASON_OK, .payload = CLAIMS(SCOPE, "1800000060", EXP)},
    {"iat_61_ahead", TS_REASON_NOT_YET_VALID, .payload = CLAIMS(SCOPE, "1800000061", EXP)},
    {"nbf_past", TS_REASON_OK, .payload = WITH("\"nbf\":1799999990")},
    {"nbf_60_ahead", TS_REASON_OK, .payload = WITH("\"nbf\":1800000060")},
    {"nbf_61_ahead", TS_REASON_NOT_YET_VALID, .payload = WITH("\"nbf\":1800000061")},
    {"nbf_text", TS_REASON_PAYLOAD, .payload = WITH("\"nbf\":\"1799999990\"")},
    {"nbf_null", TS_REASON_PAYLOAD, .payload = WITH("\"nbf\":null")},
    {"lives_max_lifetime", TS_REASON_OK, .payload = CLAIMS(SCOPE, "1799999990", "1800003590")},
    {"lives_one_more", TS_REASON_LIFETIME, .payload = CLAIMS(SCOPE, "1799999990", "1800003591")},
    {"lives_a_day", TS_REASON_OK, HEADER("bobs"), CLAIMS(SCOPE, "1799999990", "1800086390"),
     .user = "bob"},
    {"lives_over_a_day", TS_REASON_LIFETIME, HEADER("bobs"),
     CLAIMS(SCOPE, "1799999990", "1800086391"), .user = "bob"},
    {"lives_forever", TS_REASON_LIFETIME,
     .payload = CLAIMS(SCOPE, "1799999990", "9007199254740992")},
    {"lives_no_second", TS_REASON_LIFETIME, .payload = CLAIMS(SCOPE, "1800000010", "1800000010")},
    {"lives_backwards", TS_REASON_LIFETIME, .payload = CLAIMS(SCOPE, "1800000020", "1800000010")},
    {"as_old_as_max_age", TS_REASON_OK, .payload = CLAIMS(SCOPE, "1799999700", EXP)},
    {"older_than_max_age", TS_REASON_TOO_OLD, .payload = CLAIMS(SCOPE, "1799999699", EXP)},
    {"old_where_no_max_age", TS_REASON_OK, .payload = CLAIMS(SCOPE, "1799999699", EXP),
     .service = "login"},

    /* With single_use a token from before the boot is never accepted, without any tolerance. */
    {"issued_in_the_second_of_boot", TS_REASON_OK, .service = "once", .booted = NOW - 10},
    {"issued_1_before_boot", TS_REASON_BEFORE_BOOT, .service = "once", .booted = NOW - 9},
    {"issued_half_an_hour_before_boot", TS_REASON_BEFORE_BOOT, .service = "once",
     .payload = CLAIMS(SCOPE, "1799998000", "1800000100"), .booted = NOW - 200},
    {"issued_after_boot", TS_REASON_OK, .service = "once", .booted = NOW - 200},
    {"boot_not_known", TS_REASON_OK, .service = "once",
     .payload = CLAIMS(SCOPE, "1799998000", "1800000100")},
    {"before_boot_without_single_use", TS_REASON_OK, .service = "login", .booted = NOW - 9},

    /* Types of times. */
    {"exp_missing", TS_REASON_PAYLOAD,
     .payload = "{\"aud\":" SCOPE ",\"iat\":" IAT ",\"iss\":\"ThriveStack\"}"},
    {"exp_text", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "\"1800001800\"")},
    {"exp_fraction", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "1800001800.5")},
    {"exp_whole_fraction", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "1800001800.0")},
    {"exp_exponent", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "18000018e2")},
    {"exp_beyond_2_53", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "9007199254740993")},
    {"exp_beyond_2_64", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "18446744073709551617")},
    {"exp_negative", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "-1")},
    {"exp_null", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "null")},
    {"exp_true", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, "true")},
    {"exp_twice", TS_REASON_PAYLOAD, .payload = WITH("\"exp\":" EXP)},
    {"iat_missing", TS_REASON_PAYLOAD,
     .payload = "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iss\":\"ThriveStack\"}"},
    {"iat_text", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, "\"1799999990\"", EXP)},
    {"iat_fraction", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, "1799999990.5", EXP)},
    {"iat_beyond_2_53", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, "9007199254740993", EXP)},
    {"iat_negative", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, "-1799999990", EXP)},

    /* Issuer. */
    {"iss_other_case", TS_REASON_ISSUER,
     .payload = "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":\"thrivestack\"}"},
    {"iss_longer", TS_REASON_ISSUER,
     .payload = "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":\"ThriveStack \"}"},
    {"iss_missing", TS_REASON_PAYLOAD,
     .payload = "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT "}"},
    {"iss_list", TS_REASON_PAYLOAD,
     .payload = "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":[\"ThriveStack\"]}"},
    {"iss_with_nul", TS_REASON_PAYLOAD,
     .payload =
         "{\"aud\":" SCOPE ",\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":\"ThriveStack\\u0000\"}"},

    /* Audience. */
    {"aud_array", TS_REASON_OK, .payload = CLAIMS("[" SCOPE "]", IAT, EXP)},
    {"aud_array_of_two", TS_REASON_OK,
     .payload = CLAIMS("[\"telemetry_apis\"," SCOPE "]", IAT, EXP)},
    {"aud_blank_separated", TS_REASON_OK,
     .payload = CLAIMS("\"telemetry_apis user_management\"", IAT, EXP)},
    {"aud_missing", TS_REASON_PAYLOAD,
     .payload = "{\"exp\":" EXP ",\"iat\":" IAT ",\"iss\":\"ThriveStack\"}"},
    {"aud_number", TS_REASON_PAYLOAD, .payload = CLAIMS("7", IAT, EXP)},
    {"aud_null", TS_REASON_PAYLOAD, .payload = CLAIMS("null", IAT, EXP)},
    {"aud_object", TS_REASON_PAYLOAD, .payload = CLAIMS("{\"user_management\":1}", IAT, EXP)},
    {"aud_nested", TS_REASON_PAYLOAD, .payload = CLAIMS("[[" SCOPE "]]", IAT, EXP)},
    {"aud_mixed", TS_REASON_PAYLOAD, .payload = CLAIMS("[" SCOPE ",7]", IAT, EXP)},
    {"aud_empty", TS_REASON_PAYLOAD, .payload = CLAIMS("\"\"", IAT, EXP)},
    {"aud_empty_array", TS_REASON_PAYLOAD, .payload = CLAIMS("[]", IAT, EXP)},
    {"aud_nul", TS_REASON_PAYLOAD, .payload = CLAIMS("\"user_management\\u0000\"", IAT, EXP)},
    {"aud_newline", TS_REASON_PAYLOAD, .payload = CLAIMS("\"user_management\\n\"", IAT, EXP)},
    {"aud_prefix", TS_REASON_SCOPE_MISSING, .payload = CLAIMS("\"user_manage\"", IAT, EXP)},
    {"aud_longer", TS_REASON_SCOPE_MISSING, .payload = CLAIMS("\"user_management2\"", IAT, EXP)},
    {"aud_other_case", TS_REASON_SCOPE_MISSING, .payload = CLAIMS("\"User_Management\"", IAT, EXP)},
    {"aud_commas", TS_REASON_SCOPE_MISSING,
     .payload = CLAIMS("\"telemetry_apis,user_management\"", IAT, EXP)},
    {"one_scope_of_two", TS_REASON_SCOPE_MISSING, .service = "sudo"},
    {"both_scopes", TS_REASON_OK, .payload = CLAIMS("[\"telemetry_apis\"," SCOPE "]", IAT, EXP),
     .service = "sudo"},
    {"scope_not_the_keys", TS_REASON_SCOPE_NOT_ALLOWED,
     .payload = CLAIMS("[" SCOPE ",\"billing\"]", IAT, EXP)},
    {"scope_not_the_keys_first", TS_REASON_SCOPE_NOT_ALLOWED,
     .payload = CLAIMS("\"billing user_management\"", IAT, EXP)},

    /* Form of the payload. */
    {"payload_not_json", TS_REASON_PAYLOAD, .payload = "aud=user_management"},
    {"payload_array", TS_REASON_PAYLOAD, .payload = "[" CLAIMS(SCOPE, IAT, EXP) "]"},
    {"payload_text", TS_REASON_PAYLOAD, .payload = "\"ThriveStack\""},
    {"payload_2048_deep", TS_REASON_PAYLOAD, .payload = DEEP},
    {"payload_trailing_text", TS_REASON_PAYLOAD, .payload = CLAIMS(SCOPE, IAT, EXP) "{}"},
    {"payload_trailing_nul", TS_REASON_PAYLOAD, TEXT(CLAIMS(SCOPE, IAT, EXP) "\0")},
    {"payload_nul_inside", TS_REASON_PAYLOAD, TEXT("{\0}")},
    {"payload_single_quotes", TS_REASON_PAYLOAD, .payload = "{'iss':'ThriveStack'}"},

    /* What the key is for. */
    {"key_of_another_user", TS_REASON_USER, HEADER("bobs")},
    {"key_for_another_service", TS_REASON_SERVICE, .payload = CLAIMS(SCOPE, IAT, EXP),
     .service = "cron"},
    {"key_for_all_services", TS_REASON_OK, HEADER("bobs"), .user = "bob", .service = "cron"},
    {"service_alias", TS_REASON_OK, .service = "remote"},
    {"service_in_capitals", TS_REASON_OK, .service = "SSHD"},
    {"root_where_named", TS_REASON_OK, HEADER("admins"), .user = "root", .service = "cron"},
    {"key_expired_yesterday", TS_REASON_KEY_EXPIRED, HEADER("old")},
    {"key_on_its_last_second", TS_REASON_OK, HEADER("today"),
     CLAIMS(SCOPE, "1800057590", "1800058000"), .now = INT64_C(1800057599)},
    {"key_one_second_later", TS_REASON_KEY_EXPIRED, HEADER("today"),
     CLAIMS(SCOPE, "1800057590", "1800058000"), .now = INT64_C(1800057600)},
};

const size_t decide_claims_len = TS_ARRAY_LEN(decide_claims);
