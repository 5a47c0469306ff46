# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/bench/run, after module.sh, in minimums of many runs, as what else the machine does costs more
# where more memory is read: what one authentication costs with 1 to 10,000 keys in
# keys.d, in one file or in a file each, and what as many keys in authorized_keys add to a login by sshd. The own
# key is the last.
key_counts='1 10 100 1000 10000'
keys_results=$folder/keys-results # for the chart: SERIES <TAB> KEYS <TAB> MICROSECONDS
: >"$keys_results"

# many_keys NAME COUNT FILES: a policy of that name; FILES is `one` or `each`.
many_keys() {
    site=$folder/host/$1
    mkdir -m 755 "$site" "$site/keys.d"
    printf '[service %s]\nscopes = user_management\n' "$1" >"$site/policy.conf"
    awk -v count="$2" -v files="$3" -v folder="$site/keys.d" -v id="$key_id" \
        -v key="$(sed /-----/d "$folder/host/key.pem" | tr -d '\n')" '
        function section(name, users, file) {
            printf "# Laptop of %s\n[key %s]\npublic_key   = %s\nusers        = %s\n", users, name, key, users >file
            printf "services     = *\nscopes       = user_management\nmax_lifetime = 1h\nexpires      = 2099-12-31\n\n" >file
        }
        BEGIN {
            for (i = 1; i < count; i++) {
                name = sprintf("%08x-5f5c-4a0e-9d1f-%012x", (i * 40503) % 4294967296, i)
                file = folder "/" (files == "each" ? name : "all") ".conf"
                section(name, "user" i " deploy" i % 50, file)
                if (files == "each")
                    close(file)
            }
            section(id, "benchmark", folder "/own.conf")
        }'
    stack "$1" "$folder/host/module.so policy=$site/policy.conf"
}

# measure_keys SERIES COUNTS: all of a series in turn; `SERVICE <TAB> nanoseconds` in $folder/SERIES.
measure_keys() {
    series=$1
    shift
    services=
    for count in "$@"; do
        many_keys "$series$count" "$count" "$series"
        services="$services $series$count:1"
    done
    # shellcheck disable=SC2086 # A list of words is wanted.
    on_host "$bench/module-times" "$((runs / 4 + 1))" benchmark "$folder/answer" /etc/pam.d $services \
        >"$folder/$series" || die 'the keys could not be measured'
    for count in "$@"; do
        printf '%s\t%s\t%s\n' "$series" "$count" "$(($(value "$series$count" 3 "$folder/$series") / 1000))"
    done >>"$keys_results"
}

# ---- sshd, with as many lines in authorized_keys, and the key that logs in on the last

# Inside: prints `KEYS <TAB> microseconds` of each login.
cat >"$folder/drive-sshd" <<'END'
folder=$1 rounds=$2
shift 2
mkdir -p /run/sshd
"$(command -v sshd)" -D -f "$folder/sshd/config" 2>"$folder/sshd/log" &
sshd_pid=$!
trap 'kill "$sshd_pid"' EXIT
until ssh-keyscan -p 2222 127.0.0.1 2>/dev/null | grep -q .; do kill -0 "$sshd_pid" || exit 1; sleep 0.1; done
for round in $(seq "$rounds"); do
    for count in "$@"; do
        # sshd reads the file anew at each login.
        ln -sf "keys.$count" "$folder/sshd/authorized_keys"
        begin=$(date +%s%6N)
        ssh -F none -p 2222 -i "$folder/sshd/own" -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR \
            -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1 true || exit 1
        printf '%s\t%s\n' "$count" "$(($(date +%s%6N) - begin))"
    done
done
END

# Keys of the same size as ours, of which only the numbers need to differ.
set_up_sshd() {
    mkdir -m 755 "$folder/sshd"
    ssh-keygen -q -t rsa -b 2048 -N '' -C own -f "$folder/sshd/own"
    ssh-keygen -q -t ed25519 -N '' -f "$folder/sshd/host"
    cat >"$folder/sshd/config" <<END
Port 2222
ListenAddress 127.0.0.1
HostKey $folder/sshd/host
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
AuthorizedKeysFile $folder/sshd/authorized_keys
MaxStartups 100
END
    for count in $key_counts; do
        awk -v count="$count" '{
            for (i = 1; i < count; i++)
                print $1, substr($2, 1, 100) sprintf("%08d", i) substr($2, 109), "user" i
            print
        }' "$folder/sshd/own.pub" >"$folder/sshd/keys.$count"
    done
}

# sshd_login COUNT: the minimum, in microseconds.
sshd_login() {
    value "$1" 2 "$folder/logins" | sort -n | sed -n 1p
}

# What it costs sshd beyond one key, as a login by ssh has much else to do.
measure_sshd() {
    command -v sshd >/dev/null || return 0
    set_up_sshd
    # shellcheck disable=SC2086 # A list of words is wanted.
    on_host sh "$folder/drive-sshd" "$folder" 9 $key_counts >"$folder/logins" || die 'sshd could not be measured'
    with_one=$(sshd_login 1)
    for count in 1000 10000; do
        more=$(($(sshd_login "$count") - with_one))
        [ "$more" -lt 1 ] || printf 'sshd\t%s\t%s\n' "$count" "$more" >>"$keys_results"
        ours=$((($(value "one$count" 3 "$folder/one") - $(value one1 3 "$folder/one")) / 1000))
        row "module, $count keys in one file, added" 'sshd, as many authorized_keys' "$(ratio "$ours" "$more")" - \
            "$(us "$ours" "$more")"
    done
}

# added SERIES COUNT BUDGET WHAT: milliseconds more than with one key.
added() {
    with=$(value "$1$2" 3 "$folder/$1")
    with_one=$(value "${1}1" 3 "$folder/$1")
    row "$4" 'one key, milliseconds more' "$(awk "BEGIN { printf \"%.3f\", ($with - $with_one) / 1000000 }")" "$3" \
        "$(us $((with / 1000)) $((with_one / 1000)))"
}

bench_keys() {
    heading 'many keys'
    # shellcheck disable=SC2086 # A list of words is wanted.
    measure_keys one $key_counts
    measure_keys each 1 10 100 1000
    added one 100 - 'module, 100 keys in one file'
    added one 1000 - 'module, 1,000 keys in one file'
    added one 10000 20 'module, 10,000 keys in one file'
    added each 1000 15 'module, 1,000 keys in a file each'
    measure_sshd
}
