#!/bin/sh
# What every token, answer and policy gets: the cases in cases/*.case, each through pam_authenticate
# of its own. Usage: sh test-cases.sh PREFIX ISSUER BUILD [--valgrind] [--some] [--user NAME] [CASE]...
# --some takes every eighth case: valgrind needs two seconds for each.
#
# A case is some lines that begin with these words:
#   case NAME          begins it
#   service S, user U  PAM's; default: test, daemon
#   rhost H            PAM_RHOST
#   arguments A        further arguments of the module
#   policy             the lines after it that begin with "| " are policy.conf (default: base.conf)
#   run COMMAND        a shell command in the case's folder, before the token is made
#   sign KEY ARGUMENTS the issuer's `sign` with keys/KEY.key; its output is the file `token`
#   prove KEY ID HOST [IAT]  appends `~` and a proof by keys/KEY.key, as key ID, that the token is for HOST
#   edit COMMAND       a filter over that token
#   answers FILE...    what the prompts get, in order (default: token)
#   driver OPTIONS     further options of pam-driver
#   prompt TEXT        a prompt that must come; all of them, in their order, where there is one
#   prompts N          how many prompts come
#   log TEXT           is part of a line in the log (fixed text); `nolog TEXT` is not
#   error TEXT         is part of a message to the user
#   only root|user     where it makes sense only under that uid
#   expect CODE REASON what pam_authenticate returns, and the reason in the one audit line
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
shift 3

as_somebody() {
    mkdir -p "$scratch/build/tests/pam" "$scratch/source"
    cp "$driver" "$module" "$give_authtok" "$scratch/build/tests/pam"
    cp "$issuer" "$scratch/issuer"
    cp -r "$here" "$here/../vectors" "$here/../lib.sh" "$scratch/source"
    setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" --clear-groups \
        env TMPDIR=/tmp HOME=/ sh "$scratch/source/pam/test-cases.sh" - "$scratch/issuer" "$scratch/build"
    exit
}

valgrind=
wanted=
every=1
number=0
while [ $# -gt 0 ]; do
    case $1 in
    --valgrind)
        valgrind="valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --suppressions=$here/valgrind.supp"
        ;;
    --user)
        shift
        # Root runs everything again as somebody else, who may not reach this folder: from a copy.
        [ "$(id -u)" != 0 ] || as_somebody "$1"
        ;;
    --some) every=8 ;;
    *) wanted="$wanted $1 " ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] && me=root || me=user

