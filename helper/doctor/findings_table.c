#include "helper/doctor/findings.h"

#define OK(code)                                                                                   \
    {                                                                                              \
        (code), FINDING_OK, 0, NULL                                                                \
    }
#define WARN(code, error, fix)                                                                     \
    {                                                                                              \
        (code), FINDING_WARN, (error), (fix)                                                       \
    }
#define FAIL(code, error, fix)                                                                     \
    {                                                                                              \
        (code), FINDING_FAIL, (error), (fix)                                                       \
    }

/* The finding's text comes from another part of the program and already says what to do. */
#define IN_TEXT NULL

static const struct finding_kind kinds[FIND_LEN] = {
    [FIND_CONFIG] = OK("config"),
    [FIND_KEY] = OK("key"),
    [FIND_SESSION_TOKEN] = OK("session-token"),
    [FIND_ENDPOINT] = OK("endpoint"),
    [FIND_CLOCK] = OK("clock"),
    [FIND_TOKEN] = OK("token"),
    [FIND_CACHE] = OK("cache"),
    [FIND_GIT] = OK("git"),
    [FIND_DOCKER] = OK("docker"),
    [FIND_ASKPASS] = OK("askpass"),
    [FIND_SUDO] = OK("sudo"),
    [FIND_CLIENT] = OK("client"),

    [FIND_CONFIG_INVALID] = FAIL("config-invalid", TS_ERR_CONFIG, IN_TEXT),
    [FIND_CONFIG_MISSING] =
        WARN("config-missing", TS_ERR_CONFIG, "write one; credential.conf(5) has an example"),
    [FIND_WORKER_MISSING] =
        FAIL("worker-missing", TS_ERR_CONFIG, "install thrivestack-credential again"),
    [FIND_CHECK_FAILED] = FAIL("check-failed", TS_ERR_SYSTEM, IN_TEXT),
    [FIND_PROFILE_INVALID] =
        FAIL("profile-invalid", TS_ERR_CONFIG, "correct the profile in credential.conf"),
    [FIND_PROFILE_UNUSED] = WARN("profile-unused", TS_ERR_CONFIG,
                                 "call the section [profile default], or set THRIVESTACK_PROFILE"),
    [FIND_SCOPES_MISSING] = FAIL("scopes-missing", TS_ERR_CONFIG,
                                 "set 'scopes' in the profile, such as user_management"),
    [FIND_KEY_MISSING] =
        FAIL("key-missing", TS_ERR_KEY,
             "download an API key and run 'thrivestack-credential key import FILE'"),
    [FIND_KEY_UNSAFE] = FAIL("key-unsafe", TS_ERR_CONFIG, IN_TEXT),
    [FIND_KEY_FOLDER] = FAIL("key-folder", TS_ERR_CONFIG, IN_TEXT),
    [FIND_KEY_UNUSABLE] = FAIL("key-unusable", TS_ERR_KEY, IN_TEXT),
    [FIND_KEY_EXPIRED] = FAIL("key-expired", TS_ERR_KEY, "create a new API key and import it"),
    [FIND_KEY_EXPIRES_SOON] =
        WARN("key-expires-soon", TS_ERR_KEY,
             "create a new API key, add it to policy.conf on your hosts, and import it"),
    [FIND_KEY_ROTATION_DUE] =
        WARN("key-rotation-due", TS_ERR_KEY,
             "create a new API key, add it to policy.conf on your hosts, and import it"),
    [FIND_SESSION_INVALID] = FAIL("session-invalid", TS_ERR_KEY, "log in again"),
    [FIND_ENDPOINT_UNRESOLVED] = FAIL("endpoint-unresolved", TS_ERR_UNAVAILABLE, IN_TEXT),
    [FIND_ENDPOINT_PROXY] = FAIL("endpoint-proxy", TS_ERR_UNAVAILABLE, IN_TEXT),
    [FIND_ENDPOINT_UNREACHABLE] = FAIL("endpoint-unreachable", TS_ERR_UNAVAILABLE, IN_TEXT),
    [FIND_ENDPOINT_TLS] = FAIL("endpoint-tls", TS_ERR_UNAVAILABLE, IN_TEXT),
    [FIND_ENDPOINT_CERTIFICATE_DATE] = FAIL(
        "endpoint-certificate-date", TS_ERR_UNAVAILABLE,
        "set this machine's clock if it is wrong; otherwise the server's certificate has to be "
        "renewed"),
    [FIND_ENDPOINT_CA] = FAIL("endpoint-ca", TS_ERR_CONFIG, IN_TEXT),
    [FIND_ENDPOINT_TIMEOUT] = FAIL("endpoint-timeout", TS_ERR_UNAVAILABLE, IN_TEXT),
    [FIND_ENDPOINT_ANSWER] = FAIL("endpoint-answer", TS_ERR_ANSWER,
                                  "check 'token_url': that address is not a token endpoint"),
    [FIND_ENDPOINT_FAILING] = FAIL("endpoint-failing", TS_ERR_UNAVAILABLE, "try again later"),
    [FIND_CLOCK_SKEW] =
        WARN("clock-skew", TS_ERR_CONFIG,
             "set the clock, preferably by NTP: git drops tokens that look expired, and "
             "hosts tolerate 60 seconds"),
    [FIND_TOKEN_REFUSED] = FAIL("token-refused", TS_ERR_REFUSED, IN_TEXT),
    [FIND_TOKEN_INVALID] = FAIL("token-invalid", TS_ERR_ANSWER, IN_TEXT),
    [FIND_TOKEN_UNAVAILABLE] = FAIL("token-unavailable", TS_ERR_UNAVAILABLE, IN_TEXT),
    [FIND_TOKEN_AGE] = WARN("token-age", TS_ERR_CONFIG, "raise 'max_age'"),
    [FIND_CACHE_NONE] =
        WARN("cache-none", TS_ERR_CONFIG, "set HOME, XDG_RUNTIME_DIR or THRIVESTACK_CACHE_DIR"),
    [FIND_CACHE_UNWRITABLE] =
        WARN("cache-unwritable", TS_ERR_CONFIG,
             "make the folder writable for this user, or set THRIVESTACK_CACHE_DIR to one that is"),
    [FIND_CACHE_UNSAFE] = WARN("cache-unsafe", TS_ERR_CONFIG,
                               "run 'chmod 700' on it, or have its owner changed to this user"),
    [FIND_CACHE_LINK] =
        WARN("cache-link", TS_ERR_CONFIG,
             "remove the link, or set THRIVESTACK_CACHE_DIR to the folder that it leads to"),
    [FIND_CACHE_FULL] = WARN("cache-full", TS_ERR_CONFIG,
                             "free some space, or set THRIVESTACK_CACHE_DIR to another folder"),
    [FIND_CACHE_REMOTE] = WARN("cache-remote", TS_ERR_CONFIG,
                               "set THRIVESTACK_CACHE_DIR to a folder on a local file system"),
    [FIND_HOST_NOT_WIRED] =
        WARN("host-not-wired", TS_ERR_CONFIG,
             "run 'thrivestack-credential setup git HOST', 'setup docker HOST', "
             "'setup ssh HOST', or whichever client it is for"),
    [FIND_GIT_INVALID] = FAIL("git-invalid", TS_ERR_CONFIG, "run 'git config --list' to see where"),
    [FIND_GIT_STORES] = FAIL(
        "git-stores", TS_ERR_CONFIG,
        "remove it, or run 'thrivestack-credential setup git HOST', which adds an entry after it"),
    [FIND_GIT_OTHER] = WARN(
        "git-other", TS_ERR_CONFIG,
        "remove it, or run 'thrivestack-credential setup git HOST', which adds an entry after it"),
    [FIND_GIT_PROGRAM] =
        FAIL("git-program", TS_ERR_CONFIG, "run 'thrivestack-credential setup git HOST' again"),
    [FIND_GIT_PATH] =
        WARN("git-path", TS_ERR_CONFIG, "run 'git config --global credential.useHttpPath true'"),
    [FIND_GIT_RESET] =
        WARN("git-reset", TS_ERR_CONFIG,
             "remove the empty value, or run 'thrivestack-credential setup git HOST'"),
    [FIND_GIT_USERNAME] = FAIL("git-username", TS_ERR_CONFIG, "use the same name in both"),
    [FIND_GIT_PROFILE] =
        FAIL("git-profile", TS_ERR_CONFIG, "correct the helper, or add the profile"),
    [FIND_GIT_CONFIG_FILE] = WARN("git-config-file", TS_ERR_CONFIG, IN_TEXT),
    [FIND_DOCKER_INVALID] = FAIL("docker-invalid", TS_ERR_CONFIG, "correct the file"),
    [FIND_DOCKER_PASSWORD] = WARN("docker-password", TS_ERR_CONFIG,
                                  "log out there ('docker logout', 'podman logout') to drop it"),
    [FIND_DOCKER_PROGRAM] =
        FAIL("docker-program", TS_ERR_CONFIG,
             "put the folder of docker-credential-thrivestack into PATH, before the others"),
    [FIND_ASKPASS_UNSET] = WARN("askpass-unset", TS_ERR_CONFIG,
                                "run 'thrivestack-credential setup ssh HOST', which prints the "
                                "lines for your shell's profile"),
    [FIND_ASKPASS_PORT] = WARN("askpass-port", TS_ERR_CONFIG, "name the host without its port"),
    [FIND_SUDO_ASKPASS] =
        FAIL("sudo-askpass", TS_ERR_CONFIG,
             "run 'thrivestack-credential setup sudo', which prints the line for sudo.conf"),
    [FIND_CLIENT_INVALID] = FAIL("client-invalid", TS_ERR_CONFIG, "correct the file"),
    [FIND_CLIENT_PROGRAM] =
        FAIL("client-program", TS_ERR_CONFIG,
             "run 'thrivestack-credential setup CLIENT HOST' again, and do what it notes"),
    [FIND_CLIENT_UNSET] =
        WARN("client-unset", TS_ERR_CONFIG,
             "run 'thrivestack-credential setup CLIENT HOST' again, or with --remove"),

    [FIND_HOST_SKIPPED] = OK("host-skipped"),
    [FIND_HOST_UNUSED] = OK("host-unused"),
    [FIND_POLICY] = OK("policy"),
    [FIND_MODULE] = OK("module"),
    [FIND_PAM] = OK("pam"),
    [FIND_SSHD] = OK("sshd"),
    [FIND_NGINX] = OK("nginx"),

    [FIND_POLICY_INVALID] = FAIL("policy-invalid", TS_ERR_CONFIG, IN_TEXT),
    [FIND_POLICY_KEYS] = FAIL("policy-keys", TS_ERR_CONFIG, IN_TEXT),
    [FIND_POLICY_KEY_EXPIRED] = WARN("policy-key-expired", TS_ERR_CONFIG,
                                     "remove the section, or correct its line 'expires'"),
    [FIND_POLICY_NO_KEY] =
        WARN("policy-no-key", TS_ERR_CONFIG,
             "add the section that 'thrivestack-credential key public' prints on the client"),
    [FIND_POLICY_NO_SERVICE] =
        WARN("policy-no-service", TS_ERR_CONFIG, "add a section [service NAME] to policy.conf"),
    [FIND_POLICY_KEY_SERVICE] = WARN("policy-key-service", TS_ERR_CONFIG,
                                     "add a section [service NAME], or correct 'services'"),
    [FIND_POLICY_KEY_USER] =
        WARN("policy-key-user", TS_ERR_CONFIG, "correct 'users', or create the account"),
    [FIND_POLICY_KEY_SCOPES] =
        WARN("policy-key-scopes", TS_ERR_CONFIG,
             "add the service's scopes to the key's, or remove the service from its 'services'"),
    [FIND_POLICY_LOOK_UP] =
        WARN("policy-look-up", TS_ERR_CONFIG, "check the sources of users in /etc/nsswitch.conf"),
    [FIND_REPLAY_UNWRITABLE] =
        FAIL("replay-unwritable", TS_ERR_CONFIG,
             "make it writable for root, or remove 'single_use' from the service's section"),
    [FIND_LOCAL_CONFIG] = FAIL("local-config", TS_ERR_CONFIG, IN_TEXT),
    [FIND_LOCAL_UNREADABLE] =
        FAIL("local-unreadable", TS_ERR_CONFIG,
             "let everybody read it, because it holds no secret: chmod a+r, and a+x for the "
             "folders above it"),
    [FIND_POLICY_BOUND_NAME] =
        WARN("policy-bound-name", TS_ERR_CONFIG,
             "add the name by which clients reach this host to 'bound_to'; if the name there is an "
             "alias of this host, write it into /etc/hosts beside the host's own"),
    [FIND_POLICY_BOUND_CLIENT] = WARN("policy-bound-client", TS_ERR_CONFIG,
                                      "set 'bound = yes' in that section of credential.conf"),
    [FIND_MODULE_MISSING] =
        FAIL("module-missing", TS_ERR_CONFIG,
             "install it, or remove its lines from /etc/pam.d before anyone is locked out"),
    [FIND_MODULE_BROKEN] = FAIL("module-broken", TS_ERR_CONFIG, "install it again"),
    [FIND_PAM_UNUSED] =
        WARN("pam-unused", TS_ERR_CONFIG, "add it to a service; pam_thrivestack(8) has examples"),
    [FIND_PAM_UNREADABLE] = FAIL("pam-unreadable", TS_ERR_CONFIG, "correct the line"),
    [FIND_PAM_ARGUMENT] = FAIL("pam-argument", TS_ERR_CONFIG,
                               "correct it: with this argument the module refuses everything; see "
                               "pam_thrivestack(8)"),
    [FIND_PAM_FAIL_OPEN] = FAIL(
        "pam-fail-open", TS_ERR_CONFIG,
        "end the stack with 'auth required pam_deny.so', and do not use 'sufficient' for a module "
        "that checks no secret"),
    [FIND_PAM_FACTOR_SKIPPED] =
        FAIL("pam-factor-skipped", TS_ERR_CONFIG, "do not ignore any failure of the module"),
    [FIND_PAM_LOCK_OUT] = WARN("pam-lock-out", TS_ERR_CONFIG,
                               "keep another way in: put 'auth sufficient pam_thrivestack.so' "
                               "before the lines for passwords"),
    [FIND_PAM_OUTAGE] =
        WARN("pam-outage", TS_ERR_CONFIG,
             "add 'authinfo_unavail=ignore' if the stack asks for a password after it"),
    [FIND_PAM_SETCRED] =
        FAIL("pam-setcred", TS_ERR_CONFIG,
             "add 'ignore=ignore' to the module's control, as pam_thrivestack(8) has it"),
    [FIND_PAM_NO_EFFECT] = WARN("pam-no-effect", TS_ERR_CONFIG,
                                "put 'auth sufficient pam_thrivestack.so' before the lines for "
                                "passwords"),
    [FIND_PAM_ACCOUNT] = WARN("pam-account", TS_ERR_CONFIG,
                              "remove the line: the module decides nothing for account, see "
                              "pam_thrivestack(8)"),
    [FIND_PAM_OTHER_NAME] =
        WARN("pam-other-name", TS_ERR_CONFIG, "add the module's line to that file, too"),
    [FIND_PAM_CUTS_TOKEN] =
        WARN("pam-cuts-token", TS_ERR_CONFIG,
             "remove the module from the stack of that service: 'thrivestack-credential host "
             "disable SERVICE'"),
    [FIND_SSHD_UNKNOWN] = WARN("sshd-unknown", TS_ERR_CONFIG, "run 'sshd -t' to see why"),
    [FIND_SSHD_NO_PAM] = FAIL("sshd-no-pam", TS_ERR_CONFIG, "set 'UsePAM yes' in sshd_config"),
    [FIND_SSHD_NO_KEYBOARD] =
        FAIL("sshd-no-keyboard", TS_ERR_CONFIG,
             "set 'KbdInteractiveAuthentication yes' in sshd_config: with the password method the "
             "module cannot ask for a second part of a long token"),
    [FIND_SSHD_METHODS] =
        FAIL("sshd-methods", TS_ERR_CONFIG,
             "add 'keyboard-interactive' to AuthenticationMethods in sshd_config"),
    [FIND_SSHD_MATCH] =
        WARN("sshd-match", TS_ERR_CONFIG,
             "if a key lists any of them, set 'KbdInteractiveAuthentication yes' in that block, "
             "with 'keyboard-interactive' in its AuthenticationMethods"),
    [FIND_NGINX_UNKNOWN] = WARN("nginx-unknown", TS_ERR_CONFIG, "run 'nginx -t' to see why"),
    [FIND_NGINX_NO_SERVICE] = FAIL("nginx-no-service", TS_ERR_CONFIG,
                                   "write that file, or correct 'auth_pam_service_name'"),
    [FIND_NGINX_UNREADABLE] =
        FAIL("nginx-unreadable", TS_ERR_CONFIG,
             "let that user read policy.conf and the public keys, which are not secret: chmod a+r"),
    [FIND_NGINX_SINGLE_USE] =
        FAIL("nginx-single-use", TS_ERR_CONFIG, "remove 'single_use' from the service's section"),
};

const struct finding_kind *
finding_kind(enum finding_code code)
{
    return &kinds[code];
}
