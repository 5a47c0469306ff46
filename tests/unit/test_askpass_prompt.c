/* Which questions askpass answers: the module's, as ssh or sudo show them, and no other. */
#include "tests/unit/unit.h"

#include <string.h>

#include "helper/client/askpass_prompt.h"

#define FIRST "ThriveStack token: "
#define RETRY "ThriveStack token (at most 500 characters at a time): "
#define NEXT(number) "ThriveStack token, from character " number " (1a2b3c4d): "
#define NEXT_RETRY                                                                                 \
    "ThriveStack token, from character 501 (1a2b3c4d) (at most 500 characters at a time): "

static const struct {
    const char *name;
    const char *text;
    const char *host; /* NULL: refused */
    size_t received;
} ssh_prompts[] = {
    {"first", "(alice@ssh.example) " FIRST, "ssh.example", 0},
    {"retry", "(alice@ssh.example) " RETRY, "ssh.example", 0},
    {"lines_before", "(alice@ssh.example) Welcome.\nA second line\n" FIRST, "ssh.example", 0},
    {"second_part", "(alice@ssh.example) " NEXT("501"), "ssh.example", 500},
    {"second_part_retry", "(alice@ssh.example) " NEXT_RETRY, "ssh.example", 500},
    {"second_part_two_ends", "(alice@ssh.example) " NEXT("501") ": ", NULL, 0},
    {"third_part", "(alice@ssh.example) " NEXT("1001"), "ssh.example", 1000},
    {"at_in_user", "(alice@corp@ssh.example) " FIRST, "ssh.example", 0},
    {"ipv6", "(alice@2001:db8::1) " FIRST, "[2001:db8::1]", 0},
    {"no_prefix", FIRST, NULL, 0},
    {"no_user", "(@ssh.example) " FIRST, NULL, 0},
    {"no_host", "(alice@) " FIRST, NULL, 0},
    {"no_at", "(ssh.example) " FIRST, NULL, 0},
    {"prefix_not_first", " (alice@ssh.example) " FIRST, NULL, 0},
    {"prefix_in_text", "Hello\n(alice@ssh.example) " FIRST, NULL, 0},
    {"second_prefix_is_text", "(alice@evil.example) (alice@ssh.example) " FIRST, NULL, 0},
    {"second_prefix_in_line_before", "(a@evil.example) (b@ssh.example) \n" FIRST, NULL, 0},
    {"end_of_prefix_in_user", "(x@build.example.com) y@evil.example) " FIRST, NULL, 0},
    {"end_of_prefix_in_user_and_a_line", "(x@build.example.com) y@evil.example) Hello.\n" FIRST,
     NULL, 0},
    {"end_of_prefix_in_user_second_part", "(x@build.example.com) y@evil.example) " NEXT("501"),
     NULL, 0},
    {"brackets_in_a_later_line", "(alice@ssh.example) Welcome\n(all of you) here.\n" FIRST,
     "ssh.example", 0},
    {"newline_in_prefix", "(alice@ssh.exa\nmple) " FIRST, NULL, 0},
    {"escape_in_prefix", "(al\033ice@ssh.example) " FIRST, NULL, 0},
    {"other_password", "(alice@ssh.example) Password: ", NULL, 0},
    {"text_behind", "(alice@ssh.example) " FIRST "x", NULL, 0},
    {"line_behind", "(alice@ssh.example) " FIRST "\nPassword: ", NULL, 0},
    {"newline_behind", "(alice@ssh.example) " FIRST "\n", NULL, 0},
    {"no_blank_behind", "(alice@ssh.example) ThriveStack token:", NULL, 0},
    {"text_before", "(alice@ssh.example) Your " FIRST, NULL, 0},
    {"host_key_question", "The authenticity of host 'ssh.example' can't be established.", NULL, 0},
    {"empty", "", NULL, 0},
    {"from_1", "(alice@ssh.example) " NEXT("1"), NULL, 0},
    {"from_500", "(alice@ssh.example) " NEXT("500"), NULL, 0},
    {"from_0501", "(alice@ssh.example) " NEXT("0501"), NULL, 0},
    {"from_minus", "(alice@ssh.example) " NEXT("-499"), NULL, 0},
    {"from_too_far", "(alice@ssh.example) " NEXT("9001"), NULL, 0},
    {"from_huge", "(alice@ssh.example) " NEXT("5000000000000000000001"), NULL, 0},
    {"hash_upper_case",
     "(alice@ssh.example) ThriveStack token, from character 501 (1A2B3C4D): ", NULL, 0},
    {"hash_short", "(alice@ssh.example) ThriveStack token, from character 501 (1a2b3c4): ", NULL,
     0},
    {"hash_long", "(alice@ssh.example) ThriveStack token, from character 501 (1a2b3c4d5): ", NULL,
     0},
    {"hash_cut", "(alice@ssh.example) ThriveStack token, from character 501 (1a", NULL, 0},
};

static void
ssh_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(ssh_prompts); i++) {
        const char *name = ssh_prompts[i].name;
        struct askpass_prompt prompt = {.received = 77};
        bool answered = askpass_prompt_parse_ssh(ssh_prompts[i].text, &prompt);

        CHECK_INT(name, answered, ssh_prompts[i].host != NULL);
        if (!answered) {
            CHECK_INT(name, prompt.received, 77);
            continue;
        }
        CHECK_TEXT(name, prompt.host, ssh_prompts[i].host);
        CHECK_INT(name, prompt.received, ssh_prompts[i].received);
        CHECK_INT(name, prompt.hash, prompt.received > 0 ? 0x1a2b3c4d : 0);
    }
}

static const struct {
    const char *name;
    const char *text;
    bool answered;
} sudo_prompts[] = {
    {"first", FIRST, true},
    {"retry", RETRY, true},
    {"second_part", NEXT("501"), true},
    {"second_part_retry", NEXT_RETRY, true},
    {"ssh_prefix", "(alice@ssh.example) " FIRST, false},
    {"line_before", "Welcome\n" FIRST, false},
    {"no_local_token", "No token from this machine: no key\n" FIRST, true},
    {"no_local_token_second_part", "No token from this machine: no key\n" NEXT("501"), true},
    {"no_local_token_two_lines", "No token from this machine: no key\nx\n" FIRST, false},
    {"no_local_token_alone", "No token from this machine: no key\n", false},
    {"no_local_token_on_one_line", "No token from this machine: " FIRST, false},
    {"sudo_password", "[sudo] password for alice: ", false},
    {"empty", "", false},
};

static void
sudo_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_ARRAY_LEN(sudo_prompts); i++) {
        struct askpass_prompt prompt = {.received = 77};

        CHECK_INT(sudo_prompts[i].name, askpass_prompt_parse_bare(sudo_prompts[i].text, &prompt),
                  sudo_prompts[i].answered);
        if (sudo_prompts[i].answered)
            CHECK_TEXT(sudo_prompts[i].name, prompt.host, "");
    }
}

static void
host_name_too_long(void **state)
{
    struct askpass_prompt prompt = {.received = 0};
    char text[600] = "(alice@";

    (void)state;
    memset(text + strlen(text), 'a', 400);
    memcpy(text + strlen(text), ") " FIRST, sizeof(") " FIRST));
    assert_false(askpass_prompt_parse_ssh(text, &prompt));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ssh_questions),
        cmocka_unit_test(sudo_questions),
        cmocka_unit_test(host_name_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
