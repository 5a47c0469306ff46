# shellcheck shell=sh disable=SC2034,SC2154 # The suites set and use what looks unused or unset.
# Shared by the suites of this folder, on top of the helper's:
#   sh tests/fault/test-NAME.sh PREFIX ISSUER BUILD
# FAULT_WHOLE=1 leaves no fault out; else a part of them that takes seconds.
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/../helper/lib.sh"
build=$3
driver=$build/tests/fault/fault
shim=$build/tests/fault/fault-shim.so
whole=${FAULT_WHOLE-0}

[ "$(id -u)" = 0 ] || {
    echo "the programs let only root look at them" >&2
    exit 1
}
mkdir "$dir/cold" "$dir/warm" "$dir/spent"
: >"$dir/count"
openssl pkey -in "$dir/key.json.pem" -pubout -out "$dir/public.pem"
cat >>"$dir/conf" <<END
[host git.example.com]
username = alice
[host registry.example.com]
username = root
END
# Here the name is looked up. The C library crashes where memory runs out in the middle of that
# (2.36), so this one is not for allocations.
mkdir "$dir/nameless"
sed '/^username = root/d' "$dir/conf" >"$dir/nameless/conf"
printf 'protocol=https\nhost=git.example.com\n\n' >"$dir/git.in"
printf 'registry.example.com' >"$dir/docker.in"
: >"$dir/nothing.in"

# What a cache holds after a token was fetched, and the same where that token is nearly spent.
run helper token
cp "$dir"/cache/*.json "$dir/warm/"
for file in "$dir"/warm/*.json; do
    jq -c '.received_wall -= 3500' "$file" >"$dir/spent/$(basename "$file")"
done

# part STEP: how much of the whole is left out where only a part is wanted.
part() {
    if [ "$whole" = 1 ]; then echo 1; else echo "$1"; fi
}

# fault KIND ANSWER INPUT CACHE STEP COMMAND...: the driver's figures are in $dir/out.
fault() {
    kind=$1
    answer=$2
    input=$3
    saved=$4
    step=$(part "$5")
    shift 5
    # shellcheck disable=SC2086 # Several options are several words.
    run clean "$driver" "$kind" "$answer" --cache "$dir/cache" --saved "$dir/$saved" \
        --input "$dir/$input" --public "$dir/public.pem" --shim "$shim" --count "$dir/count" \
        --step "$step" ${fault_options-} -- "$@"
    grep -E '^(n=|call|wrong)' "$dir/out"
}

# survives WHAT KIND ANSWER INPUT CACHE STEP COMMAND...: as `fault`, and nothing may be wrong.
survives() {
    what_survives=$1
    shift
    fault "$@"
    check "$what_survives: $(tail -n 1 "$dir/out")" [ "$status" = 0 ]
}

program=$bin/thrivestack-credential

# The worker's job that a miss comes to.
jq -n --arg dir "$dir" --arg url "$url/api/user/token" '{
    job: "token", key_on_fd: false, key_file: ($dir + "/key.json"), token_url: $url,
    ca_file: ($dir + "/issuer/ca.pem"), allow_http: false, expiry_in_minutes: false,
    verify_signature: true, timeout_ms: 2000, scopes: ["user_management"], lifetime: 3600,
    debug: false}' >"$dir/job.in"
worker=$prefix/libexec/thrivestack/thrivestack-worker

# The prover's, for the token in the cache. In a job, a token is base64url.
jq --arg token "$(helper token | tr -d '\n' | basenc --base64url -w 0 | tr -d =)" \
    '. + {job: "prove", host: "build.example.com", token: $token}' "$dir/job.in" >"$dir/prove.in"
prover=$prefix/libexec/thrivestack/thrivestack-prover
