# shellcheck shell=sh disable=SC2154 # lib.sh sets what looks unset.
# Sourced by test-sshd.sh and test-bound.sh, after lib.sh: askpass programs for the ssh client.

# An askpass program that stands for a person: answers a token prompt from TYPED, from the character
# asked for and STEP characters long, and any other prompt with PASSWORD. It notes every prompt.
make_typist() {
    cat >"$W/bin/typist" <<'END'
#!/bin/sh
printf '%s\n' "$1" >>"$PROMPTS"
case $1 in
*'from character '*)
    from=${1##*from character }
    from=${from%%[!0-9]*}
    ;;
*'token: '* | *'token for '*': ') from=1 ;;
*assword*) [ -n "${PASSWORD:-}" ] && printf '%s\n' "$PASSWORD" && exit 0 ;;
*) exit 1 ;;
esac
[ "${REPEAT:-no}" = no ] || from=1
cut -c "$from-$((from + ${STEP:-500} - 1))" "$TYPED"
END
    chmod 755 "$W/bin/typist"
    install -m 666 /dev/null "$W/typed"
}

# The product's askpass, with a note of every prompt.
make_recorder() {
    cat >"$W/bin/recorder" <<END
#!/bin/sh
printf '%s\n' "\$1" >>"$W/prompts"
exec "$BIN/thrivestack-askpass" "\$@"
END
    chmod 755 "$W/bin/recorder"
}