mkdir -p "$scratch/keys" "$scratch/base/etc" "$scratch/base/pam.d"
for name in good other stranger old narrow; do make_key $name; done
make_key long 4096
make_key short 1024
mkdir "$scratch/base/etc/keys"
cp "$scratch"/keys/*.pem "$scratch/base/etc/keys"
cp "$here/cases/base.conf" "$scratch/base/etc/policy.conf"
echo 'auth required pam_deny.so' >"$scratch/base/pam.d/other"

reset_case() {
    service=test user=daemon rhost='' arguments='' answers='' options='' prompts='' only=$me
    expect='' reason='' reason_found='' code='' dir=$scratch/$name
    cp -r "$scratch/base" "$dir"
    : >"$dir/prompts.want" && : >"$dir/logs.want" && : >"$dir/logs.never" && : >"$dir/errors.want"
    cd "$dir" || exit 1
}

# The word in front is cut off by the caller.
apply() {
    [ "$only" = "$me" ] || return 0
    case $1 in
    service) service=$2 ;;
    user) user=$2 ;;
    rhost) rhost=$2 ;;
    arguments) arguments=$2 ;;
    policy) : >etc/policy.conf ;;
    '|') printf '%s\n' "$2" >>etc/policy.conf ;;
    run) eval "$2" </dev/null 2>run.log || echo "$name: $2 fails" ;;
    sign)
        key=$scratch/keys/${2%% *}.key
        eval "\"$issuer\" sign \"$key\" $(replace_now "${2#* }")" >token.line </dev/null ||
            echo "$name: cannot sign"
        tr -d '\n' <token.line >token
        ;;
    prove)
        # shellcheck disable=SC2046 # Words are wanted here.
        append_proof token $(replace_now "$2") || echo "$name: cannot prove"
        ;;
    edit) eval "$2" <token >token.new && mv token.new token ;;
    answers) answers=$2 ;;
    driver) options="$options $2" ;;
    prompt) printf '%s\n' "$2" >>prompts.want ;;
    prompts) prompts=$2 ;;
    log) printf '%s\n' "$2" >>logs.want ;;
    nolog) printf '%s\n' "$2" >>logs.never ;;
    error) printf '%s\n' "$2" >>errors.want ;;
    only) only=$2 ;;
    expect) expect=${2%% *} reason=${2#* } ;;
    *) echo "no such word: $1" ;;
    esac
}

drive() {
    echo "auth required $module policy=$dir/etc/policy.conf debug $arguments" >"pam.d/$service"
    [ ! -e authtok ] || {
        { echo "auth optional $give_authtok $dir/authtok" && cat "pam.d/$service"; } >both
        mv both "pam.d/$service"
    }
    for answer in ${answers:-token}; do options="$options --answer $answer"; done
    [ -z "$rhost" ] || options="$options --rhost $rhost"
    # shellcheck disable=SC2086 # Lists of words are wanted here.
    eval "timeout 60 $valgrind \"$driver\" $options \"$service\" $user \"$dir/pam.d\" authenticate" \
        >out 2>err </dev/null
    status=$?
    : >prompts.got
    : >logs.got
    : >errors.got
    while IFS= read -r line; do
        case $line in
        'prompt '*) printf '%s\n' "${line#prompt }" >>prompts.got ;;
        'log '*) printf '%s\n' "${line#log }" >>logs.got ;;
        'error '*) printf '%s\n' "${line#error }" >>errors.got ;;
        'echo-prompt '*) ;;
        'authenticate '*) code=${line#authenticate } ;;
        *) echo "unexpected: $line" >>err ;;
        esac
    done <out
}

# Says what is wrong, if anything is.
judge() {
    [ "$status" = 0 ] || echo "the driver ended with status $status"
    [ ! -s err ] || cat err
    [ "$code" = "$expect" ] || echo "returned $code, not $expect"
    judge_log
    [ ! -s prompts.want ] || cmp -s prompts.want prompts.got || echo 'other prompts'
    [ -z "$prompts" ] || [ "$prompts" = "$(wc -l <prompts.got)" ] || echo "not $prompts prompts"
    while read -r text; do
        grep -qF -- "$text" logs.got || echo "not in the log: $text"
    done <logs.want
    while read -r text; do
        ! grep -qF -- "$text" logs.got || echo "in the log: $text"
    done <logs.never
    while read -r text; do
        grep -qF -- "$text" errors.got || echo "not told to the user: $text"
    done <errors.want
    secrets_in_log
}

judge_log() {
    lines=0
    while IFS= read -r line; do
        case $line in NOT-AUTHPRIV*) echo 'a line to another facility' ;; esac
        case $line in *' result='*) lines=$((lines + 1)) ;; esac
        case $line in *" result="*" reason=$reason user="*) reason_found=yes ;; esac
    done <logs.got
    [ "$lines" = 1 ] || echo "$lines audit lines"
    [ "${reason_found:-}" = yes ] || echo "the reason is not $reason"
}

# No stretch of 16 characters of a token is in the log; the header's first ones, which tell nothing,
# included.
secrets_in_log() {
    [ -s token ] || return 0
    fold -w 16 token | grep -E '^[A-Za-z0-9_.-]{16}$' >stretches
    if grep -qFf stretches logs.got; then
        echo 'a part of the token is in the log'
    fi
}

run_case() {
    [ "$only" = "$me" ] || return 0
    drive
    judge >verdict
    if [ -s verdict ]; then
        cat out >>verdict
        bad "$name" "$(head -n 1 verdict)" verdict
    else
        ok "$name"
        cd "$scratch" && rm -rf "$dir"
    fi
}

# Lines of one case are gathered first: the token is signed when its turn comes.
name=
while IFS= read -r text || [ -n "$text" ]; do
    word=${text%% *}
    rest=${text#"$word"}
    rest=${rest# }
    case $text in
    '' | '#'*) continue ;;
    'case '*)
        [ -z "$name" ] || run_case
        name=
        case "$wanted" in '' | *" $rest "*) name=$rest ;; esac
        number=$((number + 1))
        [ $((number % every)) = 0 ] || name=
        [ -z "$name" ] || reset_case
        ;;
    *) [ -z "$name" ] || apply "$word" "$rest" ;;
    esac
done <<END
$(cat "$here"/cases/*.case)
END
[ -z "$name" ] || run_case
finish
